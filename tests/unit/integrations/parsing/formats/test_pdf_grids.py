from __future__ import annotations

from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

from integrations.parsing.blocks import Bounds
from integrations.parsing.formats.read_pdf import read

STYLES = getSampleStyleSheet()
DRAWN = ("GRID", (0, 0), (-1, -1), 0.5, colors.black)
LONG = "Clareamento a laser em consultório, em três sessões de quarenta minutos cada, com moldeira"


def texts(tmp_path: Path, *parts: object) -> list[str]:
    path = tmp_path / "file.pdf"
    SimpleDocTemplate(str(path)).build(list(parts))
    return [block.text for block in read(path, Bounds()).blocks]


def table(rows: list[list[str]], *styles: tuple[object, ...], wide: tuple[int, ...] = (90, 160, 80)) -> Table:
    cells = [rows[0], *([Paragraph(cell, STYLES["Normal"]) for cell in row] for row in rows[1:])]
    return Table(
        cells, colWidths=wide, style=TableStyle([DRAWN, ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *styles])
    )


ROWS = [
    ["Serviço", "O que é", "Preço"],
    ["Clareamento", LONG, "R$ 950,00"],
    ["Limpeza", "Profilaxia", "R$ 180,00"],
]
SAID = [
    f"Serviço: Clareamento; O que é: {LONG}; Preço: R$ 950,00",
    "Serviço: Limpeza; O que é: Profilaxia; Preço: R$ 180,00",
]


def test_a_cell_of_a_drawn_table_is_read_whole_however_many_lines_it_takes(tmp_path: Path) -> None:
    before, after = (Paragraph(text, STYLES["Normal"]) for text in ("Veja os preços.", "Até logo."))
    assert texts(tmp_path, before, table(ROWS), after) == ["Veja os preços.", *SAID, "Até logo."]


def test_a_drawn_table_goes_on_over_the_page_and_another_one_has_its_own_header(tmp_path: Path) -> None:
    other = table([["Cidade", "Rua", "Número"], ["Santos", "Rua das Flores", "12"]])
    pages = [
        table(ROWS),
        PageBreak(),
        table([ROWS[0], ["Canal", "Um", "R$ 9"]]),
        Paragraph("E:", STYLES["Normal"]),
    ]
    assert texts(tmp_path, *pages, other) == [
        *SAID,
        "Serviço: Canal; O que é: Um; Preço: R$ 9",
        "E:",
        "Cidade: Santos; Rua: Rua das Flores; Número: 12",
    ]


def test_cells_over_several_columns_and_rows_are_said_of_each(tmp_path: Path) -> None:
    rows = [
        ["Serviço", "Preço", ""],
        ["", "curto", "longo"],
        ["Corte", "R$ 40", "R$ 60"],
        ["Escova", "R$ 30", ""],
    ]
    spans = (("SPAN", (1, 0), (2, 0)), ("SPAN", (0, 0), (0, 1)), ("SPAN", (2, 2), (2, 3)))
    assert texts(tmp_path, table(rows, *spans)) == [
        "Serviço: Corte; Preço curto: R$ 40; Preço longo: R$ 60",
        "Serviço: Escova; Preço curto: R$ 30; Preço longo: R$ 60",
    ]


def test_a_frame_around_text_and_a_chart_are_no_tables(tmp_path: Path) -> None:
    frame = table([["", ""], ["Texto " * 300, "lado"]], wide=(360, 80))
    chart = table([[""] * 9 for _ in range(5)] + [["1", "2", *[""] * 7]], wide=(30,) * 9)
    found = texts(tmp_path, frame, chart)
    assert found[0].startswith("Texto Texto")
    assert not [text for text in found if "|" in text and "Texto" in text]
