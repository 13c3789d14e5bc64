"""Words for PDFs: every script that the fonts have, and no ``?`` for a picture."""

from __future__ import annotations

import pypdfium2
import pytest

from integrations.card_pdf import HEIGHT, Sheet, card_pdf
from integrations.images.placeholder import compose
from integrations.pdf_text import WIDE, marked_up, plain_font, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("⅓ xícara → 2 ½ ≈ 50 ml", "⅓ xícara → 2 ½ ≈ 50 ml"),
        ("Gin 🍸 tônica 👩‍🍳!", "Gin tônica !"),
        ("1️⃣ Bata ☀️", "1 Bata ☀"),
        ("🇧🇷🍋", ""),
        ("Ω Водка Κρασί", "Ω Водка Κρασί"),
        ("日本酒 と 소주", "日本酒 と 소주"),
        ("e\u0301 a\x00b\nc", "é ab c"),
        ("\U00013000 क", "? ?"),
    ],
)
def test_what_can_be_shown_is(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_letters_beside_foreign_ones_are_set_in_the_same_font() -> None:
    assert marked_up("Ω & Mar") == f'<font name="{WIDE}">Ω &amp; Mar</font>'
    assert marked_up("2 ⅓ <b>") == f'2 <font name="{WIDE}">⅓</font> &lt;b&gt;'
    assert marked_up("日本 と gin") == '<font name="HeiseiMin-W3">日本 と gin</font>'
    assert (plain_font("модель", "Helvetica"), plain_font("é", "Helvetica")) == (WIDE, "Helvetica")


def test_a_page_has_all_of_it() -> None:
    lines = ["⅓ de xícara → gelo", "Водка: 50 мл", "日本酒 と お茶 " * 9]
    data = card_pdf(Sheet("Северное 🍸 сияние", [("Ингредиенты", lines)], "written by: модель"))
    with pypdfium2.PdfDocument(data) as pdf:
        page = pdf[0]
        text = page.get_textpage()
        words = text.get_text_range()
        text.close()
        page.close()
    for one in ("Северное сияние", "ИНГРЕДИЕНТЫ", "⅓ de xícara → gelo", "Водка: 50 мл", "お茶", "модель"):
        assert one in words
    assert "?" not in words
    assert len(data) < 60_000


@pytest.mark.parametrize(("steps", "high"), [(3, 300), (14, 210), (17, 130), (80, 130)])
def test_a_picture_makes_room_for_many_words(steps: int, high: int) -> None:
    step = "Passo bem explicado, com muitas palavras para caber em duas linhas da página, sem pressa nenhuma."
    picture = compose("Feijoada", "recipe", "x")
    with pypdfium2.PdfDocument(
        card_pdf(Sheet("Feijoada", [("Passos", [step] * steps)], "", None, picture))
    ) as pdf:
        assert len(pdf) == 1
        page = pdf[0]
        text = page.get_textpage()
        top = text.get_charbox(0)[3]
        text.close()
        page.close()
    assert HEIGHT - high - 45 < top < HEIGHT - high
