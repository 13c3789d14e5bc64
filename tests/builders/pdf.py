"""PDFs written by hand: lines of text at given places, in Helvetica, with a password if wanted."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_ID = b"0123456789abcdef"
_PERMISSIONS = -4


@dataclass(frozen=True)
class Text:
    """A line of text whose base line begins ``x`` points from the left and ``y`` from the top."""

    text: str
    y: float
    x: float = 72
    size: float = 11
    bold: bool = False


def build_pdf(
    pages: Sequence[Sequence[Text]], *, title: str = "", password: str | None = None, turned: bool = False
) -> bytes:
    """A PDF of A4 pages; a ``password`` (also the empty one) encrypts it with RC4, as PDF 1.1 has it.

    ``turned`` pages are stored upright and shown as landscape, as programs export wide sheets.
    """
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(pages)))
    cipher = None if password is None else _Cipher(password)
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        _font("Helvetica"),
        _font("Helvetica-Bold"),
    ]
    for page in pages:
        content = _content(page, turned=turned)
        number = len(bodies) + 2
        if cipher:
            content = cipher.encrypted(content, number)
        bodies += [_page(number, 90 if turned else 0), _stream(content)]
    bodies.append(b"<< /Title %s >>" % _string(title, cipher, len(bodies) + 1))
    return _file(bodies, cipher)


def _font(name: str) -> bytes:
    return f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()


def _page(content: int, rotate: int) -> bytes:
    fonts = "/Font << /F1 3 0 R /F2 4 0 R >>"
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate {rotate} "
        f"/Resources << {fonts} >> /Contents {content} 0 R >>"
    ).encode()


def _content(page: Sequence[Text], *, turned: bool) -> bytes:
    return b"\n".join(
        b"BT /F%d %.2f Tf %s Tm (%s) Tj ET"
        % (2 if one.bold else 1, one.size, _place(one, turned=turned), _escaped(one.text.encode("cp1252")))
        for one in page
    )


def _place(one: Text, *, turned: bool) -> bytes:
    return b"0 1 -1 0 %.2f %.2f" % (one.y, one.x) if turned else b"1 0 0 1 %.2f %.2f" % (one.x, 842 - one.y)


def _escaped(raw: bytes) -> bytes:
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").replace(b"\r", b"\\r")


def _string(text: str, cipher: _Cipher | None, number: int) -> bytes:
    raw = b"\xfe\xff" + text.encode("utf-16-be")
    return b"<" + (cipher.encrypted(raw, number) if cipher else raw).hex().encode() + b">"


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


def _file(bodies: Sequence[bytes], cipher: _Cipher | None) -> bytes:
    info = len(bodies)
    extra = b""
    if cipher:
        bodies = [*bodies, cipher.dictionary()]
        extra = b"/Encrypt %d 0 R /ID [<%s> <%s>]" % (len(bodies), _ID.hex().encode(), _ID.hex().encode())
    head = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    objects = [b"%d 0 obj\n%s\nendobj\n" % (n, body) for n, body in enumerate(bodies, 1)]
    starts = itertools.accumulate((len(one) for one in objects), initial=len(head))
    rows = b"".join(b"%010d 00000 n \n" % start for start in list(starts)[:-1])
    body = head + b"".join(objects)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R %s >>\n" % (len(objects) + 1, info, extra)
    return body + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)


class _Cipher:
    """The standard security handler, version 1 revision 2: RC4 with keys of 40 bits."""

    def __init__(self, password: str) -> None:
        padded = (password.encode("latin-1") + _PAD)[:32]
        self._owner = _rc4(_md5((b"owner" + _PAD)[:32])[:5], padded)
        self._key = _md5(padded + self._owner + _PERMISSIONS.to_bytes(4, "little", signed=True) + _ID)[:5]

    def encrypted(self, raw: bytes, number: int) -> bytes:
        """The bytes of a string or stream of object ``number``."""
        return _rc4(_md5(self._key + number.to_bytes(3, "little") + b"\0\0")[:10], raw)

    def dictionary(self) -> bytes:
        """The file's encryption dictionary."""
        user = _rc4(self._key, _PAD)
        return (
            f"<< /Filter /Standard /V 1 /R 2 /O <{self._owner.hex()}> /U <{user.hex()}> /P {_PERMISSIONS} >>"
        ).encode()


def _md5(raw: bytes) -> bytes:
    return hashlib.md5(raw, usedforsecurity=False).digest()


def _rc4(key: bytes, raw: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in raw:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
