from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.text.folding import fold
from models.text.words import LONGEST, tokens, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("AÇÃO Óbvia", "acao obvia"),
        ("L’Œuvre d'été", "l'oeuvre d'ete"),
        ("Straße İstanbul Łódź Ærø", "strasse istanbul lodz aero"),
        ("ﬁm ① Ⅳ ²", "fim 1 iv 2"),
        ("año\u00a0nuevo", "ano nuevo"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
@example("ŉ")
@example("\u0345\u1fb7ΐ")
@example("\ud800")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x24F)))
def test_composed_and_decomposed_spellings_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Às 14h30, 14:30, 14 h 30 ou 2:30 pm", "as 14h30 14 14h30 14 14h30 14 ou 14h30 14"),
        ("8h 8hs 08:00 8 am 12 a.m. 12pm", "8h 8 8h 8 8h 8 8h 8 0h 0 12h 12"),
        ("R$ 1.234,56 e US$ 1,234.56", "r 1234.56 e us 1234.56"),
        ("20,00 20.5 1.000.000 0,5 3.141", "20 20.5 1000000 0.5 3141"),
        ("seções 2.10.3 e 1.2", "secoes 2.10.3 e 1.2"),
        ("(13) 98859-3464", "13 98859 3464 88593464"),
        ("+55 13 98859-3464", "55 13 98859 3464 88593464"),
        ("+5513988593464", "5513988593464 88593464"),
        ("01 23 45 67 89", "01 23 45 67 89 23456789"),
        ("912 345 678", "912 345 678 12345678"),
        ("11/05/2024 24/7", "11 05 2024 24 7"),
        ("wi-fi pós-graduação vis-à-vis", "wi fi wifi pos graduacao posgraduacao vis a vis"),
        ("10km 50 mg 1º 2ª 3rd b2b COVID19", "10 km 50 mg 1 o 2 a 3 rd b2b covid19"),
        ("l'école don't dog’s", "l ecole don t dog s"),
        ("ANALISE_DE_SISTEMAS", "analise de sistemas"),
        ("a\u0301rvore", "arvore"),
        ("日本語 работа", "日本語 работа"),
        ("", ""),
        ("!?… — «»", ""),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert words(text) == expected.split()


def test_one_telephone_number_in_three_spellings_shares_a_word() -> None:
    spellings = ["(13) 98859-3464", "+55 13 98859 3464", "5513988593464"]
    assert set.intersection(*(set(words(one)) for one in spellings)) == {"88593464"}


@given(st.text())
def test_any_text_gives_bounded_folded_words(text: str) -> None:
    for word in words(text):
        assert 0 < len(word) <= LONGEST
        assert fold(word) == word


@given(st.text(alphabet="0123456789 .,:-()+hHamp/", max_size=60))
def test_any_mix_of_digits_and_marks_keeps_every_digit(text: str) -> None:
    digits = set("0123456789") & set(text)
    said = set("".join(tokens(text)))
    assert digits <= said


def test_encoded_data_costs_no_more_than_words() -> None:
    assert words("x" * 5_000) == ["x" * LONGEST]
