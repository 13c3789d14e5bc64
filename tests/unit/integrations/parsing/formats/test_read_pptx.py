from __future__ import annotations

from pathlib import Path
from typing import Any

import pptx
import pytest
from pptx.util import Inches

from integrations.parsing.blocks import Bounds, Reading
from integrations.parsing.formats.read_pptx import read

TITLE_ONLY, TITLE_AND_CONTENT, BLANK = 5, 1, 6


@pytest.fixture
def deck() -> Any:
    return pptx.Presentation()


def reading(tmp_path: Path, deck: Any) -> Reading:
    path = tmp_path / "file.pptx"
    deck.save(str(path))
    return read(path, Bounds())


def blocks(tmp_path: Path, deck: Any) -> list[tuple[int | None, str, str]]:
    return [(one.page, one.kind.value, one.text) for one in reading(tmp_path, deck).blocks if one.text]


def add_slide(deck: Any, layout: int, title: str = "") -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[layout])
    if title:
        slide.shapes.title.text = title
    return slide


def add_box(shapes: Any, text: str) -> None:
    shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1)).text_frame.text = text


def test_titles_bullets_and_notes_with_the_slides_number(tmp_path: Path, deck: Any) -> None:
    slide = add_slide(deck, TITLE_AND_CONTENT, "Horários\vde 2026")
    frame = slide.placeholders[1].text_frame
    frame.text = "Segunda a sexta"
    paragraph = frame.add_paragraph()
    paragraph.text, paragraph.level = "8h às 18h", 1
    slide.notes_slide.notes_text_frame.text = "Lembrar dos feriados."
    add_slide(deck, TITLE_ONLY, "Fim")
    found = reading(tmp_path, deck)
    assert blocks(tmp_path, deck) == [
        (1, "heading", "Horários de 2026"),
        (1, "list_item", "- Segunda a sexta"),
        (1, "list_item", "  - 8h às 18h"),
        (1, "paragraph", "Lembrar dos feriados."),
        (2, "heading", "Fim"),
    ]
    assert (found.pages, found.title) == (2, "Horários de 2026")


def test_tables_and_groups(tmp_path: Path, deck: Any) -> None:
    slide = add_slide(deck, BLANK)
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(2)).table
    for n, text in enumerate(("Serviço", "Preço", "Corte", "R$ 45")):
        table.cell(n // 2, n % 2).text = text
    group = slide.shapes.add_group_shape()
    add_box(group.shapes, "no grupo")
    add_box(group.shapes.add_group_shape().shapes, "mais fundo")
    assert blocks(tmp_path, deck) == [
        (1, "table_row", "Serviço: Corte; Preço: R$ 45"),
        (1, "paragraph", "no grupo"),
        (1, "paragraph", "mais fundo"),
    ]


def test_a_slide_without_title_does_not_stand_under_the_one_before(tmp_path: Path, deck: Any) -> None:
    add_slide(deck, TITLE_ONLY, "Preços")
    add_box(add_slide(deck, BLANK).shapes, "outra coisa")
    kinds = [(one.page, one.kind.value, one.text) for one in reading(tmp_path, deck).blocks]
    assert kinds[2:] == [(2, "heading", ""), (2, "paragraph", "outra coisa")]


def test_hidden_slides_and_margins_are_not_read(tmp_path: Path, deck: Any) -> None:
    add_slide(deck, TITLE_ONLY, "Visível")
    hidden = add_slide(deck, TITLE_ONLY, "Rascunho")
    hidden.element.set("show", "0")
    found = reading(tmp_path, deck)
    assert [one.text for one in found.blocks if one.text] == ["Visível"]
    assert found.warnings == ("Slide 2 is hidden and was not read.",)


def test_the_property_is_the_title_unless_it_is_the_programs_own(tmp_path: Path, deck: Any) -> None:
    add_slide(deck, TITLE_ONLY, "Primeiro")
    deck.core_properties.title = "PowerPoint Presentation"
    assert reading(tmp_path, deck).title == "Primeiro"
    deck.core_properties.title = "Treinamento"
    assert reading(tmp_path, deck).title == "Treinamento"
