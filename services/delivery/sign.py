"""Signatures as Standard Webhooks 1.0 has them, so that its libraries verify them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"
SHORTEST = 16


def problem_with_secret(secret: str) -> str | None:
    """Why this secret is not taken, as a sentence, or ``None``."""
    if len(secret) < SHORTEST:
        return f"Must have at least {SHORTEST} characters."
    if secret.startswith(PREFIX) and not _decoded(secret):
        return f"What follows {PREFIX} must be base64."
    return None


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers; the signature is HMAC-SHA256 over ``<id>.<timestamp>.<body>``, in base64.

    Beside them ``X-Hub-Signature-256``, over the body alone, for receivers that know GitHub's webhooks. A secret
    that begins with ``whsec_`` is base64 after it, any other is taken as it is written.
    """
    key = _decoded(secret) or secret.encode()
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
        "X-Hub-Signature-256": f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}",
    }


def _decoded(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return b""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
