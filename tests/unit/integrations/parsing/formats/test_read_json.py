from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, Reading
from integrations.parsing.formats.read_json import read


def reading(tmp_path: Path, text: str) -> Reading:
    path = tmp_path / "file.json"
    path.write_text(text, encoding="utf-8")
    return read(path, Bounds())


def blocks(tmp_path: Path, value: object) -> list[tuple[str, str]]:
    found = reading(tmp_path, json.dumps(value))
    return [(block.kind.value, block.text) for block in found.blocks]


def test_values_become_lines_with_their_path(tmp_path: Path) -> None:
    value = {
        "nome": "Sorriso",
        "contato": {"tel": "3333", "dias": ["seg", "ter"]},
        "aberta": True,
        "fax": None,
    }
    assert blocks(tmp_path, value) == [
        ("table_row", "nome: Sorriso"),
        ("table_row", "contato.tel: 3333"),
        ("table_row", "contato.dias: seg, ter"),
        ("table_row", "aberta: true"),
    ]


def test_records_of_a_list_become_rows_under_its_name(tmp_path: Path) -> None:
    value = {
        "precos": [{"nome": "Corte", "valor": {"de": 45, "ate": 60}}, {"nome": "Barba", "tags": ["a", "b"]}]
    }
    assert blocks(tmp_path, value) == [
        ("heading", "precos"),
        ("table_row", "nome: Corte; valor.de: 45; valor.ate: 60"),
        ("table_row", "nome: Barba; tags: a, b"),
    ]


def test_plain_values_never_stand_under_a_siblings_heading(tmp_path: Path) -> None:
    found = blocks(tmp_path, {"lista": [{"a": 1}], "fora": "dela"})
    assert found == [("table_row", "fora: dela"), ("heading", "lista"), ("table_row", "a: 1")]


def test_a_list_of_lists_is_a_table(tmp_path: Path) -> None:
    assert blocks(tmp_path, [["Serviço", "Preço"], ["Corte", "R$ 45"]]) == [
        ("table_row", "Serviço: Corte; Preço: R$ 45")
    ]


def test_nested_lists_of_records_are_numbered(tmp_path: Path) -> None:
    assert blocks(tmp_path, [{"itens": [{"n": "a"}, {"n": "b"}]}]) == [
        ("table_row", "itens.1.n: a; itens.2.n: b")
    ]


def test_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    found = reading(tmp_path, '{"a": 45.90, "b": 1e999, "c": NaN, "d": ' + "9" * 5000 + "}")
    assert [block.text for block in found.blocks] == ["a: 45.90", "b: 1e999", "c: NaN", "d: " + "9" * 5000]


def test_one_value_on_each_line(tmp_path: Path) -> None:
    found = reading(tmp_path, '{"a": 1}\n{"a": 2}\n')
    assert [block.text for block in found.blocks] == ["a: 1", "a: 2"]


def test_the_title(tmp_path: Path) -> None:
    assert reading(tmp_path, '{"título": "Tabela", "a": 1}').title == "Tabela"
    assert reading(tmp_path, '{"name": {"first": "x"}}').title == ""


@pytest.mark.parametrize("text", ['{"a": 1', "texto", "", '{"a": 1}\n{"a": '])
def test_broken_json_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(Unreadable, match=r"not valid JSON: .+ in line \d"):
        reading(tmp_path, text)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 500 + "1" + "}" * 500]
)
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Unreadable, match="nested too deeply"):
        reading(tmp_path, text)
