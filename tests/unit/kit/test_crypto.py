"""What is encrypted can be shown again under the same key, and under no other."""

from __future__ import annotations

import pytest

from kit.crypto import Vault, check_admin_key
from kit.errors import SettingsError


def test_a_secret_is_shown_under_its_key_and_lost_under_another() -> None:
    sealed = Vault("a" * 40).encrypt("ask_segredo")
    assert Vault("a" * 40).shown(sealed) == Vault("a" * 40).decrypt(sealed) == "ask_segredo"
    assert Vault("b" * 40).shown(sealed) == ""
    with pytest.raises(SettingsError, match="ENCRYPTION_KEY"):
        Vault("b" * 40).decrypt(sealed)


def test_an_operators_key_must_protect_something() -> None:
    assert check_admin_key("") == ""
    assert check_admin_key("an operator's key") == "an operator's key"
    for bad in ("short", "changeme-changeme"):
        with pytest.raises(SettingsError, match="ADMIN_KEY"):
            check_admin_key(bad)
