"""Files that somebody made to take a server's memory, its time or its stack, a few kilobytes each; and liars."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.builders.office import MAIN_PARTS, WRITERS, rewrite

DEEP = 20_000
MEGABYTE = 1 << 20
_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
_PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
_FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>"
_HELLO = b"BT /F1 9 Tf 10 10 Td (palavra uma duas) Tj ET"


def _pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    out, starts = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R %b >>\n"
    return out + head % (size, table, size, trailer) + b"startxref\n%d\n%%%%EOF\n" % len(out)


def _stream(raw: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(raw), more, raw)


def _page(
    resources: bytes = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>",
) -> bytes:
    start = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
    return start + b" /Resources << %b >> >>" % resources


def _deflated(megabytes: int) -> bytes:
    """So many megabytes of spaces, deflated a thousandfold; made at once, for every block is the same."""
    packer = zlib.compressobj(9)
    start = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + block * (megabytes - 1) + packer.flush()


def _bomb() -> bytes:
    packed = zlib.compress(_deflated(1024), 9)
    return _pdf(_CATALOG, _PAGES, _page(), _stream(packed, b"/Filter [/FlateDecode /FlateDecode]"))


def _kids(kids: bytes, count: int) -> bytes:
    pages = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count)
    return _pdf(_CATALOG, pages, _page(), _stream(_HELLO))


def _office(kind: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[MAIN_PARTS[kind]]
        parts[MAIN_PARTS[kind]] = parts[MAIN_PARTS[kind]].replace(old, new, 1)

    def make(path: Path) -> None:
        WRITERS[kind](path)
        rewrite(path, change)

    return make


def _nested(start: bytes, middle: bytes, end: bytes) -> bytes:
    return start * DEEP + middle + end * DEEP


def _raw(make: Callable[[], bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(make())

    return write


_BODY, _SHEET = b"<w:body>", b"<sheetData>"
_FAR_CELL = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>longe</t></is></c></row>'
_ALL_MERGED = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
_LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 900 + b'">]><body><p>oi ' + b"&b;" * 900
# Of each file: how it is made, and words of its refusal (none: it is read as the little that it says).
HOSTILE: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "a gigabyte in two kilobytes.pdf": (_raw(_bomb), "damaged or far too large"),
    "arrays within arrays.pdf": (
        _raw(lambda: _pdf(_CATALOG, _PAGES, _page(), _nested(b"[", b"1", b"]"))),
        "holds no text",
    ),
    "pages that are their own.pdf": (_raw(lambda: _kids(b"2 0 R 2 0 R", 1_000_000)), "more than 5,000 pages"),
    "one page many times.pdf": (_raw(lambda: _kids(b"3 0 R " * 6_000, 6_000)), "more than 5,000 pages"),
    "two billion pages said.pdf": (_raw(lambda: _kids(b"3 0 R", 2**31 - 1)), ""),
    "a table of itself.pdf": (
        _raw(lambda: _pdf(_CATALOG, _PAGES, _page(), _stream(b""), trailer=b"/Prev 9")),
        "holds no text",
    ),
    "tables within tables.docx": (
        _office("docx", _BODY, _BODY + _nested(b"<w:tbl><w:tr><w:tc>", b"<w:p/>", b"</w:tc></w:tr></w:tbl>")),
        "damaged",
    ),
    "controls within controls.docx": (
        _office("docx", _BODY, _BODY + _nested(b"<w:sdt><w:sdtContent>", b"", b"</w:sdtContent></w:sdt>")),
        "damaged",
    ),
    "one long word.docx": (
        _office("docx", _BODY, _BODY + b"<w:p><w:r><w:t>" + b"a" * 12 * MEGABYTE + b"</w:t></w:r></w:p>"),
        "damaged",
    ),
    "groups within groups.pptx": (
        _office("pptx", b"</p:spTree>", _nested(b"<p:grpSp>", b"", b"</p:grpSp>") + b"</p:spTree>"),
        "damaged",
    ),
    "the farthest cell.xlsx": (_office("xlsx", _SHEET, _SHEET + _FAR_CELL), ""),
    "all cells merged.xlsx": (_office("xlsx", b"</sheetData>", _ALL_MERGED), ""),
    "a billion laughs.html": (_raw(lambda: _LAUGHS), ""),
    "tables within tables.html": (_raw(lambda: b"<table><tr><td>" * DEEP), "nested too deeply"),
    "lists within lists.html": (_raw(lambda: b"<ul><li>x" * DEEP), "nested too deeply"),
    "bold that never ends.html": (_raw(lambda: b"<b><i>" * DEEP + b"x"), "nested too deeply"),
    "a number of many digits.json": (_raw(lambda: b'{"a": ' + b"9" * 100_000 + b"}"), ""),
    "numbers that are none.json": (_raw(lambda: b'{"a": 1e999999999, "b": NaN, "c": "ok"}'), ""),
    "half a letter.json": (_raw(lambda: b'{"a": "\\ud800 texto", "\\udfff": 1}'), ""),
    "lists within lists.json": (_raw(lambda: _nested(b"[", b"1", b"]")), "nested"),
    "quotes alone.csv": (_raw(lambda: b'"' * 200_000), "holds no text"),
    "columns without end.csv": (_raw(lambda: b"a;" * 100_000 + b"\n" + b"1;" * 100_000), ""),
    "quotes within quotes.md": (_raw(lambda: b">" * 200_000 + b" oi"), ""),
    "brackets alone.md": (_raw(lambda: b"[" * 200_000), "holds no text"),
    "marks without end.txt": (_raw(("a" + "\u0301" * 200_000).encode), ""),
    "nothing to see.txt": (_raw(("\u200b" * 200_000).encode), "holds no text"),
}


def write_hostile(folder: Path, name: str) -> Path:
    """One of ``HOSTILE``; where it lies."""
    path = folder / name
    HOSTILE[name][0](path)
    return path


def names() -> Sequence[str]:
    """All of them, in order."""
    return tuple(HOSTILE)
