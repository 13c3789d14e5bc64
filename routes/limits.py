"""How often a caller may ask: requests per credential, sign-in attempts per address and account."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from kit.errors import BadRequest, Invalid, SettingsError, TooLarge, TooManyRequests, UnsupportedFormat
from models.users import email_key
from routes import counts
from routes.blueprint import read_json
from routes.errors import render
from routes.guards import optional_person
from routes.house import house
from routes.per_caller import REDIS_OPTIONS, PerCaller, caller_key

ATTEMPTS_PER_ADDRESS = "50 per 15 minutes"
ATTEMPTS_PER_ACCOUNT = "10 per 15 minutes"
REGISTRATIONS_PER_ADDRESS = "30 per hour"
# Wrong attempts are counted once they are answered: so many at once are the most that go beyond a limit.
ATTEMPTS_AT_ONCE = 2


def register(app: Flask, requests_per_caller: str, redis_url: str = "") -> None:
    """Apply the limits, counted in Redis or in this process's memory. ``SettingsError`` for one that is none.

    While Redis is away each process counts for itself.
    """
    try:
        per_caller = PerCaller(requests_per_caller, redis_url)
    except ValueError:
        raise SettingsError(
            f"RATE_LIMIT: must be like '600 per minute' (it is {requests_per_caller!r})"
        ) from None
    app.before_request(per_caller.check)
    app.after_request(per_caller.note)
    limiter = _OfRoutes(
        key_func=caller_key,
        app=app,
        headers_enabled=True,
        storage_uri=redis_url or counts.URI,
        storage_options=dict(REDIS_OPTIONS) if redis_url else None,
        in_memory_fallback_enabled=bool(redis_url),
        key_prefix="orquestra" if redis_url else "",
        on_breach=_refuse,
    )
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


class _OfRoutes(Limiter):
    """Flask-Limiter for the views that have a limit of their own; for all others it would look in vain each time."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:  # noqa: FBT001, FBT002  # Flask-Limiter's
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


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


def _account() -> str:
    """The account that a password is tried on."""
    if request.endpoint == "auth.change_password":
        actor = optional_person()
        return f"user:{actor.user_id}" if actor else caller_key()
    try:
        body = read_json(request)
    except (BadRequest, Invalid, TooLarge, UnsupportedFormat):
        return caller_key()  # the handler will refuse it in the same words
    email = body.get("email") if isinstance(body, dict) else None
    return f"account:{email_key(email)[:320]}" if isinstance(email, str) else caller_key()


def _was_wrong(response: Response) -> bool:
    return response.status_code == HTTPStatus.UNAUTHORIZED


def _was_refused(response: Response) -> bool:
    return response.status_code >= HTTPStatus.BAD_REQUEST


def _refuse(limit: RequestLimit) -> Response:
    house().metrics.limited("requests_per_caller")
    return render(TooManyRequests(details={"limit": [str(limit.limit)]}))
