from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.parsing.base import FORMATS, Unreadable
from integrations.parsing.blocks import Bounds
from integrations.parsing.formats import reader_of
from integrations.parsing.parse_file import parse_file
from models.documents import ParsedDocument, Piece
from tests.builders.office import TEXT, WRITERS
from tests.builders.pdf import Text, build_pdf

PLAIN = {
    "md": f"# Preços\n\n{TEXT}\n",
    "txt": f"PREÇOS\n\n{TEXT}\n",
    "csv": f"Serviço;Nota\nCorte;{TEXT}\n",
    "html": f"<h1>Preços</h1><p>{TEXT}</p>",
    "json": f'{{"nota": "{TEXT}"}}',
}


def write(path: Path, file_format: str) -> None:
    if file_format in WRITERS:
        WRITERS[file_format](path)
    elif file_format == "pdf":
        path.write_bytes(build_pdf([[Text("Preços", 72, size=18), Text(TEXT, 100)]]))
    else:
        path.write_text(PLAIN[file_format], encoding="utf-8")


def parse(path: Path, file_format: str, **bounds: int) -> ParsedDocument:
    return parse_file(path, file_format, Bounds(**bounds))


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_format_is_read(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / "file"
    write(path, file_format)
    assert any(TEXT in piece.text for piece in parse(path, file_format).pieces)


def test_only_these_formats_have_readers() -> None:
    with pytest.raises(KeyError):
        reader_of("exe")


@pytest.mark.parametrize("file_format", ["md", "txt", "csv", "html"])
@pytest.mark.parametrize("text", ["", " \n\t\r\n ", "\ufeff", "* * *\n---\n", "\u200b\n"])
def test_text_without_a_letter_holds_no_text(tmp_path: Path, file_format: str, text: str) -> None:
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    words = r"^The file holds no text\.$|named \.html but its content is not"
    with pytest.raises(Unreadable, match=words):
        parse(path, file_format)


@pytest.mark.parametrize("text", ["{}", "[]", "null", '""', '[{"a": null}]'])
def test_json_without_a_value_holds_no_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Unreadable, match="holds no text"):
        parse(path, "json")


def test_a_document_that_is_only_its_title_says_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("# Em breve\n", encoding="utf-8")
    assert parse(path, "md") == ParsedDocument("Em breve", (Piece("Em breve"),))


def test_fifty_megabytes_on_one_line_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"palavra " * (50 << 17))
    for file_format in ("md", "txt", "csv", "json", "html"):
        with pytest.raises(
            Unreadable, match=r"more than 10,000,000 characters|not valid JSON|content is not"
        ):
            parse(path, file_format)


def test_more_passages_than_the_bound_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("# Título\n\n" + ("palavra " * 200 + "\n\n") * 5, encoding="utf-8")
    assert len(parse(path, "md").pieces) == 10
    with pytest.raises(Unreadable, match="more than 9 passages"):
        parse(path, "md", max_pieces=9)


def test_the_length_of_a_piece_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("Uma frase curta. " * 100, encoding="utf-8")
    assert all(len(piece.text) <= 300 for piece in parse(path, "txt", piece_characters=300).pieces)


@given(
    st.sampled_from(["md", "txt", "csv", "html", "json"]),
    st.one_of(st.binary(max_size=300), st.text(max_size=300)),
)
def test_any_content_is_either_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, file_format: str, content: bytes | str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with contextlib.suppress(Unreadable):
        document = parse(path, file_format)
        assert document.pieces
        assert all(piece.text.strip() and "\x00" not in piece.text for piece in document.pieces)
