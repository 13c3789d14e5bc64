"""The web server: ``python main.py``, or ``waitress-serve --port=8080 --call main:create_app``."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
from collections.abc import Callable

from flask import Flask

from bootstrap.installation import Installation, open_installation
from kit import logging
from kit.errors import AppError, SettingsError
from kit.settings import PROJECT_ROOT, Settings
from kit.tracing import tracing
from routes.app import create_flask
from routes.description import VERSION
from routes.server import serve

GARBAGE_AFTER = 10_000  # objects more than before, at which new ones are looked at for cycles


def create_app() -> Flask:
    """The application, started: records, vectors and background work run until the process ends."""
    _, app = start(Settings.from_env(os.environ, PROJECT_ROOT / ".env"))
    return app


def start(settings: Settings) -> tuple[Installation, Flask]:
    """Start an installation and the application over it; it is stopped when the process exits."""
    logging.configure(settings.log_level, together=True)
    stop_tracing = trace_to(settings)
    installation = open_installation(settings)
    installation.on_stop(stop_tracing)
    atexit.register(installation.stop)
    installation.start_work()
    app = create_flask(installation.house)
    spare_what_stays()
    return installation, app


def spare_what_stays() -> None:
    """Have the garbage collector look only at what is made from now on: what a start makes stays to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


def trace_to(settings: Settings) -> Callable[[], None]:
    """Send traces where the settings say, if they do; what ends that."""
    endpoint = settings.otel_exporter_otlp_endpoint
    return tracing.start(endpoint, VERSION) if endpoint else lambda: None


def main() -> int:
    """Serve until SIGTERM or Ctrl-C, then answer what is running and stop."""
    try:
        settings = Settings.from_env(os.environ, PROJECT_ROOT / ".env")
        installation, app = start(settings)
        serve(app, settings, when_up=lambda port: print_welcome(installation, port))
    except (SettingsError, AppError) as problem:
        sys.stderr.write(f"orquestra: {problem}\n")
        return 2
    installation.stop()
    return 0


def print_welcome(installation: Installation, port: int) -> None:
    """Tell the person who started it where it is, and how the first account is made."""
    settings = installation.house.settings
    address = settings.public_url or f"http://{settings.host}:{port}"
    lines = [f"Orquestra listens on {address}"]
    if not installation.house.accounts.register_user.any_account():
        lines.append(
            "There is no account yet. Make the first one from this machine (POST /auth/register), with\n"
            f"`python cli.py create-admin`, or from elsewhere with X-Setup-Token: {installation.setup_token}"
        )
    with contextlib.suppress(OSError):  # nobody reads it, or the disk is full: no reason not to serve
        sys.stderr.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
