"""Formulas whose results a workbook does not hold: programs that write such files leave computing them to Excel."""

from __future__ import annotations

import re
import zipfile
from typing import IO

_SHEETS = "xl/worksheets/"
_BLOCK = 1 << 20
_OVERLAP = 20_000  # a cell with the longest formula that Excel takes
_WITHOUT_RESULT = re.compile(
    rb"""<c\b(?![^>]*\bt="(?:str|e)")[^>]*>\s*        # an empty text, or an error, is a result
         <f\b[^>]*(?:/>|>[^<]*</f>)\s*
         (?:<v\s*/>|<v>\s*</v>)?\s*</c>""",
    re.VERBOSE,
)


def has_uncomputed(stream: IO[bytes]) -> bool:
    """Whether a cell of any sheet of a workbook, already checked, has a formula and no result."""
    with zipfile.ZipFile(stream) as archive:
        sheets = [name for name in archive.namelist() if name.startswith(_SHEETS) and name.endswith(".xml")]
        return any(_in_sheet(archive, name) for name in sheets)


def _in_sheet(archive: zipfile.ZipFile, name: str) -> bool:
    before = b""
    with archive.open(name) as part:
        while block := part.read(_BLOCK):
            text = before + block
            if _WITHOUT_RESULT.search(text):
                return True
            before = text[-_OVERLAP:]
    return False
