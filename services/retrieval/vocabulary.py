"""The words of an index, sorted, in one block of bytes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_OTHER = 5  # bits shared by all characters that are neither a letter a-z nor a digit


class Vocabulary:
    """Words by number, in the order of their code points; about 17 bytes a word."""

    def __init__(self, words: Sequence[str]) -> None:
        """Keep ``words``, which are sorted and each there once."""
        encoded = [word.encode("utf-8", "surrogatepass") for word in words]
        self._block = b"".join(encoded)
        self._ends = np.cumsum([0, *map(len, encoded)], dtype=np.uint32)
        self._sizes = np.fromiter((min(len(word), 255) for word in words), dtype=np.uint8, count=len(words))
        self._letters = _letters(words)

    @classmethod
    def of_parts(
        cls,
        block: bytes,
        ends: npt.NDArray[np.uint32],
        sizes: npt.NDArray[np.uint8],
        letters: npt.NDArray[np.uint32],
    ) -> Vocabulary:
        """The vocabulary that gave these ``parts``."""
        made = cls.__new__(cls)
        made._block, made._ends, made._sizes, made._letters = block, ends, sizes, letters  # noqa: SLF001  # its own
        return made

    def parts(
        self,
    ) -> tuple[bytes, npt.NDArray[np.uint32], npt.NDArray[np.uint8], npt.NDArray[np.uint32]]:
        """What it is made of."""
        return self._block, self._ends, self._sizes, self._letters

    def __len__(self) -> int:
        return len(self._sizes)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return len(self._block) + self._ends.nbytes + self._sizes.nbytes + self._letters.nbytes

    def __getitem__(self, number: int) -> str:
        return self._bytes(number).decode("utf-8", "surrogatepass")

    def words(self) -> list[str]:
        """All words in order."""
        return [self[number] for number in range(len(self))]

    def find(self, word: str) -> int:
        """The word's number, -1 when it is not there."""
        wanted = word.encode("utf-8", "surrogatepass")
        at = self._place(wanted)
        return at if at < len(self) and self._bytes(at) == wanted else -1

    def starting_with(self, beginning: str) -> range:
        """The numbers of the words that start with ``beginning``."""
        wanted = beginning.encode("utf-8", "surrogatepass")
        return range(self._place(wanted), self._place(wanted + b"\xff"))

    def near(self, word: str, edits: int) -> list[tuple[int, int]]:
        """Pairs of number and edits, for words at most so many letters left out, added, changed or swapped away."""
        mask = _letters([word])[0]
        close = np.abs(self._sizes.astype(np.int16) - len(word)) <= edits
        close &= np.bitwise_count(self._letters ^ mask) <= 2 * edits
        numbers = np.flatnonzero(close)
        distances = edit_distances(word, [self[int(number)] for number in numbers])
        return [(int(n), int(d)) for n, d in zip(numbers, distances, strict=True) if d <= edits]

    def _bytes(self, number: int) -> bytes:
        return self._block[self._ends[number] : self._ends[number + 1]]

    def _place(self, wanted: bytes) -> int:
        return bisect_left(range(len(self)), wanted, key=self._bytes)


def edit_distances(word: str, others: Sequence[str]) -> npt.NDArray[np.int16]:
    """How many edits lead from ``word`` to each of ``others``; two neighbours swapped are one (optimal alignment)."""
    if not others:
        return np.zeros(0, dtype=np.int16)
    sizes = np.fromiter(map(len, others), dtype=np.intp, count=len(others))
    codes = _padded(others, int(sizes.max()))
    wanted = [ord(character) for character in word]
    # One row of the usual table at a time, for all words together: (position in the other word, word).
    older, last = None, np.repeat(np.arange(codes.shape[0] + 1, dtype=np.int16)[:, None], len(others), axis=1)
    for i, code in enumerate(wanted):
        row = np.empty_like(last)
        row[0] = i + 1
        for j in range(codes.shape[0]):
            differs = codes[j] != code
            row[j + 1] = np.minimum(np.minimum(last[j + 1], row[j]) + 1, last[j] + differs)
            if older is not None and j:
                swapped = (codes[j] == wanted[i - 1]) & (codes[j - 1] == code)
                row[j + 1] = np.where(swapped, np.minimum(row[j + 1], older[j - 1] + 1), row[j + 1])
        older, last = last, row
    found: npt.NDArray[np.int16] = last[sizes, np.arange(len(others))]
    return found


def _padded(words: Sequence[str], size: int) -> npt.NDArray[np.uint32]:
    """Code points, ``(size, len(words))``, zero where a word has ended."""
    text = "".join(word.ljust(size, "\0") for word in words)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return codes.reshape(len(words), size).T.astype(np.uint32)


def _letters(words: Sequence[str]) -> npt.NDArray[np.uint32]:
    """One bit for each letter that a word has: words one edit apart differ in at most two."""
    if not words:
        return np.zeros(0, dtype=np.uint32)
    text = "".join(f"{word}\0" for word in words)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    shifts = np.where((codes >= 97) & (codes <= 122), codes - 97, 26 + codes % _OTHER)
    bits = np.where(codes == 0, 0, np.uint32(1) << shifts.astype(np.uint32)).astype(np.uint32)
    starts = np.cumsum([0, *(len(word) + 1 for word in words[:-1])])
    return np.bitwise_or.reduceat(bits, starts)
