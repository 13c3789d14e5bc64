"""The picture of a card that nobody drew: a composition from its own words, the same each time."""

from __future__ import annotations

import colorsys
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

SIZE = 1024
_LINE = 18  # characters of the name
_MOST_LINES = 3


@dataclass(frozen=True)
class Composition:
    """Colours as ``#rrggbb``, circles as (x, y, radius, colour, opacity), and the name in lines; in pixels."""

    top: str
    bottom: str
    ink: str
    circles: tuple[tuple[int, int, int, str, float], ...]
    lines: tuple[str, ...]
    kind: str


def compose(name: str, kind: str, seed: str) -> Composition:
    """A composition for a card of this name; ``seed`` decides colours and places."""
    dice = _dice(seed or name)
    hue = next(dice)
    top, bottom = _colour(hue, 0.30, 0.62), _colour(hue + 0.12 + 0.1 * next(dice), 0.16, 0.70)
    circles = tuple(
        (
            round(SIZE * next(dice)),
            round(SIZE * 0.85 * next(dice)),
            round(SIZE * (0.06 + 0.22 * next(dice))),
            _colour(hue + 0.5 * next(dice) - 0.2, 0.62, 0.75),
            round(0.16 + 0.34 * next(dice), 2),
        )
        for _ in range(9)
    )
    return Composition(top, bottom, "#fffdf7", circles, tuple(_lines(name)), kind)


def placeholder_svg(picture: Composition) -> str:
    """The composition as SVG."""
    size, count = 84, len(picture.lines)
    first = SIZE - 110 - (count - 1) * 94
    text = "".join(
        f'<text x="72" y="{first + n * 94}" font-size="{size}" font-weight="700">{escape(line)}</text>'
        for n, line in enumerate(picture.lines)
    )
    circles = "".join(
        f'<circle cx="{x}" cy="{y}" r="{r}" fill="{colour}" fill-opacity="{opacity}"/>'
        for x, y, r, colour, opacity in picture.circles
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img">'
        f"<title>{escape(' '.join(picture.lines))}</title>"
        f'<defs><linearGradient id="g" x1="0" y1="0" x2="0.4" y2="1"><stop offset="0" stop-color="{picture.top}"/>'
        f'<stop offset="1" stop-color="{picture.bottom}"/></linearGradient></defs>'
        f'<rect width="{SIZE}" height="{SIZE}" fill="url(#g)"/>{circles}'
        f'<rect y="{first - 190}" width="{SIZE}" height="{SIZE}" fill="{picture.bottom}" fill-opacity="0.55"/>'
        f'<g fill="{picture.ink}" font-family="Georgia, \'Times New Roman\', serif">'
        f'<text x="74" y="{first - 104}" font-size="34" letter-spacing="8" opacity="0.8">'
        f"{escape(picture.kind.upper())}</text>{text}</g></svg>"
    )


def _lines(name: str) -> Iterator[str]:
    """At most three lines between words; what does not fit ends in an ellipsis."""
    line, given = "", 0
    for word in name.split():
        if line and len(line) + len(word) >= _LINE:
            given += 1
            if given == _MOST_LINES:
                yield f"{line[: _LINE - 1]}…"
                return
            yield line
            line = ""
        line = f"{line} {word}".strip()
    if line:
        yield line if len(line) <= _LINE + 4 else f"{line[: _LINE - 1]}…"


def _dice(seed: str) -> Iterator[float]:
    """Numbers from 0 to 1 that the seed decides."""
    n = 0
    while True:
        digest = hashlib.sha256(f"{seed}:{n}".encode()).digest()
        yield from (byte / 255 for byte in digest)
        n += 1


def _colour(hue: float, light: float, full: float) -> str:
    parts = colorsys.hls_to_rgb(hue % 1.0, light, full)
    return "#" + "".join(f"{round(255 * one):02x}" for one in parts)
