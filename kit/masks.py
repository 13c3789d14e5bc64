"""Keys as they are shown: enough to tell them apart, too little to use."""

from __future__ import annotations

MARK = "••••"
_SHOWN, _LEAST = 4, 16


def hint_of(key: str) -> str:
    """The last four characters of a key that is long enough to spare them."""
    return key[-_SHOWN:] if len(key) >= _LEAST else ""


def mask_of(hint: str, key: str) -> str:
    """What stands for a key whose end is ``hint``; nothing where there is no ``key``, sealed or open."""
    return f"{MARK}{hint}" if key else ""


def is_mask(text: str) -> bool:
    """Whether this was shown in place of a key."""
    return text.startswith(MARK)
