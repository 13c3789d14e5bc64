"""Lines that tell how to reach somebody: worth keeping where all else around them is dropped."""

from __future__ import annotations

import re

CONTACT = re.compile(r"@|www\.|https?:|(?:\d\D{0,3}){7}")
"""An e-mail, number or link: a letterhead says it on every page, and it is worth keeping once."""

_LINK = re.compile(r"https?://(?!(?:wa\.me|api\.whatsapp|t\.me)\b)\S+|www\.\S+", re.IGNORECASE)
_MAIL_OR_PHONE = re.compile(r"\w@\w|(?<![\d.])\+?\(?\d(?:[\s().-]{0,2}\d){6,13}(?!\d)")
_LEGAL = re.compile(
    r"[©®]|\(c\)|copyright|cnpj|siret|\bcif\b|direitos reservados|droits r|derechos r|rights res",
    re.IGNORECASE,
)
_TIMES = re.compile(r"\b\d{1,2}\s?(?:[:hH.]\s?\d{2}|[hH]\b|[ap]\.?m\b)", re.IGNORECASE)
_STREET = re.compile(
    r"""\b(?:rua|r\.|av\.|avenida|alameda|travessa|pra[çc]a|rodovia|estrada|largo
        |rue|boulevard|bd\.?|chemin|all[ée]e|calle|c/|plaza|paseo|carrera
        |street|st\.|road|rd\.|avenue|ave\.|lane|square)\s.{0,60}\d
        |\d{1,5}[,\s]{1,2}(?:bis\s)?(?:rue|avenue|boulevard|chemin|place|all[ée]e)\s
        |\d{1,5}\s(?:[A-Z]\w+\s){1,3}(?:street|st|road|rd|avenue|ave|lane|square|drive)\b
        |\b\d{5}-\d{3}\b""",
    re.IGNORECASE | re.VERBOSE,
)


def tells_how_to_reach(line: str) -> bool:
    """Whether a line holds an e-mail, a telephone number, a street address, or opening hours."""
    line = _LINK.sub(" ", line)
    if _MAIL_OR_PHONE.search(line) or _STREET.search(line):
        return True
    return len(_TIMES.findall(line)) > 1


def is_legal(line: str) -> bool:
    """Whether a line says whose the page is, and nothing else worth reading."""
    return _LEGAL.search(line) is not None
