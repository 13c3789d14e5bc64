from __future__ import annotations

from pathlib import Path

import pytest

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds
from integrations.parsing.formats.read_txt import read


def blocks(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    path = tmp_path / "file.txt"
    path.write_text(text, encoding="utf-8")
    return [(block.kind.value, block.text) for block in read(path, Bounds()).blocks]


def test_paragraphs_wrapped_at_a_column_are_unwrapped_and_short_lines_are_not(tmp_path: Path) -> None:
    wrapped = (
        "A clínica atende de segunda a sexta, das oito\n"
        "às dezoito horas, sempre com hora marcada, e também\n"
        "aos sábados.\n"
    )
    text = wrapped.replace("oito\n", "oito e meia\n") + "\nRua das Flores, 12\nSantos/SP\n"
    assert blocks(tmp_path, text) == [
        ("paragraph", " ".join(wrapped.replace("oito\n", "oito e meia\n").split())),
        ("paragraph", "Rua das Flores, 12\nSantos/SP"),
    ]


def test_capitals_and_underlined_lines_are_headings(tmp_path: Path) -> None:
    text = "HORÁRIOS\nDe 8h às 18h\n\nPreços\n------\nLimpeza: R$ 120\n\nATENÇÃO!\nR$ 45,00\n"
    assert blocks(tmp_path, text) == [
        ("heading", "HORÁRIOS"),
        ("paragraph", "De 8h às 18h"),
        ("heading", "Preços"),
        ("paragraph", "Limpeza: R$ 120"),
        ("paragraph", "ATENÇÃO!\nR$ 45,00"),
    ]


def test_list_items_take_the_lines_that_go_on(tmp_path: Path) -> None:
    text = "Trazer:\n- documento\n  com foto\n* cartão\na) convênio\nA. Silva assina\n"
    assert blocks(tmp_path, text) == [
        ("paragraph", "Trazer:"),
        ("list_item", "- documento\ncom foto"),
        ("list_item", "- cartão"),
        ("list_item", "a) convênio\nA. Silva assina"),
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Manual da loja\n\nTexto.", "Manual da loja"),
        ("Prezados:\n\nTexto.", ""),
        ("uma frase comprida " * 20, ""),
        ("- item\n- item\n", ""),
    ],
)
def test_a_short_first_line_is_the_title(tmp_path: Path, text: str, title: str) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text, encoding="utf-8")
    assert read(path, Bounds()).title == title


def test_a_web_page_named_txt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="is a web page"):
        blocks(tmp_path, "<!doctype html>\n<html><body>a</body></html>")
