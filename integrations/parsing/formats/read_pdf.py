"""PDF: text with its page numbers, headings by their size, tables by their columns, no running headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pypdfium2 as pdfium
from pypdfium2 import raw

from integrations.parsing.base import Unreadable
from integrations.parsing.blocks import Bounds, Draft, Reading, too_long
from integrations.parsing.content import named_wrongly
from integrations.parsing.formats.pdf_layout import write_lines
from integrations.parsing.formats.pdf_lines import Line, body_size, page_lines
from integrations.parsing.formats.pdf_margins import without_running_lines
from integrations.parsing.formats.pdf_scans import Reader, Recognition, has_content
from integrations.parsing.formats.titles import real_title

Found = TypeVar("Found")

_MAX_PAGES = 5_000
_NAMED_RANGES = 10
_ALL_EMPTY = "The PDF holds no text: its pages are empty."
_NOT_INSTALLED = (
    "The PDF holds no text, only pictures of pages: scanned? Run text recognition (OCR) on it first, "
    "or have tesseract installed on the server, which then reads scans."
)
_NOTHING_RECOGNISED = (
    "The PDF holds only pictures of pages, in which no text could be recognised: scan them anew, "
    "upright and sharp, or in parts."
)
_REFUSALS = {
    raw.FPDF_ERR_PASSWORD: "The PDF is protected with a password: save it without one and upload that.",
    raw.FPDF_ERR_SECURITY: "The PDF is encrypted in a way that cannot be read: save it without protection.",
}


def read(path: Path, bounds: Bounds) -> Reading:
    """Read a PDF; its title is its property, or its first heading, or its first line where that is short."""
    with path.open("rb") as stream:
        head = stream.read(1024)
    if b"%PDF-" not in head:  # some programs write a few bytes before it
        raise named_wrongly("pdf", head)
    draft = Draft(bounds)
    with _opened(path) as document:
        draft.pages = len(document)
        if draft.pages > _MAX_PAGES:
            raise Unreadable(f"The PDF has more than {_MAX_PAGES:,} pages: split it into several files.")
        lines = _lines(document, draft, bounds)
        title = real_title(document.get_metadata_value("Title"))
        title = title if _is_of(title, lines) else ""
    lines, contacts = without_running_lines(lines, draft.pages)
    write_lines(draft, lines)
    draft.title = title or draft.top_heading or draft.first_line
    _write_contacts(draft, contacts)
    return draft.done()


@contextmanager
def _opened(path: Path) -> Iterator[pdfium.PdfDocument]:
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as problem:
        sentence = _REFUSALS.get(
            problem.err_code, "The PDF is damaged: open it in a viewer and save it again."
        )
        raise Unreadable(sentence) from None
    try:
        yield document
    finally:
        document.close()


def _lines(document: pdfium.PdfDocument, draft: Draft, bounds: Bounds) -> list[Line]:
    lines: list[Line] = []
    empty: list[int] = []
    pictures: list[int] = []
    length = 0
    for number in range(1, len(document) + 1):
        found = _page(document, number, draft, page_lines)
        if found:
            length += sum(len(line.text) for line in found)
            lines += found
        elif found is not None:
            is_picture = _page(document, number, draft, lambda page, _: has_content(page))
            (pictures if is_picture else empty).append(number)
        if length > bounds.max_characters:
            raise too_long(bounds)
    scans = _Scans(document, draft, bounds)
    lines += scans.read(pictures, body_size(lines))
    if not lines:
        raise Unreadable(_ALL_EMPTY if not pictures else scans.refusal)
    if empty:
        draft.warn(f"{_pages_named(empty)} nothing.")
    return sorted(lines, key=lambda line: line.page)


class _Scans:
    """The pages of a file that are pictures, and what becomes of them."""

    def __init__(self, document: pdfium.PdfDocument, draft: Draft, bounds: Bounds) -> None:
        self._document = document
        self._draft = draft
        self._seconds = bounds.recognition_seconds
        self.refusal = _NOT_INSTALLED

    def read(self, numbers: Sequence[int], size: float) -> list[Line]:
        """Their lines, where Tesseract is installed; what was not read, and why, is said in warnings."""
        recognition = Recognition.installed(self._seconds) if numbers else None
        if recognition is None:
            self._warn(numbers, "no text: scanned? With tesseract installed on the server, scans are read.")
            return []
        self.refusal = _NOTHING_RECOGNISED
        reader = recognition.begun()
        found: dict[int, list[Line]] = {}
        for number in numbers:
            if reader.is_over:
                break
            found[number] = self._recognised(reader, number, size)
        read = [number for number, lines in found.items() if lines]
        self._warn(read, "pictures of text: check what was recognised.")
        self._warn([number for number in found if number not in read], "no text that could be recognised.")
        late = [number for number in numbers if number not in found]
        self._warn(late, "pictures for which no time was left: split the file.")
        return [line for lines in found.values() for line in lines]

    def _recognised(self, reader: Reader, number: int, size: float) -> list[Line]:
        found = _page(self._document, number, self._draft, lambda page, n: reader.lines(page, n, size))
        return found or []

    def _warn(self, numbers: Sequence[int], what: str) -> None:
        if numbers:
            self._draft.warn(f"{_pages_named(numbers)} {what}")


def _pages_named(numbers: Sequence[int]) -> str:
    """``Pages 3–9 and 12 hold``, in words that a sentence begins with."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1] = [ranges[-1][0], number]
        else:
            ranges.append([number])
    named = ["–".join(map(str, one)) for one in ranges]
    if len(numbers) == 1:
        return f"Page {named[0]} holds"
    if len(named) > _NAMED_RANGES:
        return f"{len(numbers)} pages ({', '.join(named[:_NAMED_RANGES])}, …) hold"
    return f"Pages {' and '.join(filter(None, [', '.join(named[:-1]), named[-1]]))} hold"


def _page(
    document: pdfium.PdfDocument, number: int, draft: Draft, read: Callable[[pdfium.PdfPage, int], Found]
) -> Found | None:
    """What ``read`` makes of a page; ``None`` where it is damaged."""
    try:
        page = document[number - 1]
    except pdfium.PdfiumError:
        draft.warn(f"Page {number} is damaged and was not read.")
        return None
    try:
        return read(page, number)
    except pdfium.PdfiumError:
        draft.warn(f"The text of page {number} is damaged and was not read.")
        return None
    finally:
        page.close()


def _is_of(title: str, lines: list[Line]) -> bool:
    """Whether the first pages speak of what the title says; templates hand titles on to other documents."""
    start = " ".join(line.text for line in lines if line.page <= lines[0].page + 1).casefold()
    words = [word for word in title.casefold().split() if len(word) > 3]
    return 2 * sum(word in start for word in words) >= len(words)


def _write_contacts(draft: Draft, contacts: list[str]) -> None:
    """Addresses and numbers of a letterhead, once, under no heading."""
    if contacts:
        draft.border(1)
        draft.page = 1
        draft.paragraph("\n".join(contacts))
