"""A card as a PDF of one page, its picture above its words."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, KeepInFrame, Paragraph

from integrations.images.placeholder import SIZE, Composition
from integrations.pdf_text import is_east_asian, marked_up, plain_font, shown, wide_letters

WIDTH, HEIGHT = A4
MARGIN = 48.0
PICTURES = (
    300.0,
    210.0,
    130.0,
)  # points high, as wide as the page: the highest that leaves room for the words
_INK, _SOFT, _ACCENT = HexColor("#1d2433"), HexColor("#596275"), HexColor("#0b6e63")
_TITLE = ParagraphStyle("title", fontName="Times-Bold", fontSize=30, leading=34, textColor=_INK, spaceAfter=8)
_LABEL = ParagraphStyle(
    "label",
    fontName="Helvetica-Bold",
    fontSize=9,
    leading=13,
    textColor=_ACCENT,
    spaceBefore=10,
    spaceAfter=1,
)
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=11, leading=15.5, textColor=_INK)
_ITEM = ParagraphStyle("item", parent=_BODY, leftIndent=13, bulletIndent=2)


@dataclass(frozen=True)
class Sheet:
    """What stands on the page: a JPEG, a composition to draw, or neither."""

    name: str
    fields: Sequence[tuple[str, Sequence[str]]]
    footer: str = ""
    jpeg: bytes | None = None
    composition: Composition | None = None


def card_pdf(sheet: Sheet) -> bytes:
    """The PDF; however much there is to say, it is made small enough for one page."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1, invariant=1)
    wide_letters()
    canvas.setTitle(shown(sheet.name))
    story = [_words(sheet.name, _TITLE)]
    for label, lines in sheet.fields:
        story.append(_words(label.upper(), _LABEL))
        if len(lines) == 1:
            story.append(_words(lines[0], _BODY))
        else:
            story += [_words(line, _ITEM, bullet="\u2022") for line in lines]
    width, height = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN - 12
    if sheet.jpeg or sheet.composition:
        needed = _height(story, width)
        rooms = {one: HEIGHT - one - 18 - MARGIN - 12 for one in PICTURES}
        picture = next((one for one, room in rooms.items() if needed <= room), PICTURES[-1])
        _draw_picture(canvas, sheet, picture)
        height = rooms[picture]
    frame = Frame(MARGIN, MARGIN + 12, width, height, 0, 0, 0, 0)
    frame.addFromList([KeepInFrame(width, height, story, mode="shrink")], canvas)
    footer = shown(sheet.footer)[:120]
    canvas.setFont(plain_font(footer, "Helvetica"), 8)
    canvas.setFillColor(_SOFT)
    canvas.drawString(MARGIN, MARGIN - 10, footer)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _words(text: str, style: ParagraphStyle, bullet: str | None = None) -> Paragraph:
    if is_east_asian(text):
        style = ParagraphStyle(style.name, parent=style, wordWrap="CJK")
    return Paragraph(marked_up(text), style, bulletText=bullet)


def _height(story: Sequence[Paragraph], width: float) -> float:
    """How high the words are in their full size."""
    high: float = sum(
        one.wrap(width, HEIGHT)[1] + one.getSpaceBefore() + one.getSpaceAfter() for one in story
    )
    return high


def _draw_picture(canvas: Canvas, sheet: Sheet, high: float) -> None:
    canvas.saveState()
    frame = canvas.beginPath()
    frame.rect(0, HEIGHT - high, WIDTH, high)
    canvas.clipPath(frame, stroke=0, fill=0)
    if sheet.jpeg:
        picture = ImageReader(io.BytesIO(sheet.jpeg))
        across, down = picture.getSize()
        scale = max(WIDTH / across, high / down)
        y = HEIGHT - high / 2 - down * scale / 2
        canvas.drawImage(picture, (WIDTH - across * scale) / 2, y, across * scale, down * scale)
    elif sheet.composition:
        _draw_composition(canvas, sheet.composition, high)
    canvas.restoreState()


def _draw_composition(canvas: Canvas, picture: Composition, high: float) -> None:
    colours = (HexColor(picture.top), HexColor(picture.bottom))
    canvas.linearGradient(0, HEIGHT, WIDTH * 0.4, HEIGHT - high, colours)
    scale = WIDTH / SIZE
    for x, y, radius, colour, opacity in picture.circles:
        canvas.setFillColor(HexColor(colour))
        canvas.setFillAlpha(opacity)
        canvas.circle(x * scale, HEIGHT - y * high / SIZE, radius * scale, stroke=0, fill=1)
    canvas.setFillAlpha(1)
