"""Office files are zip archives of XML: what must hold before a library opens one."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds
from integrations.parsing.content import OLE, named_wrongly

_MAIN_PART = {
    "docx": b"wordprocessingml.document.main+xml",
    "pptx": b"presentationml.presentation.main+xml",
    "xlsx": b"spreadsheetml.sheet.main+xml",
}
_OTHER_PARTS = (
    (b"ms-word.document.macroEnabled.main+xml", "a Word document with macros (docm)"),
    (b"wordprocessingml.template.main+xml", "a Word template (dotx)"),
    (b"wordprocessingml.document.main+xml", "a Word document (docx)"),
    (b"ms-powerpoint.presentation.macroEnabled.main+xml", "a presentation with macros (pptm)"),
    (b"presentationml.slideshow.main+xml", "a slide show (ppsx)"),
    (b"presentationml.template.main+xml", "a presentation template (potx)"),
    (b"presentationml.presentation.main+xml", "a presentation (pptx)"),
    (b"ms-excel.sheet.macroEnabled.main+xml", "a workbook with macros (xlsm)"),
    (b"ms-excel.sheet.binary", "a binary workbook (xlsb)"),
    (b"spreadsheetml.template.main+xml", "a workbook template (xltx)"),
    (b"spreadsheetml.sheet.main+xml", "a workbook (xlsx)"),
)
_CONTENT_TYPES = "[Content_Types].xml"
_BLOCK = 1 << 20
_DECLARATION = re.compile(rb"<\0?!\0?(?:D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)")
_OVERLAP = 32


def check_office_file(path: Path, file_format: str, bounds: Bounds) -> None:
    """Raise ``Unreadable`` unless this is an Office file of that format, whole, bounded and without entities.

    Everything is unpacked once, block by block: what an archive declares about itself is not trusted.
    """
    with path.open("rb") as stream:
        head = stream.read(1024)
    if head.startswith(OLE):
        raise Unreadable(
            f"The file has a password or is of an older format than .{file_format}: "
            f"save it as .{file_format} without a password."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            _check_declared(archive, bounds)
            _check_kind(archive, file_format)
            _check_actual(archive, bounds)
    except zipfile.BadZipFile:
        raise named_wrongly(file_format, head if not head.startswith(b"PK") else b"") from None
    except (zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as problem:
        # A damaged stream, an unknown compression, a part under a password, impossible offsets.
        raise damaged(file_format) from problem


def damaged(file_format: str) -> Unreadable:
    """The refusal of a file that breaks off or contradicts itself."""
    return Unreadable(
        f"The .{file_format} file is damaged: open it in its program, save it again and upload that."
    )


def _check_declared(archive: zipfile.ZipFile, bounds: Bounds) -> None:
    members = archive.infolist()
    if len(members) > bounds.max_members:
        raise Unreadable(
            f"The file holds more than {bounds.max_members:,} parts: split it into several files."
        )
    if sum(member.file_size for member in members) > bounds.max_unpacked_mb << 20:
        raise _too_large(bounds)


def _check_kind(archive: zipfile.ZipFile, file_format: str) -> None:
    try:
        types = archive.read(_CONTENT_TYPES)
    except KeyError:
        raise Unreadable(
            f"The file is named .{file_format} but is a plain zip archive: unpack it and upload its files."
        ) from None
    if _MAIN_PART[file_format] in types:
        return
    found = next((name for part, name in _OTHER_PARTS if part in types), "another kind of Office file")
    raise Unreadable(
        f"The file is named .{file_format} but is {found}: save it as .{file_format} or name it rightly."
    )


def _check_actual(archive: zipfile.ZipFile, bounds: Bounds) -> None:
    left = bounds.max_unpacked_mb << 20
    for member in archive.infolist():
        is_xml = member.filename.lower().endswith((".xml", ".rels", ".vml"))
        before = b""
        with archive.open(member) as stream:
            while block := stream.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise _too_large(bounds)
                if is_xml and _DECLARATION.search(before + block):
                    raise Unreadable(
                        "The file holds XML entities, which no Office program writes: it is not read."
                    )
                before = block[-_OVERLAP:]


def _too_large(bounds: Bounds) -> Unreadable:
    return Unreadable(
        f"The file unpacks to more than {bounds.max_unpacked_mb} MB: split it or take out the pictures."
    )
