"""Tokens that an identity provider signed (RFC 7519), checked as RFC 8725 asks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import jwt
from jwt.exceptions import InvalidSignatureError, PyJWTError

from integrations.identity.jwks import KeySet, VerificationKey
from kit.errors import Unauthenticated

LEEWAY_S = 30
ALGORITHMS = frozenset({"RS256", "ES256"})
_REQUIRED = ["exp", "iss", "aud", "sub"]
_LONGEST = 16_384


def is_external(token: str) -> bool:
    """Whether a token says that it is signed as a provider's is; our own are signed by another algorithm."""
    try:
        return len(token) <= _LONGEST and jwt.get_unverified_header(token).get("alg") in ALGORITHMS
    except PyJWTError:
        return False


class ExternalTokens:
    """Checks tokens of one issuer, for one audience."""

    def __init__(self, *, keys: KeySet, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    def claims(self, token: str) -> Mapping[str, Any]:
        """What the token says of its holder.

        ``Unauthenticated`` unless it is signed by a key of the provider, by that key's own algorithm, and is
        this issuer's, for this audience, not over, and begun (within ``LEEWAY_S``). ``NoKeys`` when there is no key.
        """
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys.find(header.get("kid"), str(header.get("alg")))
            if key is None:
                raise Unauthenticated("The token is signed by a key that its provider does not publish.")
            try:
                claims = self._decoded(token, key)
            except InvalidSignatureError:  # a new key may have the name of the old one
                key = self._keys.replaced(key, header.get("kid"))
                if key is None:
                    raise
                claims = self._decoded(token, key)
        except (PyJWTError, ValueError, TypeError, OverflowError):
            raise Unauthenticated("The token is not valid (any more).") from None
        if int(claims["exp"]) <= time.time():
            raise Unauthenticated("The token is not valid (any more).")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise Unauthenticated("The token names nobody.")
        return claims

    def _decoded(self, token: str, key: VerificationKey) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY_S,
            options={"require": _REQUIRED},
        )
        return claims
