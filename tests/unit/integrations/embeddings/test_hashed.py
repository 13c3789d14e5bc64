from __future__ import annotations

import hashlib
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.embeddings import hashed
from integrations.embeddings.base import Embedder, Vectors
from integrations.embeddings.hashed import HashedEmbedder

TEXTS = [
    "A clínica abre de segunda a sexta, das 8h às 18h.",
    "Aceitamos cartão de crédito, débito e Pix.",
    "A limpeza de pele custa R$ 180,00 e dura uma hora.",
    "Para remarcar, avise com 24 horas de antecedência.",
]


def _digest(vectors: Vectors) -> str:
    return hashlib.sha256(np.round(vectors * 1_000).astype("<i2").tobytes()).hexdigest()


def test_rows_are_unit_vectors_of_float32() -> None:
    embedder: Embedder = HashedEmbedder()
    rows = embedder.embed(TEXTS)
    assert rows.shape == (4, embedder.dimensions)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_text_without_words_is_all_zero_and_no_texts_are_no_rows() -> None:
    embedder = HashedEmbedder()
    assert not embedder.embed(["", " …!? "]).any()
    assert embedder.embed([]).shape == (0, 1_024)


def test_the_vectors_are_what_they_always_were() -> None:
    assert (
        _digest(HashedEmbedder().embed(TEXTS))
        == "67b9a97f2e0626de1c6c61820e97302ee9fa753d0175b7545c998ab42a35009d"
    )


def test_another_process_with_another_hash_seed_makes_the_same_vectors() -> None:
    program = (
        "import sys; from integrations.embeddings.hashed import HashedEmbedder;"
        "sys.stdout.buffer.write(HashedEmbedder().embed([sys.argv[1]]).tobytes())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, TEXTS[0]],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {HashedEmbedder().embed(TEXTS[:1]).tobytes()}


def test_the_batch_a_text_is_in_does_not_matter() -> None:
    together = HashedEmbedder().embed(TEXTS * 40)
    alone = np.concatenate([HashedEmbedder().embed([text]) for text in TEXTS] * 40)
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("que horas abre a clinica?", 0),
        ("acetam cartao de credto", 1),
        ("qnto custa a limpesa de pele", 2),
        ("quero remarcar", 3),
    ],
)
def test_a_mistyped_question_is_nearest_to_its_text(query: str, best: int) -> None:
    embedder = HashedEmbedder()
    similarities = embedder.embed(TEXTS) @ embedder.embed([query])[0]
    assert int(np.argmax(similarities)) == best


def test_accents_and_capitals_make_no_difference() -> None:
    embedder = HashedEmbedder()
    one, two = embedder.embed(["AVALIAÇÃO DE PREÇOS", "avaliacao de preços"])
    assert float(one @ two) == pytest.approx(1.0, abs=1e-6)


def test_a_text_of_stop_words_alone_still_has_a_direction() -> None:
    assert HashedEmbedder().embed(["quem somos nós"]).any()


def test_what_is_remembered_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashed, "REMEMBERED", 10)
    small = HashedEmbedder()
    found = np.concatenate([small.embed([text]) for text in TEXTS * 2])
    np.testing.assert_array_equal(found, np.concatenate([HashedEmbedder().embed(TEXTS)] * 2))
    assert len(small._features) <= 20


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(), max_size=4))
def test_any_text_has_a_vector(texts: list[str]) -> None:
    rows = HashedEmbedder(64).embed(texts)
    lengths = np.linalg.norm(rows, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-4) | (lengths == 0))


def test_many_threads_share_one_embedder() -> None:
    embedder, expected = HashedEmbedder(), HashedEmbedder().embed(TEXTS)
    results: list[Vectors] = []
    threads = [threading.Thread(target=lambda: results.append(embedder.embed(TEXTS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    for found in results:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dimensions", [0, 1, 2**15])
def test_dimensions_that_cannot_be_are_refused(dimensions: int) -> None:
    with pytest.raises(ValueError, match="dimensions"):
        HashedEmbedder(dimensions)


def test_the_name_tells_dimensions_apart() -> None:
    assert HashedEmbedder(512).name != HashedEmbedder().name
