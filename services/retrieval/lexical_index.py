"""BM25 over words and character n-grams of an assistant's live chunks: a snapshot that never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.documents import Document, chunk_id
from models.text.language import main_language
from models.text.stemming import stem
from services.retrieval.postings import Postings, Rows, Scores, length_norms
from services.retrieval.segment import Segment, SegmentDocument, gram_keys

GRAM_SHARE = 0.2  # what the n-grams' BM25 counts beside the words'
STEM_TAIL = 8  # characters that a form may have behind its stem
FUZZY_FROM = 4  # letters; shorter words have too many neighbours
TWO_EDITS_FROM = 8
FUZZY_LOSS = 0.2  # of a word's weight, for each edit that leads to it
MAX_REMEMBERED = 256  # words and their forms; of too many all are looked for anew


@dataclass(frozen=True)
class QueryWord:
    """A folded word of a query, how much it counts (1: fully), and words that say ``also`` what it says.

    One that ``may_miss`` is of a language that no document is in: where none holds it, it counts nothing.
    """

    word: str
    weight: float = 1.0
    also: tuple[str, ...] = ()
    may_miss: bool = False


@dataclass(frozen=True)
class LexicalHits:
    """A score of 0 or more for every row, and where each word of the query was found.

    ``words`` stand where ``in_words`` says, in any of their forms, and are what was meant as surely as their
    ``certainties``. ``in_grams`` are their n-grams; those of one word lie together, and ``owners`` says which.
    """

    scores: Scores
    words: Sequence[QueryWord]
    certainties: Sequence[float]
    in_words: Postings
    in_grams: Postings
    owners: Rows


class LexicalIndex:
    """The live documents of one assistant at one knowledge version; rows are their chunks."""

    def __init__(self, version: int, documents: Mapping[str, Document], segments: Sequence[Segment]) -> None:
        """Index what ``segments`` hold of ``documents`` (by id), in their live version."""
        self.version = version
        self.documents = documents
        self.segments = tuple(segments)
        self._first_rows = [0]
        for segment in self.segments:
            self._first_rows.append(self._first_rows[-1] + segment.rows)
        self._places = {
            document.id: (number, document)
            for number, segment in enumerate(self.segments)
            for document in segment.documents
            if self.is_live(document)
        }
        self._known_forms: dict[QueryWord, tuple[float, list[Sequence[int]]]] = {}
        self._alive = self._alive_rows()
        self._norms = self._length_norms([segment.sizes for segment in self.segments])
        self._gram_norms = self._length_norms([segment.gram_sizes for segment in self.segments])

    @property
    def rows(self) -> int:
        """How many rows there are, those of dead documents included."""
        return self._first_rows[-1]

    @cached_property
    def chunks(self) -> int:
        """How many live chunks there are."""
        return self.rows if self._alive is None else int(np.count_nonzero(self._alive))

    @cached_property
    def nbytes(self) -> int:
        """About how many bytes of memory it takes."""
        own = (
            self._norms.nbytes + self._gram_norms.nbytes + (0 if self._alive is None else self._alive.nbytes)
        )
        return own + sum(segment.nbytes for segment in self.segments) + 1_000 * len(self.documents)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages of the live documents."""
        return frozenset(document.language for _, document in self._places.values() if document.language)

    @cached_property
    def main_language(self) -> str:
        """The language of most of the live documents; the empty string where it is not known."""
        return main_language(document.language for _, document in self._places.values())

    def is_live(self, document: SegmentDocument) -> bool:
        """Whether a segment's document is live in this very version."""
        live = self.documents.get(document.id)
        return live is not None and live.live_version == document.version

    def row_of(self, identity: str) -> int | None:
        """The row of a chunk id; ``None`` for every id that is not of a live chunk."""
        document_id, _, rest = identity.partition(":")
        number = rest.rpartition(":")[2]
        place = self._places.get(document_id)
        if place is None or not number.isdecimal():
            return None
        segment, document = place
        n = int(number)
        if identity != chunk_id(document_id, document.version, n):
            return None
        at = self.segments[segment].row_of(document, n)
        return None if at is None else self._first_rows[segment] + at

    def chunk_id(self, row: int) -> str:
        """The id of the chunk in a row."""
        number = int(np.searchsorted(self._first_rows, row, side="right")) - 1
        segment, within = self.segments[number], row - self._first_rows[number]
        document = segment.document_of(within)
        return chunk_id(document.id, document.version, int(segment.numbers[within]))

    def search(self, words: Sequence[QueryWord]) -> LexicalHits:
        """BM25 of every row: words in any of their forms, and a fifth of their n-grams."""
        found = [(word, *self._forms(word)) for word in words]
        held = [one for one in found if any(one[2]) or not one[0].may_miss] or found
        words, certainties, forms = zip(*held, strict=True) if held else ((), (), ())
        weights = np.array([word.weight for word in words])
        keys, owners = gram_keys([word.word for word in words])
        in_words = self._find(len(words), (_pairs(forms, number) for number in range(len(self.segments))))
        in_grams = self._find(len(keys), (segment.words_with(keys) for segment in self.segments))
        scores = in_words.scores(weights * np.array(certainties), self._norms)
        scores += in_grams.scores(weights[owners] * GRAM_SHARE, self._gram_norms)
        return LexicalHits(scores, words, certainties, in_words, in_grams, owners)

    def _find(self, count: int, pairs: Iterable[tuple[Rows, Rows]]) -> Postings:
        """Where ``count`` terms stand, given by pairs of a term and a word in each segment's vocabulary."""
        parts = [
            part.moved(first)
            for segment, first, (terms, words) in zip(self.segments, self._first_rows, pairs, strict=False)
            for part in segment.postings(terms, words, count)
        ]
        if self._alive is not None:
            parts = [part.only(self._alive) for part in parts]
        return Postings(parts, count, self.chunks)

    def _forms(self, asked: QueryWord) -> tuple[float, list[Sequence[int]]]:
        """As ``_find_forms``, which is remembered: contacts ask in much the same words, and those bring their kin."""
        known = self._known_forms.get(asked)
        if known is None:
            if len(self._known_forms) >= MAX_REMEMBERED:
                self._known_forms.clear()
            known = self._known_forms[asked] = self._find_forms(asked)
        return known

    def _find_forms(self, asked: QueryWord) -> tuple[float, list[Sequence[int]]]:
        """The words of each vocabulary that share a stem with one; where none does, the nearest by spelling."""
        word, meant = asked.word, {asked.word, *asked.also}
        forms = self._all_forms(meant)
        shortest = TWO_EDITS_FROM if asked.may_miss else FUZZY_FROM  # "cash" is not "casa" mistyped
        if any(forms) or len(word) < shortest or not word.isalpha():
            return 1.0, forms
        edits = 1 if len(word) < TWO_EDITS_FROM else 2
        near = [segment.vocabulary.near(word, edits) for segment in self.segments]
        least = min((distance for pairs in near for _, distance in pairs), default=0)
        meant = {
            segment.vocabulary[number]
            for segment, pairs in zip(self.segments, near, strict=True)
            for number, distance in pairs
            if distance == least
        }
        return 1.0 - FUZZY_LOSS * max(least, 1), self._all_forms(meant)

    def _all_forms(self, meant: Iterable[str]) -> list[Sequence[int]]:
        return [sorted({n for one in meant for n in self._same_stem(s, one)}) for s in self.segments]

    def _same_stem(self, segment: Segment, word: str) -> list[int]:
        """The numbers of the words that have the stem of ``word`` in one of the segment's languages."""
        exact = segment.vocabulary.find(word)
        found = {exact} if exact >= 0 else set()
        for language in segment.languages:
            wanted = stem(word, language)
            beginning = wanted if len(wanted) < 5 else wanted[:-1]
            for number in segment.vocabulary.starting_with(beginning):
                form = segment.vocabulary[number]
                if len(form) <= len(wanted) + STEM_TAIL and stem(form, language) == wanted:
                    found.add(number)
        return sorted(found)

    def _alive_rows(self) -> npt.NDArray[np.bool_] | None:
        """Which rows are of live documents; ``None`` when all are."""
        if all(self.is_live(document) for segment in self.segments for document in segment.documents):
            return None
        alive = np.zeros(self.rows, dtype=np.bool_)
        for number, document in self._places.values():
            first = self._first_rows[number] + document.first_row
            alive[first : first + document.rows] = True
        return alive

    def _length_norms(self, sizes: Sequence[Scores]) -> Scores:
        """BM25's ``k1 * (1 - b + b * length / average length)`` of every row."""
        lengths = np.concatenate([*sizes, np.zeros(0, dtype=np.float32)])
        live = lengths if self._alive is None else lengths[self._alive]
        return length_norms(lengths, float(live.mean()) if len(live) else 1.0)


def _pairs(forms: Sequence[Sequence[Sequence[int]]], segment: int) -> tuple[Rows, Rows]:
    """Pairs of a term and a word of its, for terms given by their words in each segment."""
    terms = np.repeat(np.arange(len(forms)), [len(of_term[segment]) for of_term in forms])
    return terms, np.array([word for of_term in forms for word in of_term[segment]], dtype=np.intp)
