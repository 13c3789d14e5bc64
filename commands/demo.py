"""``cli.py demo``: what ``make run`` starts."""

from __future__ import annotations

import click

import main as server
from commands.demo_assistant import describe_demo, prepare_demo
from commands.fail import fail
from kit.errors import AppError, SettingsError
from kit.settings import Settings
from routes.server import serve


@click.command("demo")
@click.pass_obj
def run_demo(settings: Settings) -> None:
    """Start the server, at the first start with an account and an assistant to try."""
    try:
        installation, app = server.start(settings)
    except (AppError, SettingsError) as problem:
        fail(problem)
    try:
        shown = prepare_demo(installation.house, settings.data_dir / "demo.json")
        serve(app, settings, when_up=lambda port: click.echo(describe_demo(shown, _address(settings, port))))
    except SettingsError as problem:
        fail(problem)
    finally:
        installation.stop()


def _address(settings: Settings, port: int) -> str:
    return settings.public_url or f"http://{settings.host}:{port}"
