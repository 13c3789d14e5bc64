"""Operator commands: ``python cli.py --help``."""

from __future__ import annotations

import os

import click

from commands.accounts import create_admin
from commands.demo import run_demo
from commands.doctor import doctor
from commands.documents import ingest, reindex
from commands.fail import fail
from commands.golden import golden
from commands.identity import generate_keys, test_auth
from commands.routes import routes
from kit import logging
from kit.errors import SettingsError
from kit.settings import PROJECT_ROOT, Settings


@click.group(
    commands=[run_demo, create_admin, ingest, reindex, doctor, golden, routes, generate_keys, test_auth],
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Run and look after Orquestra. Every command but demo also works while the server runs."""
    try:
        context.obj = Settings.from_env(os.environ, PROJECT_ROOT / ".env")
    except SettingsError as problem:
        fail(problem)
    # A command speaks for itself; log lines only where something is wrong.
    logging.configure("WARNING" if context.invoked_subcommand != "demo" else context.obj.log_level)


if __name__ == "__main__":
    cli()
