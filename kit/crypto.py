"""Secrets of the installation, keyed hashes for look-up, encryption of what is shown again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kit.errors import SettingsError

MIN_SECRET_LENGTH = 32
MIN_ADMIN_KEY = 12
KNOWN_BAD = ("changeme", "change-me", "change_me", "secret", "password", "your-secret", "example")


def check_secret(name: str, value: str) -> str:
    """The secret itself, or ``SettingsError`` naming the setting when it protects nothing."""
    lowered = value.lower()
    if len(value) < MIN_SECRET_LENGTH:
        raise SettingsError(
            f"{name} is shorter than {MIN_SECRET_LENGTH} characters; unset it and one is made."
        )
    if any(lowered.startswith(bad) for bad in KNOWN_BAD) or len(set(value)) < 8:
        raise SettingsError(f"{name} is a well-known or repetitive value; unset it and one is made.")
    return value


def load_or_make_secret(path: Path) -> str:
    """The secret kept in ``path`` (mode 0600), made at the first call; never two at once."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(48) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # another process was quicker: its secret counts
    finally:
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()


def check_admin_key(value: str) -> str:
    """The key itself, or ``SettingsError`` when it protects nothing; an empty one is none."""
    if value and (len(value) < MIN_ADMIN_KEY or value.lower().startswith(KNOWN_BAD)):
        raise SettingsError(f"ADMIN_KEY is well known or shorter than {MIN_ADMIN_KEY} characters.")
    return value


class Vault:
    """Keys derived from the installation's one encryption key.

    ``hash`` is HMAC-SHA256 in hex, for looking a key up without keeping it; ``encrypt`` and
    ``decrypt`` are Fernet (AES-128-CBC with HMAC), for what must be shown to its owner again.
    """

    def __init__(self, encryption_key: str) -> None:
        self._hash_key = _derive(encryption_key, b"orquestra/lookup")
        self._fernet = Fernet(base64.urlsafe_b64encode(_derive(encryption_key, b"orquestra/at-rest")))

    def hash(self, secret: str) -> str:
        """64 hex characters that only this installation can compute from ``secret``."""
        return hmac.new(self._hash_key, secret.encode(), hashlib.sha256).hexdigest()

    def encrypt(self, secret: str) -> str:
        """An opaque ASCII token that ``decrypt`` turns back."""
        return self._fernet.encrypt(secret.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """The secret; ``SettingsError`` when it was encrypted under another ENCRYPTION_KEY."""
        try:
            return self._fernet.decrypt(token.encode("ascii")).decode()
        except InvalidToken:
            raise SettingsError(
                "ENCRYPTION_KEY is not the one that the stored keys were encrypted with."
            ) from None

    def shown(self, token: str) -> str:
        """The secret for whoever may see it; empty when it was encrypted under another ENCRYPTION_KEY."""
        try:
            return self.decrypt(token)
        except SettingsError:
            return ""


def new_key(prefix: str) -> str:
    """A fresh credential such as ``ask_…``: the prefix and 43 URL-safe characters (256 bits)."""
    return f"{prefix}{secrets.token_urlsafe(32)}"


def same(left: str, right: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing."""
    return hmac.compare_digest(left.encode(), right.encode())


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
