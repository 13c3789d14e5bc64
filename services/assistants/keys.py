"""Assistants' keys: made, hashed for look-up, sealed so that their owner sees them again."""

from __future__ import annotations

from kit.crypto import Vault, new_key

KEY_PREFIX = "ask_"


def make_key(vault: Vault) -> tuple[str, str]:
    """A new key's look-up hash and its sealed form."""
    key = new_key(KEY_PREFIX)
    return vault.hash(key), vault.encrypt(key)
