"""JSON as models write it: in fences, amid prose, with commas too many, quotes of the wrong kind, or cut off.

What is read is never guessed: a value that the end of the text cuts is left out, and the cut is told. Only
brackets that are missing behind everything else are closed in silence.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

LONGEST = 400_000  # characters
_DEEPEST = 40
_MOST_STARTS = 40  # braces that a reading is tried from
_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?=[\s,\]}]|\Z)")
_WORD = re.compile(r"[A-Za-z_$][\w$-]*")
_BARE = re.compile(r"[^,\[\]{}\"\n:]+")
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "`": "`"}
# What may follow the end of a text: a mark, the end, or (a comma forgotten) the next key.
_AFTER_STRING = re.compile(r"""\s*(?:[,:}\]]|\Z|["'“][^"'”]{1,60}["'”]\s*:)""")
_LITERALS = {
    "true": True, "True": True, "false": False, "False": False, "null": None, "None": None, "undefined": None,
    "NaN": None, "Infinity": None,
}  # fmt: skip
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_CUT = object()
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)


class NoJson(ValueError):
    """There is no JSON object or array in a text."""


@dataclass(frozen=True)
class Loose:
    """An object or array; ``is_cut`` when the text ended before all of it was there."""

    value: Any
    is_cut: bool = False


def read_loose_json(text: str) -> Loose:
    """The object or array that a text holds, the longest of several; ``NoJson`` when there is none.

    Strict JSON is read as such. Otherwise from each bracket on: quotes single or typographic, keys and words
    without any, comments, missing and surplus commas, and a text that ends too soon are put up with.
    """
    text = _THOUGHTS.sub("", text[:LONGEST])
    strict = _strictly(text)
    if strict is not None:
        return Loose(strict)
    best: tuple[int, Loose] | None = None
    at = _next_start(text, 0)
    for _ in range(_MOST_STARTS):
        if at < 0:
            break
        reader = _Reader(text, at)
        try:
            value = reader.value(0)
        except (NoJson, RecursionError):
            at = _next_start(text, at + 1)
            continue
        if isinstance(value, dict | list) and value and (best is None or reader.at - at > best[0]):
            best = (reader.at - at, Loose(value, reader.is_cut))
        at = _next_start(text, max(reader.at, at + 1))
    if best is None:
        raise NoJson("there is no JSON object in it")
    return best[1]


def _strictly(text: str) -> Any:
    """The value of a text that is JSON and nothing else, also JSON within a JSON string; ``None`` otherwise."""
    try:
        value = json.loads(text, parse_constant=lambda _: None)
        if isinstance(value, str):
            value = json.loads(value, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _next_start(text: str, at: int) -> int:
    found = [one for one in (text.find("{", at), text.find("[", at)) if one >= 0]
    return min(found, default=-1)


class _Reader:
    """Reads one value; ``at`` is how far it has come."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.at = at
        self.is_cut = False

    def value(self, depth: int) -> Any:
        """The value here, or ``_CUT`` when the text ends within it."""
        if depth > _DEEPEST:
            raise NoJson("it nests too deep")
        self._skip()
        here = self._here()
        if here == "":
            return _CUT
        if here == "{":
            return self._object(depth)
        if here == "[":
            return self._array(depth)
        if here in _QUOTES:
            return self._string()
        return self._scalar()

    def _object(self, depth: int) -> dict[str, Any]:
        self.at += 1
        found: dict[str, Any] = {}
        while not self._ends("}"):
            key = self._key()
            self._skip()
            if key is _CUT or self._here() == "":
                self.is_cut = True
                break
            if self._here() not in (":", "="):
                raise NoJson("a key has no value")
            self.at += 1
            value = self.value(depth + 1)
            if value is _CUT:
                self.is_cut = True
                break
            found[str(key)] = value
        return found

    def _array(self, depth: int) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        while not self._ends("]"):
            value = self.value(depth + 1)
            if value is _CUT:
                break
            found.append(value)
        self.is_cut |= self._text[self.at - 1] != "]"  # more items may have followed
        return found

    def _ends(self, mark: str) -> bool:
        """Whether the object or array is over, by its mark or by the end of the text; commas are passed over."""
        self._skip()
        while self._here() == ",":
            self.at += 1
            self._skip()
        here = self._here()
        if here == mark:
            self.at += 1
            return True
        if here in ("}", "]", ")"):
            raise NoJson("brackets do not match")
        return here == ""

    def _key(self) -> Any:
        if self._here() in _QUOTES:
            return self._string()
        word = _WORD.match(self._text, self.at)
        if word is None:
            raise NoJson("a key is no text")
        self.at = word.end()
        return word.group()

    def _string(self) -> Any:
        end = _QUOTES[self._here()]
        self.at += 1
        parts: list[str] = []
        while True:
            here = self._here()
            if here == "":
                return _CUT
            self.at += 1
            if here == "\\":
                parts.append(self._escaped())
            elif here == end and _AFTER_STRING.match(self._text, self.at):
                return "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            else:  # a quote that nothing fits behind is one within the text
                parts.append(here)

    def _escaped(self) -> str:
        here = self._here()
        self.at += 1
        if here == "u" and (digits := _HEX.match(self._text, self.at)):
            self.at += 4
            return chr(int(digits.group(), 16))
        return _ESCAPES.get(here, here)

    def _scalar(self) -> Any:
        number = _NUMBER.match(self._text, self.at)
        if number is not None:
            self.at = number.end()
            return _CUT if self.at == len(self._text) else _number(number.group())
        bare = _BARE.match(self._text, self.at)
        if bare is None:
            raise NoJson("there is something that is no value")
        self.at = bare.end()
        word = bare.group().strip()
        if self.at == len(self._text):
            return _CUT
        return _LITERALS.get(word, word)

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self.at)
        self.at = space.end() if space else self.at

    def _here(self) -> str:
        return self._text[self.at : self.at + 1]


def _number(digits: str) -> int | float | None:
    if re.fullmatch(r"[+-]?\d{1,18}", digits):
        return int(digits)
    number = float(digits)
    return number if abs(number) < 1e300 else None
