"""Requests that meet a store of counts just gone are all counted here, not only the first of them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from flask import Flask, Response
from flask_limiter import ApplicationLimit

from routes.counts import CountsInMemory
from routes.falling_back import FallingBack

AT_ONCE = 4


class Gone(Exception):
    """What the store says when it cannot be reached."""


class GoesAway(CountsInMemory):
    """A store that is gone once so many requests are being counted, or when the first is."""

    STORAGE_SCHEME = ["goesaway"]  # noqa: RUF012  # the package declares it so

    def __init__(self, uri: str | None = None, *, wrap_exceptions: bool = False) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self.together = threading.Barrier(AT_ONCE if uri == "goesaway://together" else 1)

    @property
    def base_exceptions(self) -> type[Exception]:
        return Gone

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:  # noqa: ARG002  # as the package calls it
        self.together.wait(10)
        raise Gone

    def check(self) -> bool:
        return False


def made(uri: str, limit: ApplicationLimit) -> Flask:
    app = Flask("counted")

    @app.get("/")
    def index() -> str:
        return "here"

    FallingBack(
        lambda: "caller",
        app=app,
        application_limits=[limit],
        headers_enabled=True,
        storage_uri=uri,
        in_memory_fallback_enabled=True,
    )
    return app


def status(app: Flask) -> int:
    return app.test_client().get("/").status_code


def test_all_that_meet_it_gone_at_once_go_on_and_are_counted_here() -> None:
    app = made("goesaway://together", ApplicationLimit(f"{AT_ONCE} per day"))
    with ThreadPoolExecutor(AT_ONCE) as at_once:
        asked = [at_once.submit(status, app) for _ in range(AT_ONCE)]
        assert [one.result() for one in asked] == [200] * AT_ONCE
    assert status(app) == 429


def test_so_does_who_is_counted_once_answered() -> None:
    def answered(_response: Response) -> bool:
        return True

    app = made("goesaway://", ApplicationLimit("3 per day", deduct_when=answered))
    assert [status(app) for _ in range(4)] == [200, 200, 200, 429]
