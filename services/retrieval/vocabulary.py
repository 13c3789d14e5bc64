"""The words of an index, sorted, in one block of bytes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint32]

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
        """What it is made of: all words in one block, where each ends, how many letters it has (to 255), and which.

        The arrays are ``(n + 1,)``, ``(n,)`` and ``(n,)`` for n words; letters are bits of a mask.
        """
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
        numbers = self._like(word, edits)
        if not len(numbers):
            return []
        distances = edit_distances(word, self._codes(numbers), edits)
        close = np.flatnonzero(distances <= edits)
        return list(zip(numbers[close].tolist(), distances[close].tolist(), strict=True))

    def _like(self, word: str, edits: int) -> npt.NDArray[np.intp]:
        """The numbers of the words that can be so near, by their lengths and letters.

        An edit takes one letter away at most and brings one at most. To a word longer by n lead at least n edits
        that take none away; to a shorter one, that bring none.
        """
        mask = _letters([word])[0]
        longer = self._sizes.astype(np.int16) - len(word)
        numbers = np.flatnonzero(np.abs(longer) <= edits)
        letters, longer = self._letters[numbers], longer[numbers]
        gone = np.bitwise_count(mask & ~letters) + np.maximum(longer, 0)
        come = np.bitwise_count(letters & ~mask) - np.minimum(longer, 0)
        near: npt.NDArray[np.intp] = numbers[np.maximum(gone, come) <= edits]
        return near

    def _codes(self, numbers: npt.NDArray[np.intp]) -> Codes:
        """The code points of words, ``(longest, len(numbers))``, zero where a word has ended."""
        starts, sizes = self._ends[numbers], self._sizes[numbers]
        width = int(sizes.max(initial=0))
        at = starts + np.arange(width, dtype=np.uint32)[:, None]
        characters = np.frombuffer(self._block, dtype=np.uint8)
        codes: Codes = characters[np.minimum(at, len(characters) - 1)].astype(np.uint32)
        codes[np.arange(width)[:, None] >= sizes] = 0
        for column in np.flatnonzero(self._ends[numbers + 1] - starts != sizes).tolist():  # beyond ASCII
            word = self[int(numbers[column])]
            codes[: len(word), column] = [ord(character) for character in word]
        return codes

    def _bytes(self, number: int) -> bytes:
        return self._block[self._ends[number] : self._ends[number + 1]]

    def _place(self, wanted: bytes) -> int:
        return bisect_left(range(len(self)), wanted, key=self._bytes)


def edit_distances(word: str, others: Codes, most: int) -> npt.NDArray[np.int8]:
    """How many edits lead from ``word`` to each of ``others``, or a number over ``most``.

    Two neighbours swapped are one (optimal alignment). ``others`` are code points, ``(longest, words)``, zero where a
    word has ended.
    """
    longest, count = others.shape
    wanted = [ord(character) for character in word]
    sizes = np.count_nonzero(others, axis=0)
    # The usual table, a row at a time and for all words together, (position in the other word, word): only as far
    # from its diagonal as ``most`` edits lead.
    beyond = np.int8(most + 1)
    older = np.full((longest + 1, count), beyond)
    last = older.copy()
    last[: most + 1] = np.arange(min(most, longest) + 1, dtype=np.int8)[:, None]
    for i, code in enumerate(wanted):
        row = np.full((longest + 1, count), beyond)
        row[0] = min(i + 1, beyond)
        for j in range(max(0, i - most), min(longest, i + most + 1)):
            best = np.minimum(last[j + 1], row[j])
            best += 1
            np.minimum(best, last[j] + (others[j] != code), out=row[j + 1])
            if i and j:
                swapped = (others[j] == wanted[i - 1]) & (others[j - 1] == code)
                np.minimum(row[j + 1], older[j - 1] + 1, out=row[j + 1], where=swapped)
        older, last = last, row
    found: npt.NDArray[np.int8] = last[sizes, np.arange(count)]
    return found


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
