"""What a file really is, whatever its name says, and its bytes as text."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, too_long

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"

WEB_PAGE = "a web page (html)"

# First bytes → what a person calls such a file.
_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (ZIP, "a zip archive or an Office file"),
    (b"PK\x05\x06", "an empty zip archive"),
    (OLE, "an old Office file (.doc, .xls, .ppt) or one with a password"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a picture or sound file"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a", "a rar archive"),
    (b"{\\rtf", "an RTF document"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_CONTROL_SHARE = 0.02
_CONTROL_FEW = 8
"""As many control characters are passed over in valid UTF-8, however short the text is."""


def what_it_is(head: bytes) -> str:
    """What the first bytes of a file say that it is (``"a PDF"``), or nothing when they say nothing."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if _HTML.match(head.removeprefix(codecs.BOM_UTF8)):
        return WEB_PAGE
    return ""


def named_wrongly(file_format: str, head: bytes) -> Unreadable:
    """The refusal of a file whose content is not what its name says."""
    found = what_it_is(head)
    if found:
        return Unreadable(
            f"The file is named .{file_format} but is {found}: save it as .{file_format} or name it rightly."
        )
    return Unreadable(f"The file is named .{file_format} but its content is not, or it is damaged.")


def read_text(path: Path, file_format: str, bounds: Bounds) -> str:
    """The file's text: UTF-8, UTF-16 or UTF-32 by their marks, else UTF-8, else Windows-1252."""
    if path.stat().st_size > 4 * bounds.max_characters + 4:  # no encoding takes more than 4 bytes a character
        raise too_long(bounds)
    text = decode(path.read_bytes(), file_format)
    if len(text) > bounds.max_characters:
        raise too_long(bounds)
    return text


def decode(raw: bytes, file_format: str) -> str:
    """``raw`` as text; ``Unreadable`` when it is no text at all."""
    found = what_it_is(raw[:1024])
    if found and not (found == WEB_PAGE and file_format in {"html", "md"}):
        raise named_wrongly(file_format, raw[:1024])
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _checked(
                raw[len(mark) :].decode(encoding, errors="replace"), file_format, few=_CONTROL_FEW
            )
    try:
        return _checked(raw.decode("utf-8"), file_format, few=_CONTROL_FEW)
    except UnicodeDecodeError:
        pass
    return _checked(_windows(raw), file_format, few=0)


def _windows(raw: bytes) -> str:
    # Five bytes mean nothing in Windows-1252; browsers read them as control characters, and so do we,
    # so that they count against the file below instead of stopping everything.
    return raw.decode("cp1252", errors="replace").replace("\ufffd", "\x1a")


def _checked(text: str, file_format: str, *, few: int) -> str:
    strange = len(_CONTROL.findall(text)) + text.count("\ufffd")
    if strange > max(few, _CONTROL_SHARE * len(text)):
        raise Unreadable(
            f"The file is named .{file_format} but holds no readable text: save it as plain text in UTF-8."
        )
    return text
