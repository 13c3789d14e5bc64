from __future__ import annotations

from models.text.families import FAMILIES
from models.text.folding import fold
from models.text.stopwords import STOP_WORDS


def test_families_are_mutual_folded_and_hold_no_stop_words() -> None:
    stop_words = frozenset[str]().union(*STOP_WORDS.values())
    for word, others in FAMILIES.items():
        assert word == fold(word)
        assert word not in stop_words
        assert word not in others
        assert all(word in FAMILIES[other] for other in others)


def test_forms_that_no_stemmer_brings_together() -> None:
    assert {"abrimos", "aberto"} <= set(FAMILIES["abrem"])
    assert "ouverts" in FAMILIES["ouvrez"]
    assert "wrote" in FAMILIES["writes"]
