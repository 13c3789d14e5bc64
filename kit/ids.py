"""Ids that we make: 24 hex characters that sort by the moment they were made."""

from __future__ import annotations

import itertools
import os
import re
import secrets
import time

_SHAPE = re.compile(r"[0-9a-f]{24}\Z")
_PROCESS: dict[int, str] = {}
_counter = itertools.count(secrets.randbelow(1 << 20))


def new_id() -> str:
    """A new id: 4 bytes of seconds, 5 of the process, 3 of a counter, as in MongoDB's ObjectId."""
    pid = os.getpid()
    if pid not in _PROCESS:
        _PROCESS[pid] = secrets.token_hex(5)
    return f"{int(time.time()):08x}{_PROCESS[pid]}{next(_counter) & 0xFFFFFF:06x}"


def is_id(text: object) -> bool:
    """Whether ``text`` has the shape of an id that we make."""
    return isinstance(text, str) and _SHAPE.match(text) is not None
