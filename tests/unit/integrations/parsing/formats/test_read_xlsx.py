from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, Reading
from integrations.parsing.formats import read_xlsx


def reading(tmp_path: Path, workbook: Workbook) -> Reading:
    path = tmp_path / "file.xlsx"
    workbook.save(path)
    return read_xlsx.read(path, Bounds())


def book(**sheets: Iterable[Iterable[object]]) -> Workbook:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return workbook


def test_sheets_are_headings_and_rows_name_their_columns(tmp_path: Path) -> None:
    workbook = book(
        Cabelo=[
            ["Tabela 2026"],
            [],
            ["Serviço", "Duração", "Preço"],
            ["Corte", 30, 45.5],
            ["Escova", None, 60],
        ],
        Barba=[["Serviço", "Preço"], ["Completa", 30]],
    )
    found = reading(tmp_path, workbook)
    assert [(block.kind.value, block.text) for block in found.blocks] == [
        ("heading", "Cabelo"),
        ("paragraph", "Tabela 2026"),
        ("table_row", "Serviço: Corte; Duração: 30; Preço: 45.5"),
        ("table_row", "Serviço: Escova; Preço: 60"),
        ("heading", "Barba"),
        ("table_row", "Serviço: Completa; Preço: 30"),
    ]


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (45.9, '"R$" #,##0.00', "R$ 45,90"),
        (1234.5, "[$R$-416] #,##0.00", "R$ 1.234,50"),
        (1234.5, "[$$-409]#,##0.00", "$ 1,234.50"),
        (99, "[$€-2] #,##0", "€ 99"),
        (0.15, "0%", "15%"),
        (0.125, "0.0%", "12.5%"),
        (0.1 + 0.2, "General", "0.3"),
        (3, "General", "3"),
        (12345678901234, "General", "12345678901234"),
        (-45.9, '"R$" #,##0.00', "R$ -45,90"),
        (True, "General", "TRUE"),
        (dt.date(2026, 11, 20), "DD/MM/YYYY", "2026-11-20"),
        (dt.datetime(2026, 11, 20, 8, 30), "DD/MM/YYYY HH:MM", "2026-11-20 08:30"),  # noqa: DTZ001 - sheets know no zones
        (dt.time(8, 30), "HH:MM", "08:30"),
        ("#N/A", "General", None),
        ("  texto\ncom linha ", "General", "texto com linha"),
    ],
)
def test_values_are_shown_as_the_sheet_shows_them(
    tmp_path: Path, value: object, number_format: str, expected: str | None
) -> None:
    workbook = book(S=[["Nome", "Valor"], ["x", value], ["y", "z"]])
    workbook["S"]["B2"].number_format = number_format
    found = reading(tmp_path, workbook)
    assert found.blocks[1].text == ("Nome: x" if expected is None else f"Nome: x; Valor: {expected}")


def test_hidden_sheets_are_not_read_and_named(tmp_path: Path) -> None:
    workbook = book(Preços=[["Serviço", "Preço"], ["Corte", 45]], Custos=[["segredo", 1]])
    workbook["Custos"].sheet_state = "hidden"
    found = reading(tmp_path, workbook)
    assert "segredo" not in str(found.blocks)
    assert found.warnings == ("The sheet 'Custos' is hidden and was not read.",)


def test_formulas_without_a_saved_result_are_named(tmp_path: Path) -> None:
    workbook = book(S=[["Item", "Total"], ["Parafuso", "=2*3"], ["Porca", 1]])
    assert "no saved result" in " ".join(reading(tmp_path, workbook).warnings)
    for result in (b'<c r="B2"><f>2*3</f><v>6</v></c>', b'<c r="B2" t="str"><f>""</f><v></v></c>'):
        path = tmp_path / "file.xlsx"
        workbook.save(path)
        _rewrite(path, "xl/worksheets/sheet1.xml", b'<c r="B2"><f>2*3</f><v></v></c>', result)
        assert read_xlsx.read(path, Bounds()).warnings == ()


def test_the_title_is_the_property(tmp_path: Path) -> None:
    workbook = book(S=[["Nome", "Valor"], ["x", 1]])
    workbook.properties.title = "Preços da loja"
    assert reading(tmp_path, workbook).title == "Preços da loja"


def test_a_sheet_that_lies_about_its_size_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    book(S=[["Nome", "Valor"], ["x", 1], ["y", 2]]).save(path)
    _rewrite(path, "xl/worksheets/sheet1.xml", b'ref="A1:B3"', b'ref="A1"')
    assert len(read_xlsx.read(path, Bounds()).blocks) == 3


def test_a_far_row_costs_nothing_and_too_many_cells_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbook = book(S=[["Nome", "Valor"], ["x", 1]])
    workbook["S"].cell(200_000, 1, "longe")
    assert reading(tmp_path, workbook).blocks[-1].text == "Nome: longe"
    monkeypatch.setattr(read_xlsx, "_MAX_CELLS", 4)
    with pytest.raises(Unreadable, match=r"more than .* 4 cells"):
        reading(tmp_path, workbook)


def _rewrite(path: Path, member: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[member]
    parts[member] = parts[member].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in parts.items():
            archive.writestr(name, raw)
