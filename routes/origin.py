"""Where a request comes from."""

from __future__ import annotations

import ipaddress

from flask import request

from routes.house import house

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host")


def is_local() -> bool:
    """Whether the caller is on this machine: from loopback, and not through a proxy that hides another."""
    if not house().settings.trusted_proxies and any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def is_local_browser() -> bool:
    """Whether the address asked for is this machine's own: a foreign name is a browser led here by its page."""
    host = request.host.rsplit(":", 1)[0].strip("[]").lower()
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
