"""``cli.py doctor``."""

from __future__ import annotations

import sys
import time

import click

from bootstrap.installation import owner_lives
from commands.fail import fail
from commands.house import opened
from commands.patience import POLL_S, Patience
from jobs.operator_door import knock
from kit.errors import AppError, SettingsError, Unavailable
from kit.settings import Settings
from services.house import House

MENDED_WITHIN_S = 60.0


@click.command()
@click.option("--fix", is_flag=True, help="Make them agree.")
@click.pass_obj
def doctor(settings: Settings, *, fix: bool) -> None:
    """Say whether files, records and vectors agree."""
    lines = _doctored(settings, fix=fix)
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo("Files, records and vectors agree.")
    elif fix:
        again = _doctored(settings, fix=False)
        click.echo("Mended." if not again else "Not all of it could be mended:")
        for line in again:
            click.echo(line)
        lines = again
    if lines:
        sys.exit(1)


def _doctored(settings: Settings, *, fix: bool) -> list[str]:
    try:
        if owner_lives(settings):
            return _doctored_by_server(settings, fix=fix)
        with opened(settings) as house:
            _check_health(house)
            _wait_until_idle(house)
            lines = house.upkeep.keep_consistent.check(fix=fix)
            _wait_until_idle(house)
            return lines
    except (AppError, SettingsError) as problem:
        fail(problem)


def _doctored_by_server(settings: Settings, *, fix: bool) -> list[str]:
    lines = [str(line) for line in knock(settings.data_dir, "doctor", fix=fix)]
    give_up = time.monotonic() + MENDED_WITHIN_S
    # What was asked to be read anew; a server that is never idle says the rest when it is asked again.
    while fix and lines and not knock(settings.data_dir, "idle") and time.monotonic() < give_up:
        time.sleep(POLL_S)
    return lines


def _check_health(house: House) -> None:
    down = [name for name, state in house.upkeep.check_health.states().items() if state != "ready"]
    if down:
        raise Unavailable(f"The {' and the '.join(down)} cannot be reached.")


def _wait_until_idle(house: House) -> None:
    """Let the work that is in the records come to its end."""
    patience = Patience()
    while work := house.documents.index_document.with_work():
        patience.wait(work)
