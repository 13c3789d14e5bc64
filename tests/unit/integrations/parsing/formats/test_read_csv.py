from __future__ import annotations

from pathlib import Path

import pytest

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds
from integrations.parsing.formats.read_csv import read


def rows(tmp_path: Path, raw: str | bytes) -> list[str]:
    path = tmp_path / "file.csv"
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return [block.text for block in read(path, Bounds()).blocks]


EXPECTED = ["Serviço: Corte; Preço: R$ 45,90", "Serviço: Barba, completa; Preço: R$ 30"]


@pytest.mark.parametrize(
    "text",
    [
        "Serviço;Preço\nCorte;R$ 45,90\nBarba, completa;R$ 30\n",
        'Serviço,Preço\nCorte,"R$ 45,90"\n"Barba, completa",R$ 30\n',
        "Serviço\tPreço\r\nCorte\tR$ 45,90\r\nBarba, completa\tR$ 30\r\n",
        "Serviço|Preço\nCorte|R$ 45,90\nBarba, completa|R$ 30",
        "sep=;\nServiço;Preço\nCorte;R$ 45,90\nBarba, completa;R$ 30\n",
    ],
)
def test_the_separator_is_told_from_the_rows(tmp_path: Path, text: str) -> None:
    assert rows(tmp_path, text) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = "Serviço;Preço\nCorte;R$ 45,90\nBarba, completa;R$ 30\n"
    assert rows(tmp_path, text.encode(encoding)) == EXPECTED


def test_a_title_above_the_header_and_empty_rows(tmp_path: Path) -> None:
    text = "Tabela de preços;;\n;;\nServiço;Duração;Preço\nCorte;;45\n;;\nBarba;20 min;30\n"
    assert rows(tmp_path, text) == [
        "Tabela de preços",
        "Serviço: Corte; Preço: 45",
        "Serviço: Barba; Duração: 20 min; Preço: 30",
    ]


def test_rows_without_a_header(tmp_path: Path) -> None:
    assert rows(tmp_path, "Corte;45\nBarba;30\n") == ["Corte: 45", "Barba: 30"]
    assert rows(tmp_path, "1;Corte;45\n2;Barba;30\n") == ["1 | Corte | 45", "2 | Barba | 30"]
    assert rows(tmp_path, "uma\nduas\n") == ["uma", "duas"]


def test_questions_and_answers_are_not_taken_for_names(tmp_path: Path) -> None:
    text = "Abre sábado?;Sim, até meio-dia.\nAceita cartão?;Sim.\n"
    assert rows(tmp_path, text) == ["Abre sábado? Sim, até meio-dia.", "Aceita cartão? Sim."]


def test_cells_over_several_lines_and_more_cells_than_names(tmp_path: Path) -> None:
    text = 'Nome;Nota\n"Ana";"linha um\nlinha dois"\nBia;boa;a mais\n'
    assert rows(tmp_path, text) == ["Nome: Ana; Nota: linha um linha dois", "Nome: Bia; Nota: boa; a mais"]


def test_a_quote_that_never_closes_does_not_swallow_the_file(tmp_path: Path) -> None:
    text = 'Nome;Medida\nTela;15"\nCabo;2 m\nMesa;1 m\n'
    assert rows(tmp_path, text) == [
        'Nome: Tela; Medida: 15"',
        "Nome: Cabo; Medida: 2 m",
        "Nome: Mesa; Medida: 1 m",
    ]


def test_a_workbook_named_csv_is_called_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"named \.csv but is a zip archive or an Office file"):
        rows(tmp_path, b"PK\x03\x04" + bytes(100))
