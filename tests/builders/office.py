"""Small Office files made by the libraries themselves, and their parts rewritten."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import docx
import openpyxl
import pptx

TEXT = "O corte custa R$ 45."


def write_docx(path: Path) -> None:
    """A Word document that says ``TEXT``."""
    document = docx.Document()
    document.add_heading("Preços", 1)
    document.add_paragraph(TEXT)
    document.save(str(path))


def write_pptx(path: Path) -> None:
    """A presentation whose one slide says ``TEXT``."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Preços"
    slide.placeholders[1].text_frame.text = TEXT
    deck.save(str(path))


def write_xlsx(path: Path) -> None:
    """A workbook whose one sheet says ``TEXT``."""
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    for row in (["Serviço", "Nota"], ["Corte", TEXT]):
        sheet.append(row)
    workbook.save(path)


WRITERS: Mapping[str, Callable[[Path], None]] = {"docx": write_docx, "pptx": write_pptx, "xlsx": write_xlsx}
MAIN_PARTS = {
    "docx": "word/document.xml",
    "pptx": "ppt/slides/slide1.xml",
    "xlsx": "xl/worksheets/sheet1.xml",
}


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Change an archive's parts, given by name, in place."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in parts.items():
            archive.writestr(name, raw)
