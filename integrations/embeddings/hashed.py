"""The built-in embedder: hashed words and character n-grams. No download, any language, tolerant of typing errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from integrations.embeddings.base import Vectors
from models.text.language import detect_language
from models.text.ngrams import ngram_codes
from models.text.stopwords import STOP_WORDS
from models.text.words import words

DIMENSIONS = 1_024
GRAM_SIZES = (3, 4, 5)
BEGINNING = 6  # characters: a stem for every language, measured as good as Snowball's here
WEIGHT = 0.1  # the lexical index knows the same words and n-grams, and how rare each is: see docs/adr/0004
REMEMBERED = 50_000  # words; about 200 bytes each
BATCH = 64  # texts at once: their dense sums stay within the processor's cache


_ALL_STOP_WORDS = Counter(word for listed in STOP_WORDS.values() for word in listed)
_COMMON_STOP_WORDS = frozenset(word for word, languages in _ALL_STOP_WORDS.items() if languages > 1)

Features = npt.NDArray[np.int16]


class HashedEmbedder:
    """Sums each word's beginning and 3- to 5-character n-grams into signed buckets (Weinberger et al., 2009).

    The same text gives the same vector in every process and on every platform. Safe to use from many threads.
    """

    def __init__(self, dimensions: int = DIMENSIONS) -> None:
        if not 2 <= dimensions <= 2**14:
            raise ValueError("dimensions must be from 2 to 16384")
        self._dimensions = dimensions
        self._features: dict[str, Features] = {}

    @property
    def name(self) -> str:
        """Changes whenever the vectors would."""
        return f"hashed-{self._dimensions}-1"

    @property
    def dimensions(self) -> int:
        """The length of every vector."""
        return self._dimensions

    @property
    def weight(self) -> float:
        """The share that its scores deserve beside the lexical ones."""
        return WEIGHT

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A ``(len(texts), dimensions)`` array of float32; the row of a text without words is all zero."""
        rows = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            batch = [_counted(text) for text in texts[start : start + BATCH]]
            rows[start : start + BATCH] = self._sums(batch)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        np.divide(rows, lengths, out=rows, where=lengths > 0)
        return rows

    def embed_query(self, text: str) -> Vectors:
        """The vector of a question, as that of any text."""
        row: Vectors = self.embed([text])[0]
        return row

    def _sums(self, batch: Sequence[Counter[str]]) -> Vectors:
        """The rows of a batch before they are brought to length 1.

        A word weighs 1 + ln of how often it stands there: once for its beginning, once for all its n-grams
        together (as the length of their vector).
        """
        shape = (len(batch), self._dimensions)
        features = self._features_of({word for counted in batch for word in counted})
        found = [features[word] for counted in batch for word in counted]
        if not found:
            return np.zeros(shape, dtype=np.float32)
        sizes = np.fromiter(map(len, found), dtype=np.intp, count=len(found))
        tallies = np.fromiter(
            (n for counted in batch for n in counted.values()), dtype=np.float64, count=len(found)
        )
        weights = 1 + np.log(tallies)
        values = np.repeat(weights / np.sqrt(sizes - 1), sizes)
        values[np.cumsum(sizes) - sizes] = weights
        codes = np.concatenate(found)
        rows = np.repeat(np.repeat(np.arange(len(batch)), [len(counted) for counted in batch]), sizes)
        buckets = rows * self._dimensions + np.abs(codes) - 1
        summed = np.bincount(buckets, np.copysign(values, codes), minlength=shape[0] * shape[1])
        return summed.reshape(shape).astype(np.float32)

    def _features_of(self, wanted: set[str]) -> dict[str, Features]:
        """Each word's features: bucket + 1, signed; the word's beginning first, then its n-grams."""
        known = self._features
        new = [word for word in wanted if word not in known]
        if not new:
            return known
        if len(known) + len(new) > REMEMBERED:
            known = {word: known[word] for word in wanted if word in known}
        # Other threads may go on reading: they look up words that are there, and none is taken out.
        known.update(zip(new, self._hashed(new), strict=True))
        self._features = known
        return known

    def _hashed(self, new: Sequence[str]) -> list[Features]:
        beginnings = [(np.arange(len(new)), _hash_words([word[:BEGINNING] for word in new]))]
        grams = [_hash_grams(new, size) for size in GRAM_SIZES]
        owners = np.concatenate([owner for owner, _ in (*beginnings, *grams)])
        hashes = np.concatenate([hashed for _, hashed in (*beginnings, *grams)])
        order = np.argsort(owners, kind="stable")
        buckets = (hashes >> np.uint64(1)) % np.uint64(self._dimensions) + np.uint64(1)
        signed = np.where(hashes & np.uint64(1), 1, -1) * buckets.astype(np.int32)
        ends = np.cumsum(np.bincount(owners, minlength=len(new)))[:-1]
        return [part.copy() for part in np.split(signed[order].astype(np.int16), ends)]


def _counted(text: str) -> Counter[str]:
    """How often each word stands in ``text``, stop words aside; all of them where it has no others."""
    found = words(text)
    dropped = STOP_WORDS.get(detect_language(text), _COMMON_STOP_WORDS)
    return Counter([word for word in found if word not in dropped] or found)


def _hash_words(some: Sequence[str]) -> npt.NDArray[np.uint64]:
    """A hash of each word, at most ``BEGINNING`` long."""
    codes = np.zeros((len(some), BEGINNING), dtype=np.uint32)
    for row, word in enumerate(some):
        codes[row, : len(word)] = [ord(character) for character in word]
    return _mixed(codes, 0)


def _hash_grams(some: Sequence[str], size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint64]]:
    codes, owners = ngram_codes(some, size)
    return owners, _mixed(codes, size)


def _mixed(codes: npt.NDArray[np.uint32], kind: int) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each row of code points: a polynomial, then SplitMix64's finish (Steele et al., 2014)."""
    hashed = np.full(len(codes), 0x9E3779B97F4A7C15 + kind, dtype=np.uint64)
    for column in codes.T:
        hashed = hashed * np.uint64(0x100000001B3) + column.astype(np.uint64)
    hashed ^= hashed >> np.uint64(30)
    hashed *= np.uint64(0xBF58476D1CE4E5B9)
    hashed ^= hashed >> np.uint64(27)
    hashed *= np.uint64(0x94D049BB133111EB)
    return hashed ^ (hashed >> np.uint64(31))
