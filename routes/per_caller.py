"""``RATE_LIMIT``: requests of each caller, and wrong credentials of each address.

Counted with the stores and windows of the ``limits`` package. Flask-Limiter does the same, and looks for the limits
of a route anew at each request: an eighth of all processor time.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import limits
from flask import Response, current_app, g, request
from limits.storage import Storage, storage_from_string

from kit.errors import SettingsError, TooManyRequests
from kit.logging import get_logger
from routes import counts
from routes.errors import render
from routes.guards import GUARD_ATTRIBUTE, bearer
from routes.house import house

REDIS_OPTIONS: dict[str, Any] = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
REST_S = 10.0  # between a store that does not answer and the next try
_CHEAP = frozenset({"health.health", "health.ready", "console.asset"})
_log = get_logger("limits")


class PerCaller:
    """Counts each request by its credential, or by its address where it brings none.

    Wrong credentials, each of them another one, are counted by the address that they come from; who shares that
    address and is known goes on.
    """

    def __init__(self, most: str, redis_url: str = "", clock: Callable[[], float] = time.time) -> None:
        """``most`` as in ``600 per minute``, several with ``;`` between; ``ValueError`` when it is none."""
        self._limits = sorted(limits.parse_many(most))
        self._counts = _Counts(redis_url, clock)
        self._known = _KnownCredentials()
        self._clock = clock

    def check(self) -> Response | None:
        """Count a request that begins; the refusal, where it is one too many."""
        if not request.endpoint or _is_cheap():
            return None
        credential = credential_sent()
        g.credential_hash = known = hash_of(credential) if credential else ""
        g.credential_tried = known not in self._known
        g.within = within = self._within(known, tried=g.credential_tried)
        if within.is_reached:
            house().metrics.limited("requests_per_caller")
            return render(TooManyRequests(details={"limit": [str(within.limit)]}))
        return None

    def note(self, response: Response) -> Response:
        """Say how much is left, count a wrong credential, and remember a good one."""
        within: _Within | None = g.get("within")
        if within is None:
            return response
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            for one in self._limits if g.credential_tried else ():
                self._counts.add(_key_of_address(one), one.get_expiry())
            self._known.forget(g.credential_hash)
        elif g.credential_hash and "actor_id" in g:
            self._known.add(g.credential_hash)
        headers = response.headers
        if "X-RateLimit-Limit" not in headers:  # else a limit of the route itself was looked at
            headers["X-RateLimit-Limit"] = str(within.limit.amount)
            headers["X-RateLimit-Remaining"] = str(max(0, within.limit.amount - within.count))
            headers["X-RateLimit-Reset"] = str(within.resets_at)
            if within.is_reached:
                headers["Retry-After"] = str(max(1, int(within.resets_at - self._clock())))
        return response

    def _within(self, known: str, *, tried: bool) -> _Within:
        """The first limit that is reached; the one of the shortest time where none is."""
        caller = f"credential:{known}" if known else f"address:{_address()}"
        passed: list[_Within] = []
        for limit in self._limits:
            count, ends_at = self._counts.add(limit.key_for(caller, "global"), limit.get_expiry())
            found = _Within(limit, count, ends_at, is_reached=count > limit.amount)
            if tried and not found.is_reached:
                count, ends_at = self._counts.of(_key_of_address(limit))
                if count >= limit.amount:
                    found = _Within(limit, count, ends_at, is_reached=True)
            if found.is_reached:
                return found
            passed.append(found)
        return passed[0]


class _Within:
    """One limit, and how far it is used."""

    def __init__(self, limit: limits.RateLimitItem, count: int, ends_at: float, *, is_reached: bool) -> None:
        self.limit = limit
        self.count = count
        self.resets_at = int(ends_at + 1)
        self.is_reached = is_reached


class _Counts:
    """Counts in Redis or in this process's memory; while Redis is away each process counts for itself."""

    def __init__(self, redis_url: str, clock: Callable[[], float]) -> None:
        self._here: Storage = counts.CountsInMemory(clock=clock)
        self._prefix = "orquestra/" if redis_url else ""
        self._shared = _redis(redis_url) if redis_url else None
        self._clock = clock
        self._not_before = 0.0

    def add(self, key: str, seconds: int) -> tuple[int, float]:
        """One more; how many there are now, and when they are forgotten."""
        return self._ask(lambda store: (store.incr(self._prefix + key, seconds), self._end(store, key)))

    def of(self, key: str) -> tuple[int, float]:
        """How many there are, and when they are forgotten."""
        return self._ask(lambda store: (store.get(self._prefix + key), self._end(store, key)))

    def _end(self, store: Storage, key: str) -> float:
        return store.get_expiry(self._prefix + key)

    def _ask(self, ask: Callable[[Storage], tuple[int, float]]) -> tuple[int, float]:
        if self._shared is None or self._clock() < self._not_before:
            return ask(self._here)
        try:
            return ask(self._shared)
        except self._shared.base_exceptions as problem:
            _log.warning("Redis is away, requests are counted here", problem=type(problem).__name__)
            self._not_before = self._clock() + REST_S
            return ask(self._here)


def _redis(url: str) -> Storage:
    store = storage_from_string(url, **REDIS_OPTIONS)
    if not isinstance(store, Storage):
        raise SettingsError("REDIS_URL: must begin with redis://")
    return store


class _KnownCredentials:
    """Hashes of credentials that were good when they last came."""

    MOST = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hashes: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, known: str) -> bool:
        return known in self._hashes

    def add(self, known: str) -> None:
        with self._lock:
            self._hashes[known] = None
            self._hashes.move_to_end(known)
            if len(self._hashes) > self.MOST:
                self._hashes.popitem(last=False)

    def forget(self, known: str) -> None:
        with self._lock:
            self._hashes.pop(known, None)


def caller_key() -> str:
    """A hash of the credential, or the address of a caller without one. Never the credential itself."""
    credential = credential_sent()
    return f"credential:{hash_of(credential)}" if credential else f"address:{_address()}"


def hash_of(credential: str) -> str:
    """What a credential is known by."""
    return hashlib.sha256(credential.encode("utf-8", "surrogateescape")).hexdigest()


def credential_sent() -> str:
    """The one that the route's guard looks at: a caller who varies the other one gains nothing."""
    view = current_app.view_functions.get(request.endpoint or "")
    guard = getattr(view, GUARD_ATTRIBUTE, "")
    if guard == "anybody":
        return ""
    key = request.headers.get("X-API-Key", "").strip()
    return (key or bearer()) if guard == "bot" else (bearer() or key)


def _address() -> str:
    return request.remote_addr or "127.0.0.1"


def _key_of_address(limit: limits.RateLimitItem) -> str:
    return limit.key_for(_address(), "wrong credentials")


def _is_cheap() -> bool:
    """Health and the pages' own files are never refused: a probe must not be told to come back later."""
    return request.endpoint in _CHEAP or request.method == "OPTIONS"
