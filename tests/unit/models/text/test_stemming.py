from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.folding import fold
from models.text.stemming import LANGUAGES, stem
from models.text.stopwords import STOP_WORDS


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("pt", "informação informações informacao informacoes"),
        ("pt", "disponibilidade disponibilidades"),
        ("pt", "criança crianças crianca"),
        ("pt", "horário horários horario"),
        ("es", "información informaciones informacion"),
        ("es", "tecnología tecnologías tecnologia"),
        ("fr", "société sociétés societe"),
        ("fr", "ouverte ouvertes"),
        ("en", "opening opens opened"),
        ("en", "university universities"),
    ],
)
def test_forms_of_one_word_share_a_stem_with_and_without_accents(language: str, forms: str) -> None:
    assert len({stem(fold(form), language) for form in forms.split()}) == 1


@pytest.mark.parametrize("word", ["14h30", "b2b", "1234.5"])
def test_what_has_digits_is_left_alone(word: str) -> None:
    assert [stem(word, language) for language in LANGUAGES] == [word] * 4


def test_a_language_without_rules_leaves_words_as_they_are() -> None:
    assert stem("gatos", "") == "gatos"
    assert stem("gatos", "de") == "gatos"


@given(st.text(min_size=1), st.sampled_from(LANGUAGES))
def test_any_word_has_a_folded_stem(word: str, language: str) -> None:
    folded = fold(word)
    stemmed = stem(folded, language)
    assert fold(stemmed) == stemmed
    assert bool(stemmed) == bool(folded)


def test_many_threads_stem_alike() -> None:
    words = [
        f"{root}{ending}"
        for root in ("cant", "fal", "estud", "organiz")
        for ending in ("ar", "ando", "aram", "acao")
    ]
    stem.cache_clear()
    alone = [stem(word, "pt") for word in words]
    results: list[list[str]] = []

    def work() -> None:
        for _ in range(20):
            stem.cache_clear()
            results.append([stem(word, "pt") for word in words])

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone] * 120


def test_stop_words_are_folded_and_say_what_they_should() -> None:
    for listed in STOP_WORDS.values():
        assert all(fold(word) == word for word in listed)
    assert {"nao", "voces", "qual", "esta"} <= STOP_WORDS["pt"]
    assert "domingo" not in STOP_WORDS["pt"]
    assert {"you", "what"} <= STOP_WORDS["en"]
    assert "can't" not in STOP_WORDS["en"]
