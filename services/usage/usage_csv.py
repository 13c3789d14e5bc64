"""Usage as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from models.limits import MICRO
from models.usage import UsageRow
from services.usage.find_usage import Group

COUNTED = ("requests", "failed", "refused", "tokens_in", "tokens_out", "money")
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PHONE = re.compile(r"\+[0-9][0-9 ]*")  # whom most users are: a number at worst


def write_usage(rows: Sequence[UsageRow], group_by: Sequence[Group]) -> str:
    """The rows as CSV (RFC 4180), a header first; money with six decimals."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    shown = {one for one in Group if one in group_by}
    names = [
        *(("assistant_id", "assistant") if Group.ASSISTANT in shown else ()),
        *(("day",) if Group.DAY in shown else ()),
        *(("model",) if Group.MODEL in shown else ()),
        *(("user_id",) if Group.USER in shown else ()),
        *(("owner_id",) if Group.OWNER in shown else ()),
        *(("token_id",) if Group.CREDENTIAL in shown else ()),
    ]
    writer.writerow((*names, *COUNTED))
    for row in rows:
        cells = {
            "assistant_id": row.assistant_id,
            "assistant": row.assistant_name,
            "day": row.day.isoformat() if row.day else "",
            "model": row.model,
            "user_id": row.user_id,
            "owner_id": row.owner_id,
            "token_id": row.token_id,
        }
        counts = row.counts.values()
        writer.writerow(
            (*(_safe(cells[name] or "") for name in names), *counts[:-1], f"{counts[-1] / MICRO:.6f}")
        )
    return text.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) and not _PHONE.fullmatch(text) else text
