"""Zip archives that lie, break off, or want to be everything."""

from __future__ import annotations

import io
import random
import stat
import zipfile
from collections.abc import Callable

import pytest

from integrations.zip_archive import ZipBounds, is_zip, opened_zip
from kit.errors import Invalid

MB = 1 << 20
BOUNDS = ZipBounds(max_unpacked=8 * MB, max_files=20, max_ratio=100)


def packed(**files: bytes | str) -> bytes:
    return pack({name.replace("__", "/").replace("_", "."): content for name, content in files.items()})


def pack(files: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def read(raw: bytes, bounds: ZipBounds = BOUNDS) -> dict[str, bytes | str]:
    """What each file holds, or why it is not read."""
    found: dict[str, bytes | str] = {}
    with opened_zip(io.BytesIO(raw), bounds) as members:
        for member in members:
            try:
                with member.open() as stream:
                    found[member.path] = stream.read()
            except Invalid as problem:
                found[member.path] = problem.details["file"][0]
    return found


def refusal(raw: bytes, bounds: ZipBounds = BOUNDS) -> str:
    with pytest.raises(Invalid) as caught:
        read(raw, bounds)
    return str(caught.value.details["file"][0])


def test_files_are_read_by_their_paths_and_the_systems_own_are_left_out() -> None:
    files: dict[str, bytes | str] = {
        "precos.md": "# Preços",
        "pasta/": "",
        "pasta/ação.txt": "texto",
        "__MACOSX/._precos.md": "x",
        ".DS_Store": "x",
        "pasta/Thumbs.db": "x",
        "../../fora.md": "y",
    }
    assert read(pack(files)) == {
        "precos.md": "# Preços".encode(),
        "pasta/ação.txt": b"texto",
        "../../fora.md": b"y",
    }


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_packing_is_refused_before_it_takes_memory(method: int) -> None:
    assert "packed in an unusual way" in str(read(pack({"a.md": "x" * 100}, method))["a.md"])


def test_a_bomb_of_one_file_is_stopped_by_its_ratio() -> None:
    found = read(packed(a_md=b"\0" * 6 * MB, b_md="fine"))
    assert found == {"a.md": "The file unpacks to more than 100 times its size.", "b.md": b"fine"}


def test_a_small_file_may_be_packed_as_tightly_as_it_likes() -> None:
    assert read(packed(a_csv=b"0;0;0\n" * 100_000)) == {"a.csv": b"0;0;0\n" * 100_000}


def test_a_bomb_of_many_files_is_stopped_in_all() -> None:
    noise = random.Random(5).randbytes(8_000)
    files: dict[str, bytes | str] = {f"{n}.txt": noise * (3 * MB // 8_000) for n in range(4)}
    found = read(pack(files), ZipBounds(max_unpacked=8 * MB, max_ratio=5_000))
    assert [isinstance(one, bytes) for one in found.values()] == [True, True, False, False]
    assert found["3.txt"] == "The archive unpacks to more than 8 MB: split it into several."


def test_sizes_that_lie_are_not_believed() -> None:
    raw = bytearray(packed(a_md=b"\0" * 4 * MB))
    at = raw.index(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (100).to_bytes(4, "little")  # the unpacked size in the directory
    assert read(bytes(raw)) == {"a.md": "The file is damaged within the archive."}


def test_too_many_files_are_refused_before_any_is_read() -> None:
    assert "more than 20 files" in refusal(pack({f"{n}.md": "x" for n in range(21)}))
    assert len(read(pack({f"{n}.md": "x" for n in range(20)}))) == 20


def test_a_directory_of_countless_files_is_not_even_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.zip_archive._MOST_HEADERS", 50)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert "more than 20 files" in refusal(b"x" * (MB - 2) + b"PK\x01\x02" * 51)


@pytest.mark.parametrize("name", ["a.zip", "pasta/b.tar.gz", "c.7Z", "d.jar"])
def test_archives_within_are_not_unpacked(name: str) -> None:
    assert "archive within an archive" in str(read(pack({name: packed(a_md="x")}))[name])


def test_links_are_not_followed() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        info = zipfile.ZipInfo("senhas.txt")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "link" in str(read(target.getvalue())["senhas.txt"])


def test_a_password_is_named() -> None:
    raw = bytearray(packed(a_md="segredo", b_md="fine"))
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    raw[raw.index(b"PK\x03\x04") + 6] |= 1
    found = read(bytes(raw))
    assert "password" in str(found["a.md"])
    assert found["b.md"] == b"fine"


def flip(raw: bytes) -> bytes:
    at = raw.index(b"PK\x03\x04") + 50
    return raw[:at] + bytes(one ^ 0xFF for one in raw[at : at + 40]) + raw[at + 40 :]


@pytest.mark.parametrize("spoil", [flip])
def test_a_file_that_is_damaged_is_named_and_the_others_are_read(spoil: Callable[[bytes], bytes]) -> None:
    text = random.Random(6).randbytes(400).hex()
    found = read(spoil(packed(a_md=text, b_md="fine")))
    assert found == {"a.md": "The file is damaged within the archive.", "b.md": b"fine"}


@pytest.mark.parametrize(
    "raw",
    [b"", b"PK\x03\x04", b"%PDF-1.4 not a zip", packed(a_md="x" * 500)[:-30]],
    ids=["empty", "magic", "pdf", "cut"],
)
def test_what_is_no_archive_or_breaks_off_is_refused(raw: bytes) -> None:
    assert refusal(raw) == "The zip archive is damaged."


def test_an_archive_with_any_byte_changed_is_read_or_refused_in_words() -> None:
    chance = random.Random(7)
    sound = packed(a_md="# Um texto\n" * 30, pasta__b_txt="outro", c_csv="x;y\n")
    told: set[str] = set()
    for _ in range(1500):
        raw = bytearray(sound)
        for _ in range(chance.choice((1, 1, 3))):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        try:
            read(bytes(raw))
        except Invalid as problem:
            told |= set(problem.details["file"])
    assert told == {"The zip archive is damaged."}


def test_a_zip_is_told_by_how_it_begins() -> None:
    for raw, expected in ((packed(a_md="x"), True), (pack({}), True), (b"PK", False), (b"texto", False)):
        stream = io.BytesIO(raw)
        assert is_zip(stream) is expected
        assert stream.tell() == 0
