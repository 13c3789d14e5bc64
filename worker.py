"""Celery workers: ``celery -A worker worker``, with the settings of the server."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from celery import Celery, concurrency, signals

from bootstrap.together import check_shared
from bootstrap.worker import open_worker
from integrations.broker import TASK, make_app
from jobs.kinds import NAMES
from jobs.worker import Worker
from kit import logging
from kit.errors import AppError, SettingsError
from kit.settings import PROJECT_ROOT, Settings

_made: dict[str, Celery] = {}


def __getattr__(name: str) -> Any:
    """``app``, for the celery command, made when it is asked for: to import this module does nothing."""
    if name != "app":
        raise AttributeError(name)
    if name not in _made:
        _made[name] = _or_exit(lambda: create_worker(Settings.from_env(os.environ, PROJECT_ROOT / ".env")))
    return _made[name]


def create_worker(settings: Settings) -> Celery:
    """The application whose one task does the next piece of work of a kind; a worker is opened when it starts.

    ``SettingsError`` where the settings are not those of a worker.
    """
    if not settings.celery_broker_url:
        raise SettingsError(
            "CELERY_BROKER_URL is not set: without it the server does its background work itself and needs no worker."
        )
    check_shared(settings)
    app = make_app(settings.celery_broker_url, NAMES)
    opened: list[tuple[Worker, Callable[[], None]]] = []

    def work(kind: str) -> None:
        opened[0][0].do(kind)

    def begin(sender: Any = None, **_: object) -> None:
        logging.configure(settings.log_level)
        pool = concurrency.get_implementation(sender.pool_cls).__module__
        if pool not in ("celery.concurrency.thread", "celery.concurrency.solo"):
            raise SettingsError(
                "A worker runs in threads of one process: leave --pool out; start more workers instead."
            )
        opened.append(open_worker(settings))
        opened[0][0].start()

    def wind_down(**_: object) -> None:
        if opened:
            opened[0][0].wind_down()

    def end(**_: object) -> None:
        if opened:
            opened.pop()[1]()

    app.task(name=TASK)(work)
    signals.setup_logging.connect(lambda **_: logging.configure(settings.log_level), weak=False)
    signals.worker_init.connect(lambda **sent: _or_exit(lambda: begin(**sent)), weak=False)
    signals.worker_shutting_down.connect(wind_down, weak=False)
    signals.worker_shutdown.connect(end, weak=False)
    return app


def _or_exit(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (SettingsError, AppError) as problem:
        sys.stderr.write(f"orquestra: {problem}\n")
        raise SystemExit(2) from None
