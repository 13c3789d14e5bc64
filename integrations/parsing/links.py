"""Where a link leads, written beside its text: an answer may only name addresses that its passages hold."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

LONGEST = 500
"""Characters; a longer address is a program's, not one to be told."""

_SPACE = re.compile(r"\s+")
_UNFIT = re.compile(r"[\s<>\"\\^`{|}\x00-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"\+?[\d().*# -]{3,40}")
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w.-]{1,253}")
_SHORTEST_NUMBER = 6


def target_note(text: str, href: str) -> str:
    """`` (https://…)`` to be written behind a link's text; nothing where the text says as much itself.

    Only absolute web addresses, mail addresses and telephone numbers count, the last two without their
    ``mailto:`` and ``tel:``.
    """
    text, target = _SPACE.sub(" ", text).strip(), _target(href.strip())
    if not text or not target or _says(text, target):
        return ""
    return f" ({target})"


def _target(href: str) -> str:
    scheme, _, rest = href.partition(":")
    match scheme.lower():
        case "http" | "https":
            return href if len(href) <= LONGEST and _is_address(href) else ""
        case "mailto":
            address = unquote(rest.partition("?")[0]).strip()
            return address if _EMAIL.fullmatch(address) else ""
        case "tel":
            number = unquote(rest.partition(";")[0]).strip()
            return number if _NUMBER.fullmatch(number) else ""
    return ""


def _is_address(href: str) -> bool:
    if _UNFIT.search(href):
        return False
    try:
        parts = urlsplit(href)
        return bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:  # brackets that do not match
        return False


def _says(text: str, target: str) -> bool:
    """Whether a link's text names its target already."""
    if _plain(target) in _plain(text):
        return True
    digits = re.sub(r"\D", "", text)
    is_number = target[0] in "+(0123456789"
    return is_number and len(digits) >= _SHORTEST_NUMBER and re.sub(r"\D", "", target).endswith(digits)


def _plain(address: str) -> str:
    address = unquote(address).casefold().removeprefix("https://").removeprefix("http://")
    return address.removeprefix("www.").rstrip("/")
