"""How often a caller may ask: requests per credential, sign-in attempts per address and account."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import wraps
from http import HTTPStatus
from typing import Any

import limits
from flask import Flask, Response, current_app, g, request
from flask_limiter import ApplicationLimit, Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from kit.errors import BadRequest, Invalid, SettingsError, TooLarge, TooManyRequests, UnsupportedFormat
from models.users import email_key
from routes import counts
from routes.blueprint import read_json
from routes.errors import render
from routes.falling_back import FallingBack
from routes.guards import GUARD_ATTRIBUTE, bearer, optional_person
from routes.house import house

ATTEMPTS_PER_ADDRESS = "50 per 15 minutes"
ATTEMPTS_PER_ACCOUNT = "10 per 15 minutes"
REGISTRATIONS_PER_ADDRESS = "30 per hour"
# Wrong attempts are counted once they are answered: so many at once are the most that go beyond a limit.
ATTEMPTS_AT_ONCE = 2
REDIS_OPTIONS: dict[str, Any] = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}


def register(app: Flask, requests_per_caller: str, redis_url: str = "") -> None:
    """Apply the limits, counted in Redis or in this process's memory. ``SettingsError`` for one that is none.

    While Redis is away each process counts for itself.
    """
    try:
        limits.parse_many(requests_per_caller)
    except ValueError:
        raise SettingsError(
            f"RATE_LIMIT: must be like '600 per minute' (it is {requests_per_caller!r})"
        ) from None
    known = _KnownCredentials()
    wrong_credentials = _ReadOnce(
        requests_per_caller,
        key_function=get_remote_address,
        scope="wrong credentials",
        deduct_when=_was_wrong,
        exempt_when=lambda: _is_cheap() or known.has(_credential_hash()),
    )
    limiter = (FallingBack if redis_url else Limiter)(
        key_func=_caller,
        app=app,
        application_limits=[
            _ReadOnce(requests_per_caller, exempt_when=_is_cheap),
            wrong_credentials,
        ],
        headers_enabled=True,
        storage_uri=redis_url or counts.URI,
        storage_options=dict(REDIS_OPTIONS) if redis_url else None,
        in_memory_fallback_enabled=bool(redis_url),
        key_prefix="orquestra" if redis_url else "",
        on_breach=_refuse,
    )
    _resolve_once(limiter)
    app.after_request(known.note)
    per_address = limiter.limit(ATTEMPTS_PER_ADDRESS, key_func=get_remote_address, deduct_when=_was_wrong)
    per_account = limiter.limit(ATTEMPTS_PER_ACCOUNT, key_func=_account, deduct_when=_was_wrong)
    registering = limiter.limit(
        REGISTRATIONS_PER_ADDRESS, key_func=get_remote_address, deduct_when=_was_refused
    )
    few = _few_at_once()
    views: dict[str, Any] = app.view_functions
    for endpoint in ("auth.login", "auth.change_password"):
        views[endpoint] = few(per_account(per_address(views[endpoint])))
    views["auth.register"] = few(registering(views["auth.register"]))


class _ReadOnce(ApplicationLimit):
    """The package reads the words of a limit again at every request, which costs as much as counting it."""

    _read: tuple[Any, ...] = ()

    def __iter__(self) -> Iterator[Any]:
        self._read = self._read or tuple(super().__iter__())
        return iter(self._read)


def _resolve_once(limiter: Limiter) -> None:
    """Which limits are looked at before a route stays the same; the package works it out at every request.

    Not so those of a view that has its own: they are known once it was called.
    """
    resolve, known = limiter.limit_manager.resolve_limits, dict[tuple[str | None, ...], tuple[Any, ...]]()

    def remembered(
        app: Flask,
        endpoint: str | None,
        blueprint: str | None,
        name: str | None,
        in_middleware: bool,  # noqa: FBT001  # the package calls it so
        has_its_own: bool,  # noqa: FBT001
    ) -> tuple[Any, ...]:
        route = (endpoint, blueprint, name)
        if has_its_own or not in_middleware:
            return resolve(app, endpoint, blueprint, name, in_middleware, has_its_own)
        if route not in known:
            known[route] = resolve(app, endpoint, blueprint, name, in_middleware, has_its_own)
        return known[route]

    vars(limiter.limit_manager)["resolve_limits"] = remembered


class _KnownCredentials:
    """Credentials that were good when they last came, as hashes.

    Guesses, each of them another credential, are counted by the address that they come from; who shares that
    address and is known goes on.
    """

    MOST = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hashes: OrderedDict[str, None] = OrderedDict()

    def has(self, credential_hash: str) -> bool:
        """Whether it was good when it last came."""
        return credential_hash in self._hashes

    def note(self, response: Response) -> Response:
        """Remember who was let in, and forget who was not."""
        known = _credential_hash()
        if known:
            with self._lock:
                if _was_wrong(response):
                    self._hashes.pop(known, None)
                elif "actor_id" in g:
                    self._hashes[known] = None
                    self._hashes.move_to_end(known)
                    if len(self._hashes) > self.MOST:
                        self._hashes.popitem(last=False)
        return response


def _few_at_once() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Without this, hundreds of guesses sent at one moment would all pass before the first is counted."""
    room = threading.BoundedSemaphore(ATTEMPTS_AT_ONCE)

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with room:
                return view(*args, **kwargs)

        return wrapper

    return decorate


def _caller() -> str:
    """A hash of the credential, or the address of a caller without one. Never the credential itself."""
    known = _credential_hash()
    return f"credential:{known}" if known else f"address:{get_remote_address()}"


def _credential_hash() -> str:
    """What the credential that came is known by, made once a request; nothing where none came."""
    known: str | None = g.get("credential_hash")
    if known is None:
        credential = _credential()
        encoded = credential.encode("utf-8", "surrogateescape")
        known = g.credential_hash = hashlib.sha256(encoded).hexdigest() if credential else ""
    return known


def _credential() -> str:
    """The one that the route's guard looks at: a caller who varies the other one gains nothing."""
    view = current_app.view_functions.get(request.endpoint or "")
    guard = getattr(view, GUARD_ATTRIBUTE, "")
    if guard == "anybody":
        return ""
    key = request.headers.get("X-API-Key", "").strip()
    return (key or bearer()) if guard == "bot" else (bearer() or key)


def _account() -> str:
    """The account that a password is tried on."""
    if request.endpoint == "auth.change_password":
        actor = optional_person()
        return f"user:{actor.user_id}" if actor else _caller()
    try:
        body = read_json(request)
    except (BadRequest, Invalid, TooLarge, UnsupportedFormat):
        return _caller()  # the handler will refuse it in the same words
    email = body.get("email") if isinstance(body, dict) else None
    return f"account:{email_key(email)[:320]}" if isinstance(email, str) else _caller()


def _was_wrong(response: Response) -> bool:
    return response.status_code == HTTPStatus.UNAUTHORIZED


def _was_refused(response: Response) -> bool:
    return response.status_code >= HTTPStatus.BAD_REQUEST


def _is_cheap() -> bool:
    """Health and the pages' own files are never refused: a probe must not be told to come back later."""
    return request.method == "OPTIONS" or request.endpoint in (
        "health.health",
        "health.ready",
        "console.asset",
    )


def _refuse(limit: RequestLimit) -> Response:
    house().metrics.limited("requests_per_caller")
    return render(TooManyRequests(details={"limit": [str(limit.limit)]}))
