"""A part of a lexical index: the words of some documents' chunks, as arrays that never change."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import PurePath

import numpy as np
import numpy.typing as npt

from models.documents import Chunk, Document
from models.text.language import main_language
from models.text.ngrams import ngram_codes
from models.text.stopwords import STOP_WORDS
from models.text.words import tokens, words_of
from services.retrieval.joined import Numbers, Part, Rows, Whole, counted, joined
from services.retrieval.postings import Posting
from services.retrieval.vocabulary import Vocabulary

TITLE_WEIGHT = 2  # a word of the title or file name counts as if it stood in each chunk so many times
GRAM = 4
_ROWS_AT_ONCE = 4_000  # while a segment is made

_CELLS = 200_000  # of a table of terms and rows: what stays within the processor's cache
_LARGE, _COMMON = 1_000, 0.3

Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class SegmentDocument:
    """One version of a document, and its rows in the segment."""

    id: str
    version: int
    language: str
    first_row: int
    rows: int


@dataclass(frozen=True)
class Segment:
    """Rows are chunks, in the order of ``documents`` and of their numbers.

    ``places[ends[w] : ends[w + 1]]`` are the rows that hold word ``w``, ``counts`` how often (at most 255).
    ``gram_words[gram_ends[g] : gram_ends[g + 1]]`` are the words, stop words aside, that hold the n-gram
    ``gram_keys[g]``; the keys are sorted. ``sizes`` counts a row's words, ``gram_sizes`` its n-grams.
    """

    documents: tuple[SegmentDocument, ...]
    numbers: npt.NDArray[np.uint32]
    vocabulary: Vocabulary
    ends: npt.NDArray[np.uint32]
    places: Numbers
    counts: npt.NDArray[np.uint8]
    sizes: npt.NDArray[np.float32]
    gram_keys: Keys
    gram_ends: npt.NDArray[np.uint32]
    gram_words: Numbers
    gram_sizes: npt.NDArray[np.float32]

    @property
    def rows(self) -> int:
        """How many chunks it holds."""
        return len(self.numbers)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages of its documents."""
        return frozenset(document.language for document in self.documents if document.language)

    @cached_property
    def nbytes(self) -> int:
        """About how many bytes of memory it takes."""
        arrays = sum(getattr(self, one.name).nbytes for one in fields(self) if one.name != "documents")
        return int(arrays) + 450 * len(self.documents)

    def row_of(self, document: SegmentDocument, number: int) -> int | None:
        """The row of a document's chunk of this number; ``None`` when it has none."""
        first, rows = document.first_row, document.rows
        if number < rows and self.numbers[first + number] == number:  # as it is where none is left out
            return first + number
        part = self.numbers[first : first + rows]
        at = int(np.searchsorted(part, number))
        return first + at if at < rows and part[at] == number else None

    def document_of(self, row: int) -> SegmentDocument:
        """The document that a row is of."""
        return self.documents[bisect_right(self._starts, row) - 1]

    @cached_property
    def _starts(self) -> list[int]:
        return [document.first_row for document in self.documents]

    def words_with(self, keys: Keys) -> tuple[Rows, Rows]:
        """Pairs of a key's index and a word that holds the n-gram, once for each time it does.

        In a large segment an n-gram that a third of the rows may hold says little, and costs most: left out.
        """
        if not len(self.gram_keys):
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
        at = np.minimum(np.searchsorted(self.gram_keys, keys), len(self.gram_keys) - 1)
        known = np.flatnonzero(self.gram_keys[at] == keys)
        owners, within = _ranges(self.gram_ends, at[known])
        owners, words = known[owners], self.gram_words[within].astype(np.intp)
        if self.rows < _LARGE:
            return owners, words
        most = np.bincount(owners, (self.ends[words + 1] - self.ends[words]), minlength=len(keys))
        telling = (most <= _COMMON * self.rows)[owners]
        return owners[telling], words[telling]

    def postings(self, terms: Rows, words: Rows, count: int) -> Iterator[Posting]:
        """Where each of ``count`` terms stands: a term, which rise here, is any of the words it is paired with."""
        step = max(1, _CELLS // max(self.rows, 1))
        for first in range(0, count, step):
            a, b = np.searchsorted(terms, [first, first + step]).tolist()
            if b > a:
                yield self._posting(terms[a:b], words[a:b], first, min(step, count - first))

    def _posting(self, terms: Rows, words: Rows, first: int, count: int) -> Posting:
        starts = self.ends[words].astype(np.intp)
        sizes = self.ends[words + 1].astype(np.intp) - starts
        within = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
        within += np.arange(len(within))
        rows = self.places[within].astype(np.intp)
        counts = self.counts[within].astype(np.float32)
        cells = np.repeat((terms - first) * self.rows, sizes)
        cells += rows
        # Not bincount, which adds doubles: this table is half as large, and exact as long as counts are.
        table = np.zeros(count * self.rows, dtype=np.float32)
        np.add.at(table, cells, counts)
        return Posting(np.repeat(terms, sizes), rows, counts, table[cells])


def build_segment(documents: Sequence[Document], chunks: Iterable[Chunk]) -> Segment:
    """The segment of the chunks, in any order, of some documents; chunks of others are passed over.

    Each text is let go of as soon as its words are counted.
    """
    numbering = _Numbering()
    readers = {document.id: _DocumentReader(document, numbering) for document in documents}
    for chunk in chunks:
        reader = readers.get(chunk.document_id)
        if reader is not None:
            reader.read(chunk)
    held: list[SegmentDocument] = []
    rows: list[tuple[int, array[int]]] = []
    for reader in readers.values():
        its_rows = sorted(reader.streams.items())
        held.append(reader.document(len(rows)))
        rows.extend(its_rows)
    numbers = np.fromiter((number for number, _ in rows), dtype=np.uint32, count=len(rows))
    return _from_streams(tuple(held), numbers, list(numbering), [stream for _, stream in rows])


def merge_segments(segments: Sequence[Segment], live: Collection[tuple[str, int]]) -> Segment:
    """One segment of the documents of several whose (id, version) is ``live``, as if it had been built of them."""
    words = [segment.vocabulary.words() for segment in segments]
    ordered = sorted(frozenset[str]().union(*words))
    number_of = {word: number for number, word in enumerate(ordered)}
    documents: list[SegmentDocument] = []
    numbers = [np.zeros(0, dtype=np.uint32)]
    parts: list[Part] = []
    rows = 0
    for segment, its_words in zip(segments, words, strict=True):
        new_rows = np.full(segment.rows, -1, dtype=np.intp)
        for document in segment.documents:
            if (document.id, document.version) in live:
                old = slice(document.first_row, document.first_row + document.rows)
                new_rows[old] = np.arange(rows, rows + document.rows)
                numbers.append(segment.numbers[old])
                documents.append(replace(document, first_row=rows))
                rows += document.rows
        new_words = np.fromiter((number_of[word] for word in its_words), dtype=np.intp, count=len(its_words))
        ends = segment.ends.astype(np.intp)
        parts.append(Part(new_words, ends, segment.places, segment.counts).only(new_rows))
    whole = joined(parts, len(ordered), rows)
    used = np.flatnonzero(np.diff(whole.ends))  # words of dead documents alone are gone
    whole = replace(whole, ends=np.append(whole.ends[used], whole.ends[-1]))
    return _of_whole(tuple(documents), np.concatenate(numbers), [ordered[number] for number in used], whole)


class _Numbering(dict[str, int]):
    """Numbers what it is asked for in the order of first asking."""

    def __missing__(self, key: str) -> int:
        self[key] = number = len(self)
        return number


class _DocumentReader:
    """Collects the chunks of one document as streams of numbered tokens."""

    def __init__(self, document: Document, numbering: _Numbering) -> None:
        self.streams: dict[int, array[int]] = {}
        self._document = document
        self._numbering = numbering
        self._heads: dict[tuple[str, tuple[str, ...]], array[int]] = {}
        self._languages: list[str] = []

    def read(self, chunk: Chunk) -> None:
        if chunk.version != self._document.live_version:
            return
        head = self._heads.get((chunk.title, chunk.heading))
        if head is None:
            head = self._numbered(_head(self._document, chunk))
            self._heads[chunk.title, chunk.heading] = head
        self.streams[chunk.n] = head + self._numbered(tokens(chunk.text))
        self._languages.append(chunk.language)

    def document(self, first_row: int) -> SegmentDocument:
        language = main_language(self._languages) or self._document.language
        return SegmentDocument(
            self._document.id, self._document.live_version, language, first_row, len(self.streams)
        )

    def _numbered(self, some: list[str]) -> array[int]:
        return array("I", map(self._numbering.__getitem__, some))


def _head(document: Document, chunk: Chunk) -> list[str]:
    """The tokens that a chunk is found by though they stand above it: title, file name and headings."""
    once = dict.fromkeys(tokens(f"{chunk.title} \n {PurePath(document.filename).stem}"))
    headings = [token for token in tokens(" \n ".join(chunk.heading)) if token not in once]
    return [*once] * TITLE_WEIGHT + headings


def _from_streams(
    documents: tuple[SegmentDocument, ...],
    numbers: npt.NDArray[np.uint32],
    spellings: Sequence[str],
    streams: Sequence[array[int]],
) -> Segment:
    """The segment of rows of tokens, each token given by its place in ``spellings``."""
    meanings = [words_of(token) for token in spellings]
    ordered = sorted({word for words in meanings for word in words})
    number_of = {word: number for number, word in enumerate(ordered)}
    said = np.fromiter((number_of[word] for words in meanings for word in words), dtype=np.intp)
    said_ends = np.cumsum([0, *map(len, meanings)], dtype=np.intp)
    parts: list[Part] = []
    for first in range(0, len(streams), _ROWS_AT_ONCE):
        some = streams[first : first + _ROWS_AT_ONCE]
        stream = np.concatenate([np.frombuffer(one, dtype=np.uint32) for one in some])
        sizes = np.fromiter(map(len, some), dtype=np.intp, count=len(some))
        rows = np.repeat(np.arange(first, first + len(some)), sizes)
        owners, within = _ranges(said_ends, stream.astype(np.intp))
        parts.append(counted(said[within], rows[owners], first, len(some)))
    return _of_whole(documents, numbers, ordered, joined(parts, len(ordered), len(streams)))


def _of_whole(
    documents: tuple[SegmentDocument, ...],
    numbers: npt.NDArray[np.uint32],
    ordered: Sequence[str],
    whole: Whole,
) -> Segment:
    """The segment of words and the rows that hold them."""
    count = len(numbers)
    keys, owners = _grams(ordered, documents)
    order = np.argsort(keys, kind="stable")
    unique_keys, starts = np.unique(keys[order], return_index=True)
    return Segment(
        documents=documents,
        numbers=numbers,
        vocabulary=Vocabulary(ordered),
        ends=whole.ends.astype(np.uint32),
        places=whole.places,
        counts=whole.counts,
        sizes=whole.sums(count, np.ones(len(ordered), dtype=np.intp)),
        gram_keys=unique_keys,
        gram_ends=np.append(starts, len(keys)).astype(np.uint32),
        gram_words=owners[order].astype(_smallest(len(ordered))),
        gram_sizes=whole.sums(count, np.bincount(owners, minlength=len(ordered))),
    )


def gram_keys(words: Sequence[str]) -> tuple[Keys, Rows]:
    """The keys of the words' n-grams, and the index of each one's word."""
    codes, owners = ngram_codes(words, GRAM)
    halves = codes.astype(np.uint64) & np.uint64(0xFFFF)  # exact but for characters beyond the first 65,536
    keys = halves[:, 0]
    for column in range(1, GRAM):
        keys = keys << np.uint64(16) | halves[:, column]
    return keys, owners


def _grams(ordered: Sequence[str], documents: Sequence[SegmentDocument]) -> tuple[Keys, Rows]:
    """The n-grams of a vocabulary without the stop words of its languages: their keys, and their words rising."""
    stop_words = frozenset[str]().union(*(STOP_WORDS.get(one.language, frozenset()) for one in documents))
    content = [number for number, word in enumerate(ordered) if word not in stop_words]
    keys, owners = gram_keys([ordered[number] for number in content])
    return keys, np.asarray(content, dtype=np.intp)[owners]


def _ranges(ends: npt.NDArray[np.integer], wanted: Rows) -> tuple[Rows, Rows]:
    """Pairs of an index into ``wanted`` and each of ``ends[w] .. ends[w + 1]`` of the ``w`` that stands there."""
    starts = ends[wanted].astype(np.intp)
    sizes = ends[wanted + 1].astype(np.intp) - starts
    owners = np.repeat(np.arange(len(wanted)), sizes)
    return owners, np.arange(len(owners)) + (starts - (np.cumsum(sizes) - sizes))[owners]


def _smallest(count: int) -> type[np.uint16 | np.uint32]:
    return np.uint16 if count <= 2**16 else np.uint32
