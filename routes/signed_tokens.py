"""The signed tokens of sessions: a signature is checked once, and known to be good until the token ends."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from flask_jwt_extended import decode_token

MOST = 2_000  # tokens
_EXTENSION = "signed_tokens"

Claims = dict[str, Any]


class SignedTokens:
    """What tokens say. Whether their session goes on is for others to ask, each time."""

    def __init__(
        self, decode: Callable[[str], Claims], *, clock: Callable[[], float] = time.time, most: int = MOST
    ) -> None:
        self._decode = decode
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._known: dict[bytes, Claims] = {}

    def claims(self, token: str) -> Claims:
        """What a token says; an error of ``decode`` when it is not good, or not any more."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None and self._clock() < known["exp"]:
            return known
        claims = self._decode(token)
        if "exp" in claims:
            with self._lock:
                self._known[digest] = claims
                while len(self._known) > self._most:
                    del self._known[next(iter(self._known))]
        return claims


def install_signed_tokens(app: Flask) -> None:
    """Remember the tokens of an application: each has a key of its own."""
    app.extensions[_EXTENSION] = SignedTokens(decode_token)


def claims_of(token: str) -> Claims:
    """What a token of the current application says; an error of PyJWT or Flask-JWT-Extended when it is not good."""
    tokens: SignedTokens = current_app.extensions[_EXTENSION]
    return tokens.claims(token)
