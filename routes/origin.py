"""Where a request comes from."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import request

from routes.house import house

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto", "Via")


def is_local() -> bool:
    """Whether the caller is on this machine: from loopback, and not through a proxy that hides another."""
    told = house().settings.trusted_proxies and "X-Forwarded-For" in request.headers
    if not told and any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def is_local_browser() -> bool:
    """Whether the address asked for is this machine's own: a foreign name is a browser led here by its page."""
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
