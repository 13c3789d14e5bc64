from __future__ import annotations

from pathlib import Path

from integrations.parsing.blocks import Bounds, Kind, Reading
from integrations.parsing.formats.read_md import read


def reading(tmp_path: Path, text: str) -> Reading:
    path = tmp_path / "file.md"
    path.write_text(text, encoding="utf-8")
    return read(path, Bounds())


def blocks(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for block in reading(tmp_path, text).blocks]


def test_headings_of_both_kinds_and_their_levels(tmp_path: Path) -> None:
    text = "# Um\n## **Dois** ##\nTrês\n====\nQuatro\n---\n#semespaço\n"
    found = reading(tmp_path, text)
    assert [(block.level, block.text) for block in found.blocks] == [
        (1, "Um"),
        (2, "Dois"),
        (1, "Três"),
        (2, "Quatro"),
        (0, "#semespaço"),
    ]


def test_paragraphs_keep_their_marks_and_links(tmp_path: Path) -> None:
    text = (
        "Veja **os preços** em\n[nosso site](https://clinica.example).\n\n> Citação de *alguém*\n> famoso\n"
    )
    assert blocks(tmp_path, text) == [
        ("paragraph", "Veja **os preços** em\n[nosso site](https://clinica.example)."),
        ("paragraph", "Citação de *alguém*\nfamoso"),
    ]


def test_list_items_with_their_depth_and_continuations(tmp_path: Path) -> None:
    text = "- um\n  continua\n  - dentro\n+ dois\n1. primeiro\n2) segundo\n\n---\n"
    assert blocks(tmp_path, text) == [
        ("list_item", "- um continua"),
        ("list_item", "  - dentro"),
        ("list_item", "- dois"),
        ("list_item", "1. primeiro"),
        ("list_item", "2) segundo"),
    ]


def test_table_rows_name_their_columns(tmp_path: Path) -> None:
    text = "Nossos preços:\n| Serviço | Preço |\n|:--|--:|\n| Corte \\| barba | R$ 45<br>à vista |\n| Só | |\nfim\n"
    assert blocks(tmp_path, text) == [
        ("paragraph", "Nossos preços:"),
        ("table_row", "Serviço: Corte | barba; Preço: R$ 45 à vista"),
        ("table_row", "Serviço: Só"),
        ("paragraph", "fim"),
    ]


def test_a_table_without_names_has_bare_rows(tmp_path: Path) -> None:
    text = "| | |\n|--|--|\n| Telefone | 3333-4444 |\n| E-mail | a@b.example |\n"
    assert blocks(tmp_path, text) == [
        ("table_row", "Telefone: 3333-4444"),
        ("table_row", "E-mail: a@b.example"),
    ]


def test_code_keeps_its_spaces_and_is_never_read_as_markdown(tmp_path: Path) -> None:
    text = "```python\nif a:\n    # não é título\n    b()\n```\nfim\n~~~\naberto"
    assert blocks(tmp_path, text) == [
        ("code", "if a:\n    # não é título\n    b()"),
        ("paragraph", "fim"),
        ("code", "aberto"),
    ]


def test_comments_are_dropped_but_an_open_one_is_text(tmp_path: Path) -> None:
    assert blocks(tmp_path, "a <!-- nota\ninterna --> b\n\nuse <!-- assim\n") == [
        ("paragraph", "a b"),
        ("paragraph", "use <!-- assim"),
    ]


def test_the_title_is_the_front_matters_then_the_first_h1_then_any_heading(tmp_path: Path) -> None:
    assert reading(tmp_path, "---\ntitle: 'Da frente'\n---\n# Outro\n").title == "Da frente"
    assert reading(tmp_path, "## Antes\n\n# Principal\n").title == "Principal"
    assert reading(tmp_path, "## Só este\n\ntexto\n").title == "Só este"
    assert reading(tmp_path, "Uma linha\n\ntexto\n").title == "Uma linha"


def test_a_rule_at_the_start_is_no_front_matter(tmp_path: Path) -> None:
    assert blocks(tmp_path, "---\ntexto: sim\n") == [("paragraph", "texto: sim")]
    assert blocks(tmp_path, "---\nsem dois pontos\n---\n")[0][1] == "sem dois pontos"


def test_windows_line_ends_and_encoding(tmp_path: Path) -> None:
    path = tmp_path / "file.md"
    path.write_bytes("# Preços\r\n\r\nAção é útil\r\n".encode("cp1252"))
    assert [block.text for block in read(path, Bounds()).blocks] == ["Preços", "Ação é útil"]


def test_an_overlong_heading_is_a_paragraph(tmp_path: Path) -> None:
    found = reading(tmp_path, "# " + "palavra " * 40)
    assert [block.kind for block in found.blocks] == [Kind.PARAGRAPH]
