"""``cli.py create-admin``."""

from __future__ import annotations

import click

from commands.house import opened
from kit.settings import Settings


@click.command("create-admin")
@click.option("--name", prompt=True)
@click.option("--email", prompt=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.pass_obj
def create_admin(settings: Settings, name: str, email: str, password: str) -> None:
    """Make an account with the role admin."""
    with opened(settings) as house:
        user = house.accounts.register_user.create_admin(name, email, password)
        click.echo(f"{user.email} is an admin now (id {user.id}).")
