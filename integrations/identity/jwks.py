"""The public keys of an identity provider, as it publishes them (RFC 7517)."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import urllib3
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError
from urllib3.exceptions import HTTPError

from kit.errors import Unavailable
from kit.logging import get_logger

KEPT_S = 600.0  # then they are asked for again, and go on being used where nobody answers
ASKED_EVERY_S = 30.0  # at most, where nobody answers
ASKED_AT_ONCE = 10  # within that time, whatever unknown keys tokens name: a rotation is not waited for
ASKED_EVERY_WITHOUT_S = 2.0  # at most, while there is no key at all
_TIMEOUT_S, _MOST_BYTES = 5.0, 1 << 18
_SHORTEST_RSA = 2048
# What kind of key signs by which algorithm: a token never chooses.
_ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256"}
_log = get_logger("identity")


class NoKeys(Unavailable):
    """The provider's keys were never had, so nobody it signs in can be told apart."""

    code = "identity_unavailable"
    message = "The identity provider cannot be reached; try again in a moment."


@dataclass(frozen=True)
class VerificationKey:
    """A public key and the one algorithm that it is used with."""

    kid: str
    algorithm: str
    key: Any


class KeySet:
    """The keys behind a URL: asked for when they are needed, kept, and asked for anew when one is not known."""

    def __init__(
        self,
        url: str,
        *,
        fetch: Callable[[str], bytes] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._fetch = fetch or _fetched
        self._clock = clock
        self._keys: tuple[VerificationKey, ...] = ()
        self._fetched_at = float("-inf")
        self._asked: deque[float] = deque([float("-inf")] * ASKED_AT_ONCE, maxlen=ASKED_AT_ONCE)
        self._asking = threading.Lock()

    def find(self, kid: str | None, algorithm: str) -> VerificationKey | None:
        """The key of this id; without an id, the only key there is for the algorithm. ``NoKeys`` when none is had."""
        found = self._known(kid, algorithm)
        stale = self._clock() - self._fetched_at > KEPT_S
        if (found is None or stale) and self._refresh(urgent=found is None):
            found = self._known(kid, algorithm)
        if not self._keys:
            raise NoKeys
        return found

    def replaced(self, wrong: VerificationKey, kid: str | None) -> VerificationKey | None:
        """What the provider publishes now in place of a key that did not sign what names it; ``None``: the same."""
        self._refresh(urgent=True)
        found = self._known(kid, wrong.algorithm)
        return None if found is None or found.key == wrong.key else found

    def _known(self, kid: str | None, algorithm: str) -> VerificationKey | None:
        fitting = [one for one in self._keys if one.algorithm == algorithm and kid in (None, one.kid)]
        return fitting[0] if len(fitting) == 1 else None

    def _refresh(self, *, urgent: bool) -> bool:
        """Ask for the keys, unless that was done just now; whether there may be others than before."""
        with_keys = bool(self._keys)
        if not self._asking.acquire(blocking=not with_keys):
            return False  # another asks already; until then the known ones are good
        try:
            every = ASKED_EVERY_S if self._keys else ASKED_EVERY_WITHOUT_S
            last = self._asked[0] if urgent and self._keys else self._asked[-1]
            if self._clock() - last < every:
                return bool(self._keys) is not with_keys  # whoever was waited for has them
            try:
                return self._ask()
            finally:
                self._asked.append(self._clock())  # whoever waited meanwhile does not wait once more each
        finally:
            self._asking.release()

    def _ask(self) -> bool:
        try:
            keys = tuple(_usable(json.loads(self._fetch(self._url))))
        except (HTTPError, OSError, ValueError) as problem:
            _log.warning("keys of the identity provider not had", problem=str(problem)[:200])
            return False
        if not keys:
            _log.warning("the identity provider publishes no key that is used here")
            return False
        self._keys, self._fetched_at = keys, self._clock()
        return True


def _usable(published: Any) -> Iterable[VerificationKey]:
    """Those that sign by RS256 or ES256; others are passed over, since providers publish many kinds."""
    listed = published.get("keys") if isinstance(published, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no key set")  # noqa: TRY004  # what came is wrong, not what was passed
    for one in listed:
        algorithm = _algorithm(one) if isinstance(one, dict) else None
        if algorithm is None:
            continue
        try:
            key = PyJWK(one, algorithm).key
        except (PyJWTError, ValueError, TypeError):
            continue
        if isinstance(key, RSAPublicKey) and key.key_size < _SHORTEST_RSA:
            continue
        yield VerificationKey(str(one.get("kid", "")), algorithm, key)


def _algorithm(jwk: dict[str, Any]) -> str | None:
    kind = str(jwk.get("kty"))
    algorithm = _ALGORITHMS.get((kind, str(jwk.get("crv")) if kind == "EC" else None))
    is_for_signatures = jwk.get("use", "sig") == "sig" and "d" not in jwk
    return algorithm if is_for_signatures and jwk.get("alg", algorithm) == algorithm else None


def _fetched(url: str) -> bytes:
    with urllib3.PoolManager() as pool:
        answer = pool.request(
            "GET",
            url,
            timeout=urllib3.Timeout(total=_TIMEOUT_S),
            retries=False,
            preload_content=False,
            headers={"Accept": "application/json"},
        )
        try:
            raw: bytes = answer.read(_MOST_BYTES + 1)
        finally:
            answer.release_conn()
    if answer.status != 200 or len(raw) > _MOST_BYTES:
        raise ValueError(f"answered with {answer.status} and {len(raw)} bytes")
    return raw
