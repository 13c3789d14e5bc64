"""A cell's value as the sheet shows it, so far as that can be told from its number format."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_CURRENCY = re.compile(r"\[\$(?P<sign>[^\]-]*)(?:-[0-9A-Fa-f]+)?\]|(?P<plain>R\$|US\$|[$€£¥])")
_DECIMALS = re.compile(r"0\.(?P<places>0+)")
_WITH_COMMA = ("R$", "€")
"""Currencies of countries that write a comma before the cents."""


def shown(cell: Any) -> str:
    """The cell as text: 45.9 under ``R$ #,##0.00`` is ``R$ 45,90``, 0.15 under ``0%`` is ``15%``."""
    value = cell.value
    if value is None or cell.data_type == "e":  # an error such as #REF!
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "")
    return _moment(value) if isinstance(value, dt.date | dt.time) else str(value).strip()


def _moment(value: dt.date | dt.time) -> str:
    if isinstance(value, dt.datetime):
        at_midnight = value.time() == dt.time.min
        return value.date().isoformat() if at_midnight else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="minutes")
    return value.isoformat()


def _number(value: float, number_format: str) -> str:
    pattern = number_format.split(";", 1)[0].replace("\\", "").replace('"', "")
    if "%" in pattern:
        return f"{_plain(Decimal(repr(value)) * 100, _places(pattern))}%"
    currency = _CURRENCY.search(pattern)
    sign = "" if currency is None else (currency["sign"] or currency["plain"] or "").strip()
    if not sign:
        return _plain(Decimal(repr(value)), None)
    return f"{sign} {_money(Decimal(repr(value)), sign, _places(pattern))}"


def _places(pattern: str) -> int:
    found = _DECIMALS.search(pattern)
    return min(len(found["places"]), 6) if found else 0


def _plain(value: Decimal, places: int | None) -> str:
    """At most ``places`` decimals, and 12 significant ones: 0.1 + 0.2 is shown as 0.3."""
    if not value.is_finite():
        return ""
    if places is not None:
        value = _rounded(value, places)
    return f"{float(value):.12g}" if abs(value) < 10**12 else f"{value:f}".removesuffix(".0")


def _money(value: Decimal, sign: str, places: int) -> str:
    text = f"{_rounded(value, places):,.{places}f}"
    return text.translate(str.maketrans(",.", ".,")) if sign in _WITH_COMMA else text


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) if abs(value) < 10**18 else value
