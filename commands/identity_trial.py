"""``cli.py test-auth``: the loop of external identity, each step said aloud."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from integrations.identity.trial_keys import PrivateKey, public_jwk, public_pem, sign

SUBJECT = "test-auth"
Call = Callable[[str], tuple[int, dict[str, Any]]]  # a token, to the status and the body
Step = tuple[bool, str]  # whether it went as it must, and what it was


@contextmanager
def published(content: bytes, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve a key set on loopback; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((host, port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}/jwks.json"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run_trial(key: PrivateKey, issuer: str, audience: str, call: Call) -> Iterator[Step]:
    """Ask ``/auth/me`` through ``call`` with a good token and with bad ones; whether each went as it must."""
    now = int(time.time())
    good = {
        "iss": issuer,
        "aud": audience,
        "sub": SUBJECT,
        "name": "Test of the identity provider",
        "iat": now,
        "exp": now + 300,
    }
    status, body = call(sign(key, good))
    yield (
        status == 200,
        f"a good token: {status} {body.get('name') or body.get('message', '')}, role {body.get('role')}",
    )
    again, twice = call(sign(key, good))
    yield (
        again == 200 and twice.get("id") == body.get("id"),
        f"again: {again}, the same account {twice.get('id')}",
    )
    for what, token in _bad(key, good, now):
        status, _ = call(token)
        yield status == 401, f"{what}: {status}"


def _bad(key: PrivateKey, good: dict[str, Any], now: int) -> Iterator[tuple[str, str]]:
    yield "a token that is over", sign(key, {**good, "exp": now - 120})
    yield "for another audience", sign(key, {**good, "aud": "somebody else"})
    yield "of another issuer", sign(key, {**good, "iss": "https://elsewhere.invalid"})
    yield "without an end", sign(key, {name: value for name, value in good.items() if name != "exp"})
    header, payload, signature = sign(key, good).split(".")
    other = "A" if signature[9] != "A" else "B"
    yield "with another signature", f"{header}.{payload}.{signature[:9]}{other}{signature[10:]}"
    kid = public_jwk(key)["kid"]
    yield "not signed", _made({"alg": "none", "kid": kid}, good, b"")
    public = public_pem(key).encode()
    yield "signed with the public key", _made({"alg": "HS256", "typ": "JWT", "kid": kid}, good, public)


def _made(header: dict[str, str], claims: dict[str, Any], secret: bytes) -> str:
    """A token by hand, signed by HS256 where there is a secret: PyJWT itself makes no bad ones."""

    def encoded(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{encoded(signature)}"
