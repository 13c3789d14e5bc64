from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from integrations.parsing.tidy import tidy, tidy_code

ANY_TEXT = st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF))  # lone surrogates included


def test_white_space_is_tidied_and_lines_are_kept() -> None:
    assert (
        tidy("  um\t dois\u00a0três \r\n quatro\x0b\n\n\n\ncinco\u2028seis  ")
        == "um dois três\nquatro\n\ncinco\nseis"
    )


def test_what_nobody_sees_goes() -> None:
    assert tidy("a\x00b\u00ad\u200bc\ufeff\ud800d\u202ee\U000e0041f") == "abcdef"


def test_letters_are_composed() -> None:
    assert tidy("ac\u0327a\u0303o") == "ação"


def test_leaders_lead_and_dots_are_kept() -> None:
    assert tidy("Preços ............ 4 ______ fim... ok!!!") == "Preços: 4 ___ fim... ok!!!"
    assert tidy("Corte . . . . . . R$ 45\nBarba.....R$ 30") == "Corte: R$ 45\nBarba: R$ 30"
    assert tidy("Preencha: ..........") == "Preencha: ..."


def test_what_joins_emoji_and_letters_stays() -> None:
    assert tidy("👩\u200d⚕️ می\u200cخواهم") == "👩\u200d⚕️ می\u200cخواهم"


def test_code_keeps_its_indentation() -> None:
    assert tidy_code("\n\nif a:\n\tb()   \n\n\n\nc\x00\n") == "if a:\n    b()\n\nc"


@given(ANY_TEXT)
def test_any_text_becomes_clean_and_stays_so(text: str) -> None:
    for clean in (tidy(text), tidy_code(text)):
        assert "\x00" not in clean
        clean.encode("utf-8")
        assert unicodedata.is_normalized("NFC", clean)
    assert tidy(tidy(text)) == tidy(text)
