"""How often a caller may ask: requests per credential, sign-in attempts per address and account."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from kit.errors import TooManyRequests
from models.users import email_key
from routes.errors import render

ATTEMPTS_PER_ADDRESS = "50 per 15 minutes"
ATTEMPTS_PER_ACCOUNT = "10 per 15 minutes"
REGISTRATIONS_PER_ADDRESS = "30 per hour"


def register(app: Flask, requests_per_caller: str) -> None:
    """Apply the limits; counts are in this process's memory."""
    limiter = Limiter(
        key_func=_caller,
        app=app,
        application_limits=[requests_per_caller],
        application_limits_exempt_when=_is_cheap,
        headers_enabled=True,
        storage_uri="memory://",
        on_breach=_refuse,
    )
    per_address = limiter.limit(ATTEMPTS_PER_ADDRESS, key_func=get_remote_address, deduct_when=_was_wrong)
    per_account = limiter.limit(ATTEMPTS_PER_ACCOUNT, key_func=_account, deduct_when=_was_wrong)
    registering = limiter.limit(
        REGISTRATIONS_PER_ADDRESS, key_func=get_remote_address, deduct_when=_was_refused
    )
    views: dict[str, Any] = app.view_functions
    for endpoint in ("auth.login", "auth.change_password"):
        views[endpoint] = per_account(per_address(views[endpoint]))
    views["auth.register"] = registering(views["auth.register"])


def _caller() -> str:
    """A hash of the credential, or the address of a caller without one. Never the credential itself."""
    credential = request.headers.get("X-API-Key") or request.headers.get("Authorization")
    if not credential:
        return f"address:{get_remote_address()}"
    return f"credential:{hashlib.sha256(credential.encode()).hexdigest()}"


def _account() -> str:
    """The account that a sign-in is tried on; for a change of password, the credential."""
    body = request.get_json(silent=True)
    email = body.get("email") if isinstance(body, dict) else None
    return f"account:{email_key(email)[:320]}" if isinstance(email, str) else _caller()


def _was_wrong(response: Response) -> bool:
    return response.status_code == HTTPStatus.UNAUTHORIZED


def _was_refused(response: Response) -> bool:
    return response.status_code >= HTTPStatus.BAD_REQUEST


def _is_cheap() -> bool:
    """Health and the pages' own files are never refused: a probe must not be told to come back later."""
    return request.endpoint in ("health.health", "health.ready", "console.asset")


def _refuse(limit: RequestLimit) -> Response:
    return render(TooManyRequests(details={"limit": [str(limit.limit)]}))
