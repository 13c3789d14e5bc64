from __future__ import annotations

import pytest

from integrations.parsing.blocks import Bounds, Draft
from integrations.parsing.tables import Header, is_figure, row_text, write_table

NAMES = ["Serviço", "Preço"]


def texts(rows: list[list[str]], header: Header) -> list[str]:
    draft = Draft(Bounds())
    write_table(draft, rows, header)
    return [block.text for block in draft.done().blocks]


@pytest.mark.parametrize(
    "cell", ["45", "R$ 45,90", "US$ 1,000.00", "12/10/2026", "8h30", "30 min", "(10%)", "- 3 kg"]
)
def test_figures(cell: str) -> None:
    assert is_figure(cell)


@pytest.mark.parametrize("cell", ["", "Preço", "Preço 2026", "Q1", "a partir de 45 reais", "1" * 200])
def test_names_are_no_figures(cell: str) -> None:
    assert not is_figure(cell)


def test_a_usual_header_must_look_like_names() -> None:
    assert texts([NAMES, ["Corte", "sob consulta"]], Header.USUAL) == ["Serviço: Corte; Preço: sob consulta"]
    assert texts([["Corte", "45"], ["Barba", "30"]], Header.USUAL) == ["Corte: 45", "Barba: 30"]


def test_an_unknown_header_needs_figures_below_it() -> None:
    assert texts([NAMES, ["Corte", "45"]], Header.UNKNOWN) == ["Serviço: Corte; Preço: 45"]
    assert texts([["Nome", "Ana"], ["Cidade", "Santos"]], Header.UNKNOWN) == ["Nome: Ana", "Cidade: Santos"]


def test_three_columns_are_header_enough_unless_that_is_doubtful() -> None:
    rows = [["Médico", "Área", "Dia"], ["Ana", "olhos", "segunda"]]
    assert texts(rows, Header.UNKNOWN) == ["Médico: Ana; Área: olhos; Dia: segunda"]
    assert texts(rows, Header.DOUBTFUL) == ["Médico | Área | Dia", "Ana | olhos | segunda"]
    assert texts([*rows[:1], ["Ana", "olhos", "12/10"]], Header.DOUBTFUL) == [
        "Médico: Ana; Área: olhos; Dia: 12/10"
    ]


def test_a_marked_header_is_believed() -> None:
    assert texts([["Ano", "2025"], ["Vendas", "7"]], Header.MARKED) == ["Ano: Vendas; 2025: 7"]


def test_several_years_are_columns_one_is_a_value() -> None:
    assert texts([["Filial", "2025", "2026"], ["Santos", "7", "9"]], Header.USUAL) == [
        "Filial: Santos; 2025: 7; 2026: 9"
    ]
    assert texts([["Fundada em", "2025"], ["Sede", "Santos"]], Header.USUAL) == [
        "Fundada em: 2025",
        "Sede: Santos",
    ]


def test_labels_with_colons_are_no_names() -> None:
    assert texts([["Nome:", "Ana", "Idade:", "40"], ["Rua:", "A", "Nº:", "3"]], Header.USUAL) == [
        "Nome: Ana | Idade: 40",
        "Rua: A | Nº: 3",
    ]


def test_lines_above_the_header_are_kept_and_repeated_headers_dropped() -> None:
    rows = [["Tabela de preços", ""], ["", ""], NAMES, ["Corte", "45"], NAMES, ["Barba", "30"]]
    assert texts(rows, Header.USUAL) == [
        "Tabela de preços",
        "Serviço: Corte; Preço: 45",
        "Serviço: Barba; Preço: 30",
    ]


def test_a_header_alone_is_text() -> None:
    assert texts([NAMES], Header.USUAL) == ["Serviço: Preço"]
    assert texts([], Header.MARKED) == []


def test_rows_are_put_on_their_pages() -> None:
    draft = Draft(Bounds())
    write_table(draft, [NAMES, ["Corte", "45"], ["Barba", "30"]], Header.USUAL, [1, 1, 2])
    assert [block.page for block in draft.done().blocks] == [1, 2]


def test_rows_without_names() -> None:
    assert row_text((), ["Corte", "", "45"]) == "Corte: 45"
    assert row_text((), ["Aceita cartão?", "Sim."]) == "Aceita cartão? Sim."
    assert row_text((), ["a", "b", "c"]) == "a | b | c"
    assert row_text(NAMES, ["", "45", "nota"]) == "Preço: 45; nota"


def test_a_header_of_two_rows_names_a_column_by_both() -> None:
    rows = [
        ["Serviço", "Preço", "", "Sala"],
        ["", "curto", "longo"],
        ["Corte", "R$ 40", "R$ 60", "2"],
        ["Escova", "R$ 3"],
    ]
    assert texts(rows, Header.UNKNOWN) == [
        "Serviço: Corte; Preço curto: R$ 40; Preço longo: R$ 60; Sala: 2",
        "Serviço: Escova; Preço curto: R$ 3",
    ]


@pytest.mark.parametrize(
    "below", [["Corte", "a", "b"], ["", "R$ 4", "R$ 5"], ["", "", "b"], ["", "a", ""]], ids=" ".join
)
def test_a_row_that_names_nothing_is_no_header(below: list[str]) -> None:
    found = texts([["Serviço", "Preço", ""], below, ["Barba", "R$ 1", "R$ 2"]], Header.MARKED)
    assert found[-1] == "Serviço: Barba; Preço: R$ 1; R$ 2"
