from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from integrations.parsing.archive import check_office_file
from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds
from tests.builders.office import MAIN_PARTS, WRITERS, rewrite

FORMATS = sorted(WRITERS)


@pytest.fixture(params=FORMATS)
def office_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"file.{request.param}"
    WRITERS[request.param](path)
    return path


def check(path: Path, bounds: Bounds | None = None) -> None:
    check_office_file(path, path.suffix[1:], bounds or Bounds())


def test_a_whole_file_passes(office_file: Path) -> None:
    check(office_file)


def test_a_file_that_unpacks_to_too_much_is_refused(office_file: Path) -> None:
    def inflate(parts: dict[str, bytes]) -> None:
        parts[MAIN_PARTS[office_file.suffix[1:]]] += b" " * (30 << 20)

    rewrite(office_file, inflate)
    assert office_file.stat().st_size < 100_000
    with pytest.raises(Unreadable, match="unpacks to more than 20 MB"):
        check(office_file, Bounds(max_unpacked_mb=20))


def test_a_part_that_is_longer_than_it_declares_is_not_believed(office_file: Path) -> None:
    name = MAIN_PARTS[office_file.suffix[1:]].encode()
    raw = bytearray(office_file.read_bytes())
    # The uncompressed size stands 22 bytes into a local header and 24 into an entry of the directory,
    # whose names begin after 30 and 46 bytes.
    at = -1
    for head, offset in ((b"PK\x03\x04", (30, 22)), (b"PK\x01\x02", (46, 24))):
        at = raw.index(name, at + 1)
        start = at - offset[0]
        assert raw[start : start + 4] == head
        raw[start + offset[1] : start + offset[1] + 4] = struct.pack("<I", 10)
    office_file.write_bytes(raw)
    with pytest.raises(Unreadable, match="damaged"):
        check(office_file)


def test_too_many_parts_are_refused(office_file: Path) -> None:
    with pytest.raises(Unreadable, match="more than 3 parts"):
        check(office_file, Bounds(max_members=3))


BILLION_LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<lolz>&c;</lolz>"""


@pytest.mark.parametrize(
    "attack",
    [
        BILLION_LAUGHS,
        BILLION_LAUGHS.decode().encode("utf-16"),
        b"<?xml version='1.0'?><!--" + b"-" * (1 << 20) + b"--><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
    ],
)
def test_entities_are_refused_wherever_they_stand(office_file: Path, attack: bytes) -> None:
    def infect(parts: dict[str, bytes]) -> None:
        parts[MAIN_PARTS[office_file.suffix[1:]]] = attack

    rewrite(office_file, infect)
    with pytest.raises(Unreadable, match="XML entities"):
        check(office_file)


def test_a_broken_off_file_is_refused(office_file: Path) -> None:
    office_file.write_bytes(office_file.read_bytes()[:-2_000])
    with pytest.raises(Unreadable, match="its content is not, or it is damaged"):
        check(office_file)


def test_a_damaged_part_is_refused(office_file: Path) -> None:
    raw = bytearray(office_file.read_bytes())
    start = raw.index(MAIN_PARTS[office_file.suffix[1:]].encode()) + 80
    raw[start : start + 40] = bytes(40)
    office_file.write_bytes(raw)
    with pytest.raises(Unreadable, match="damaged"):
        check(office_file)


@pytest.mark.parametrize("named", FORMATS)
@pytest.mark.parametrize("real", FORMATS)
def test_one_kind_under_the_name_of_another(tmp_path: Path, named: str, real: str) -> None:
    path = tmp_path / f"file.{named}"
    WRITERS[real](path)
    if named == real:
        check(path)
        return
    with pytest.raises(Unreadable, match=rf"named \.{named} but is a (Word document|presentation|workbook)"):
        check(path)


def test_files_with_macros_are_named(tmp_path: Path) -> None:
    path = tmp_path / "file.docx"
    WRITERS["docx"](path)

    def macros(parts: dict[str, bytes]) -> None:
        types = parts["[Content_Types].xml"]
        old = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
        parts["[Content_Types].xml"] = types.replace(
            old, b"application/vnd.ms-word.document.macroEnabled.main+xml"
        )

    rewrite(path, macros)
    with pytest.raises(Unreadable, match="macros"):
        check(path)


def test_a_plain_archive_is_called_one(tmp_path: Path) -> None:
    path = tmp_path / "file.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("fotos/um.txt", "nada")
    with pytest.raises(Unreadable, match="plain zip archive"):
        check(path)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password or is of an older format"),
        (b"%PDF-1.7\n", r"named \.docx but is a PDF"),
        (b"", "its content is not"),
        (b"PK\x03\x04", "damaged"),
    ],
)
def test_what_is_no_archive_at_all(tmp_path: Path, raw: bytes, words: str) -> None:
    path = tmp_path / "file.docx"
    path.write_bytes(raw)
    with pytest.raises(Unreadable, match=words):
        check(path)
