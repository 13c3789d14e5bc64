"""Password hashes: argon2id, a few at a time, and the passwords that are no passwords."""

from __future__ import annotations

import secrets
import threading
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_LENGTH = 1000


class Passwords:
    """Hashes and checks passwords with argon2-cffi's defaults (64 MiB each), ``at_once`` at a time."""

    def __init__(self, at_once: int = 2) -> None:
        self._hasher = PasswordHasher()
        self._room = threading.BoundedSemaphore(at_once)
        self._nobody = self._hasher.hash(secrets.token_urlsafe(32))

    def hash(self, password: str) -> str:
        """An argon2id hash in its standard text form."""
        with self._room:
            return self._hasher.hash(password)

    def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether they belong together; for an account that is not there or has no password, no, in the same time."""
        with self._room:
            try:
                self._hasher.verify(password_hash or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return bool(password_hash)


def problem_with(password: str) -> str | None:
    """Why this password is not taken, as a sentence, or ``None``."""
    if len(password) < MIN_LENGTH:
        return f"Must have at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"Must have at most {MAX_LENGTH} characters."
    if password.casefold() in _common() or len(set(password)) < 3:
        return "Is one of the most common passwords."
    return None


@cache
def _common() -> frozenset[str]:
    text = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip().casefold() for line in text.splitlines() if line.strip())
