"""The words of a text; numbers, prices, hours and telephone numbers in one spelling each.

A text is first cut into *tokens*, stretches as they are written; a token stands for one or more
*words*, which are folded. Tokens repeat a lot, so what a token stands for is remembered.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from models.text.folding import fold

LONGEST = 40  # characters; longer runs are keys and encoded data, cut so that they cost no more than words

# Letters first, since nearly every token is made of them; and every branch begins with a character or a class
# of characters, which the engine rules out at a glance: 18 million characters a second instead of 11.
_TOKEN = re.compile(
    r"""
      [^\W\d_]++ (?![\d-])                                                       # plain words
    | \+\d{1,3}[ .-]? (?:\(\d{1,4}\)[ .-]?|\d{2,3}[ .-])? \d{4,5}[ .-]\d{4} (?![.,]?\d)  # +55 (13) 98859-3464
    | \(\d{1,4}\)[ .-]? \d{4,5}[ .-]\d{4} (?![.,]?\d)                           # (13) 98859-3464
    | \d{2,3}[ .-] \d{4,5}[ .-]\d{4} (?![.,]?\d)                                # 13 98859-3464
    | \d{4,5}[ .-]\d{4} (?![.,]?\d)                                             # 98859-3464
    | \+\d{2}[ ]?(?:\(0\))? \d(?:[ .-]\d{2}){4} (?!\d)                          # +33 1 23 45 67 89
    | 0\d(?:[ .-]\d{2}){4} (?!\d)                                              # 01 23 45 67 89
    | \+\d{2}[ ] \d{3}[ .-]\d{3}[ .-]\d{3} (?!\d)                              # +34 912 345 678
    | \d{3}[ .-]\d{3}[ .-]\d{3} (?!\d)                                         # 912 345 678
    | [012]?\d
        (?: :[0-5]\d(?:[ ]?[aApP]\.?[mM]\b)? | [ ]?[hH](?:[ ]?[0-5]\d(?:[ ]?min)?|s|rs)? | [ ]?[aApP]\.?[mM]) \b
    | \d+(?:[.,]\d+)* (?![^\W_])
    | [^\W_]+(?:-[^\W_]+)*
    """,
    re.VERBOSE,
)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d)| ?h(?: ?(\d\d)(?: ?min)?|rs?|s)?)?(?: ?([ap])\.?m)?")
_UNIT = re.compile(
    r"(\d+)(km|kg|g|mg|mcg|ml|cl|l|m|cm|mm|m2|min|mins|gb|mb|tb|kb|kw|kwh|hz|eur|usd|brl|anos|ans|dias|days"
    r"|o|a|os|as|e|er|eme|st|nd|rd|th)"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_DIGITS = re.compile(r"\d+")


def tokens(text: str) -> list[str]:
    """The tokens of ``text`` as they are written, in reading order."""
    if not text.isascii() and not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return _TOKEN.findall(text)


def words(text: str) -> list[str]:
    """The words of ``text``, folded, in reading order; a compound gives its parts and the whole."""
    return [word for token in tokens(text) for word in words_of(token)]


@lru_cache(maxsize=65_536)
def words_of(token: str) -> tuple[str, ...]:
    """The words that a token stands for: at least one."""
    folded = fold(token)
    if folded.isalpha() and len(folded) <= LONGEST:
        return (folded,)
    read = next(reads for fits, reads in _READINGS if fits(folded))
    return tuple(word[:LONGEST] for word in read(folded)) or (folded[:LONGEST],)


def _is_clock(token: str) -> bool:
    return not token.isdigit() and _CLOCK.fullmatch(token) is not None


def _clock(token: str) -> list[str]:
    """``14h30`` for 14:30, 14h30, 14 h 30 and 2:30 pm, and the hour alone; whole hours are ``14h``."""
    match = _CLOCK.fullmatch(token)
    if match is None:
        return [token]
    hour, minute, half = int(match[1]), match[2] or match[3] or "00", match[4]
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return [f"{hour}h" if minute == "00" else f"{hour}h{minute}", str(hour)]


def _is_number(token: str) -> bool:
    return _NUMBER.fullmatch(token) is not None


def _number(token: str) -> list[str]:
    """``1234.5`` for 1.234,50 and 1,234.50; ``20`` for 20,00; sections such as 2.10.3 stay as they are."""
    groups = re.split("[.,]", token)
    if len(groups) == 1:
        return [token, token[-8:]] if len(token) >= 10 else [token]
    thousands = [len(group) == 3 for group in groups[1:]]
    if all(thousands) and groups[0] != "0":
        return ["".join(groups)]
    if not all(thousands[:-1]) or (len(groups) > 2 and len(groups[-1]) == 1):
        return [token]
    whole, cents = "".join(groups[:-1]), groups[-1].rstrip("0")
    return [f"{whole}.{cents}" if cents else whole]


def _is_digits(token: str) -> bool:
    return all(character.isdigit() or character in "+()-. " for character in token)


def _digit_groups(token: str) -> list[str]:
    """The groups, and the last eight digits in one: what all ways of writing a telephone number share."""
    groups = _DIGITS.findall(token)
    return [*groups, "".join(groups)[-8:]]


def _is_compound(token: str) -> bool:
    return "-" in token


def _compound(token: str) -> list[str]:
    """The parts, and for two of them the whole: ``wi-fi`` is found as wifi, wi fi and wi-fi."""
    parts = token.split("-")
    return [*parts, "".join(parts)] if len(parts) == 2 else parts


def _mixed(token: str) -> list[str]:
    """Letters with digits: 10km is 10 and km, 1o is 1 and o; b2b and covid19 stay whole."""
    match = _UNIT.fullmatch(token)
    return [match[1], match[2]] if match else [token]


_READINGS: tuple[tuple[Callable[[str], bool], Callable[[str], list[str]]], ...] = (
    (_is_number, _number),
    (_is_clock, _clock),
    (_is_digits, _digit_groups),
    (_is_compound, _compound),
    (bool, _mixed),
)
