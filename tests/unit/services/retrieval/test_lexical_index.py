from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.documents import Chunk, Document
from models.text.stemming import stem
from models.text.stopwords import STOP_WORDS
from models.text.words import words
from services.retrieval.lexical_index import (
    GRAM_SHARE,
    MAX_REMEMBERED,
    LexicalHits,
    LexicalIndex,
    QueryWord,
)
from services.retrieval.postings import K1, B
from services.retrieval.segment import TITLE_WEIGHT, build_segment, merge_segments
from tests.made import ngrams
from tests.servers.remembered_knowledge import document

Parts = Sequence[tuple[Document, list[Chunk]]]
VOCABULARY = [
    "gato",
    "gatos",
    "casa",
    "azul",
    "informação",
    "informações",
    "de",
    "a",
    "14h30",
    "casamento",
    "x",
]


def _index(parts: Parts, *, cut: int | None = None) -> LexicalIndex:
    groups = [parts] if cut is None else [parts[:cut], parts[cut:]]
    segments = [
        build_segment([one for one, _ in group], (c for _, its in group for c in its)) for group in groups
    ]
    return LexicalIndex(1, {one.id: one for one, _ in parts}, segments)


def _reference(parts: Parts, query: Sequence[str], language: str) -> list[float]:
    """BM25 as the textbook has it: words by stem, n-grams as they are."""
    rows = [
        [*dict.fromkeys(words(chunk.title) + words(held.filename.removesuffix(".txt")))] * TITLE_WEIGHT
        + words(chunk.text)
        for held, its in parts
        for chunk in its
    ]
    by_stem = [Counter(stem(word, language) for word in row) for row in rows]
    content = [[word for word in row if word not in STOP_WORDS[language]] for row in rows]
    by_gram = [Counter(gram for word in row for gram in ngrams(word, 4)) for row in content]
    scores = np.zeros(len(rows))
    for word in query:
        scores += _bm25(by_stem, stem(word, language), [len(row) for row in rows])
        for gram in set(ngrams(word, 4)):
            scores += GRAM_SHARE * _bm25(by_gram, gram, [sum(row.values()) for row in by_gram])
    return scores.tolist()


def _bm25(rows: list[Counter[str]], term: str, lengths: list[int]) -> np.ndarray:
    holding = sum(term in row for row in rows)
    idf = math.log(1 + (len(rows) - holding + 0.5) / (holding + 0.5))
    average = max(sum(lengths) / len(lengths), 1.0)
    return np.array([
        idf * row[term] * (K1 + 1) / (row[term] + K1 * (1 - B + B * length / average))
        for row, length in zip(rows, lengths, strict=True)
    ])  # fmt: skip


def _rows_with_words(hits: LexicalHits) -> list[list[int]]:
    """For each word of the question the rows that hold it in some form."""
    held = hits.in_words.held_by(np.arange(len(hits.scores)), len(hits.scores))
    return [np.flatnonzero(one).tolist() for one in held]


texts = st.lists(
    st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=12).map(" ".join), min_size=1, max_size=4
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(texts, min_size=1, max_size=4),
    st.lists(st.sampled_from(["gato", "casa", "informacoes", "14h30"])),
)
def test_scores_are_those_of_a_plain_bm25(documents: list[list[str]], query: list[str]) -> None:
    parts = [document(f"d{n}", its, title="Guia azul") for n, its in enumerate(documents)]
    asked = list(dict.fromkeys(query))
    hits = _index(parts).search([QueryWord(word) for word in asked])
    assert hits.scores.tolist() == pytest.approx(_reference(parts, asked, "pt"), rel=1e-4, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.lists(texts, min_size=2, max_size=5), st.data())
def test_segments_together_merged_and_with_dead_documents_score_as_one_built_at_once(
    documents: list[list[str]], data: st.DataObject
) -> None:
    parts = [document(f"d{n}", its, title=f"Parte {n}") for n, its in enumerate(documents)]
    cut = data.draw(st.integers(1, len(parts) - 1))
    dead = data.draw(st.integers(0, len(parts) - 1))
    alive = [part for n, part in enumerate(parts) if n != dead]
    live = {one.id: one for one, _ in alive}
    query = [QueryWord("gatos"), QueryWord("casa", 0.5), QueryWord("azull")]
    once, split = _index(alive), _index(parts, cut=cut)
    merged = merge_segments(split.segments, {(one.id, 1) for one, _ in alive})
    for other in (LexicalIndex(1, live, split.segments), LexicalIndex(1, live, [merged])):
        assert other.chunks == once.chunks
        for row in range(once.rows):
            identity = once.chunk_id(row)
            there = other.row_of(identity)
            assert there is not None
            assert other.chunk_id(there) == identity
            score = float(other.search(query).scores[there])
            assert score == pytest.approx(float(once.search(query).scores[row]), rel=1e-4, abs=1e-5)
        assert np.count_nonzero(other.search(query).scores) == np.count_nonzero(once.search(query).scores)


def test_forms_of_a_word_are_one_term_with_and_without_accents() -> None:
    index = _index(
        [document("d", ["As informações ficam aqui.", "Uma informação qualquer.", "Outro assunto."])]
    )
    for asked in ("informação", "informacoes", "INFORMAÇÕES"):
        hits = index.search([QueryWord(word) for word in words(asked)])
        assert _rows_with_words(hits)[0] == [0, 1]


def test_a_word_is_found_again_also_after_more_others_than_are_remembered() -> None:
    index = _index([document("d", ["O gato dorme.", "Os gatos comem.", "Outro assunto."])])
    asked = [QueryWord("gato"), QueryWord("asunto", also=("tema",))]
    first = _rows_with_words(index.search(asked))
    for n in range(MAX_REMEMBERED):
        assert _rows_with_words(index.search([QueryWord(f"x{n}")])) == [[]]
        assert _rows_with_words(index.search(asked)) == first == [[0, 1], [2]]


def test_each_document_is_read_in_its_own_language() -> None:
    index = _index([
        document("p", ["Os cursos começam em maio."], language="pt"),
        document("e", ["All courses start in May."], language="en"),
    ])  # fmt: skip
    assert _rows_with_words(index.search([QueryWord("curso")])) == [[0]]
    assert _rows_with_words(index.search([QueryWord("course")])) == [[1]]


@pytest.mark.parametrize(
    ("typed", "row"),
    [("horaro", 0), ("hroario", 0), ("horariio", 0), ("estacionamneto", 1), ("estacinamnto", 1)],
)
def test_a_mistyped_word_means_its_nearest_neighbour(typed: str, row: int) -> None:
    index = _index([document("d", ["Horário de verão.", "Estacionamento na rua.", "Banho e tosa."])])
    hits = index.search([QueryWord(typed)])
    assert int(np.argmax(hits.scores)) == row
    assert 0 < hits.certainties[0] < 1


def test_a_word_that_is_like_no_other_is_found_nowhere() -> None:
    index = _index([document("d", ["Horário de verão."])])
    hits = index.search([QueryWord("zzzzzzzz"), QueryWord("9999"), QueryWord("q")])
    assert not hits.scores.any()
    assert _rows_with_words(hits) == [[], [], []]


def test_a_word_that_may_miss_counts_only_where_it_is_said() -> None:
    index = _index([document("d1", ["o dinheiro da casa", "cartão e cheque"])])
    asked = [QueryWord("cash", may_miss=True), QueryWord("cartao", 0.5)]

    assert [one.word for one in index.search(asked).words] == ["cartao"]
    assert [one.word for one in index.search([QueryWord("cheque", may_miss=True), asked[1]]).words] == [
        "cheque",
        "cartao",
    ]
    assert [one.word for one in index.search(asked[:1]).words] == ["cash"]  # else nothing were asked


def test_title_file_name_and_headings_count_for_every_chunk() -> None:
    index = _index([
        document("d1", ["Segunda a sexta.", "Sábados."], title="Horários", heading=("Loja", "Centro")),
        document("d2", ["Segunda a sexta."], title="Entregas", filename="tabela_de_fretes.pdf"),
    ])  # fmt: skip
    found = {
        asked: np.flatnonzero(index.search([QueryWord(asked)]).scores > 0.1).tolist()
        for asked in ("horarios", "centro", "fretes")
    }
    assert found == {"horarios": [0, 1], "centro": [0, 1], "fretes": [2]}


def test_only_ids_of_live_chunks_have_a_row() -> None:
    index = _index([document("d1", ["um", "dois"], version=3), document("d2", ["três"])])
    assert [index.row_of(one) for one in ("d1:3:0", "d1:3:1", "d2:1:0")] == [0, 1, 2]
    strange = [
        "d1:2:0",
        "d1:3:2",
        "d1:3:00",
        "d1:3:-1",
        "d1:3:²",
        "d1",
        "",
        ":",
        "d1:3:0:0",
        "d3:1:0",
        "sentinel:0",
    ]
    assert [index.row_of(one) for one in strange] == [None] * len(strange)


def test_an_index_of_nothing_finds_nothing() -> None:
    for index in (LexicalIndex(0, {}, []), _index([document("d", [])]), _index([document("d", ["", "…"])])):
        hits = index.search([QueryWord("gato")])
        assert not hits.scores.any()
        assert len(hits.scores) == index.rows
    assert LexicalIndex(0, {}, []).chunks == 0


def test_a_large_index_passes_over_ngrams_that_say_nothing_and_loses_no_word() -> None:
    texts = [f"comum palavra{n}" for n in range(1_200)]
    index = _index([document("d", texts, title="")])
    hits = index.search([QueryWord("palavra777"), QueryWord("comum")])
    assert int(np.argmax(hits.scores)) == 777
    assert np.count_nonzero(hits.scores) == 1_200


def test_it_takes_little_memory() -> None:
    texts = [" ".join(f"termo{(n * 7 + m * 13) % 3_000}" for m in range(120)) for n in range(2_000)]
    assert _index([document("d", texts)]).nbytes < 2_000 * 1_000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(), max_size=5), st.text())
def test_any_text_can_be_indexed_and_asked(some: list[str], asked: str) -> None:
    index = _index([document("d", some, title=asked)])
    hits = index.search([QueryWord(word) for word in dict.fromkeys(words(asked))])
    assert hits.scores.shape == (len(some),)
    assert np.isfinite(hits.scores).all()
    assert (hits.scores >= 0).all()
