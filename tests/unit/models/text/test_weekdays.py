from __future__ import annotations

import pytest

from models.text.language import LANGUAGES
from models.text.weekdays import day_in, short_days


@pytest.mark.parametrize(
    ("word", "languages", "named"),
    [
        ("saturday", ("pt",), "sabado"),
        ("domingo", ("en",), "sunday"),
        ("mercredi", ("es",), "miercoles"),
        ("martes", ("fr",), "mardi"),
        ("mondays", ("pt",), "segunda"),
        ("domingo", ("pt", "en"), "sunday"),
    ],
)
def test_a_day_is_named_in_other_languages(word: str, languages: tuple[str, ...], named: str) -> None:
    assert named in day_in(languages, word)
    assert word not in day_in(LANGUAGES, word)


def test_what_is_no_day_has_no_other_name() -> None:
    assert day_in(LANGUAGES, "quarto") == day_in(LANGUAGES, "clareamento") == ()


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("e na segunda-feira?", "e na segunda?"),
        ("Terça-feira e SEXTA FEIRA", "Terça e SEXTA"),
        ("quartas-feiras", "quartas"),
        ("a feira de quinta", "a feira de quinta"),
    ],
)
def test_portuguese_days_are_called_by_their_short_names(text: str, short: str) -> None:
    assert short_days(text) == short
