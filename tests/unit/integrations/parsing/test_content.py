from __future__ import annotations

import random
from pathlib import Path

import pytest

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds
from integrations.parsing.content import decode, read_text, what_it_is

TEXT = "Ação, coração e “aspas” — 45 €\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_decoded_by_its_mark_or_as_utf8_or_as_windows(encoding: str) -> None:
    assert decode(TEXT.encode(encoding), "txt") == TEXT


def test_big_endian_with_its_mark() -> None:
    assert decode(b"\xfe\xff" + TEXT.encode("utf-16-be"), "txt") == TEXT


def test_a_stray_control_character_in_text_is_passed_over() -> None:
    assert decode(b"Ol\x00a mundo", "txt") == "Ol\x00a mundo"


@pytest.mark.parametrize(
    "raw",
    [
        random.Random(1).randbytes(4_000),
        bytes(200),
        TEXT.encode("utf-16-le") * 10,  # no mark to tell it by
        b"\xff\xfe" + random.Random(2).randbytes(4_001),
    ],
)
def test_bytes_that_are_no_text_are_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable, match=r"named \.txt but holds no readable text"):
        decode(raw, "txt")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\x03\x04....", "a zip archive or an Office file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.doc, .xls, .ppt) or one with a password"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"{\\rtf1", "an RTF document"),
        (b"\n <!-- a -->\n<!DOCTYPE html>", "a web page (html)"),
        (b"\xef\xbb\xbf<html>", "a web page (html)"),
        (b"# html", ""),
        (b"", ""),
    ],
)
def test_what_the_first_bytes_say(head: bytes, name: str) -> None:
    assert what_it_is(head) == name


@pytest.mark.parametrize("file_format", ["txt", "csv", "json", "md", "html"])
def test_a_pdf_under_another_name_is_called_a_pdf(file_format: str) -> None:
    with pytest.raises(Unreadable, match=rf"named \.{file_format} but is a PDF: save it as \.{file_format}"):
        decode(b"%PDF-1.7\n...", file_format)


def test_a_file_longer_than_the_bound_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)  # a hole: a terabyte that takes no room
    with pytest.raises(Unreadable, match="more than 1,000 characters of text"):
        read_text(path, "txt", Bounds(max_characters=1_000))


def test_the_bound_counts_characters(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("ã" * 1_000, encoding="utf-8")
    assert len(read_text(path, "txt", Bounds(max_characters=1_000))) == 1_000
    with pytest.raises(Unreadable, match="more than 999 characters"):
        read_text(path, "txt", Bounds(max_characters=999))
