"""``cli.py routes``."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import click

from kit.settings import Settings
from routes.app import create_flask
from routes.guards import GUARD_ATTRIBUTE
from services.house import House


@click.command()
@click.pass_obj
def routes(settings: Settings) -> None:
    """List every route with who may call it."""
    # Nothing behind the doors is asked, so nothing is opened.
    app = create_flask(cast("House", SimpleNamespace(settings=settings, jwt_secret="-" * 64)))
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        guard = getattr(app.view_functions[rule.endpoint], GUARD_ATTRIBUTE, "")
        click.echo(f"{methods:10} {rule.rule:45} {guard}")
