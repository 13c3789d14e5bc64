"""``cli.py golden``."""

from __future__ import annotations

import sys

import click

from commands.fail import fail
from commands.golden_table import describe_run
from commands.house import assistant_of, opened
from commands.patience import Patience
from kit.settings import Settings
from models.assistants import Assistant
from models.golden import GoldenRun, RunStatus
from services.house import House


@click.command()
@click.option("--assistant", "assistant_id", required=True, help="The assistant's id.")
@click.option(
    "--top-k", type=click.IntRange(1, 50), help="Passages to look at; as many as chats get, unless told."
)
@click.option(
    "--fail-under", type=click.FloatRange(0, 1), default=0.0, help="Exit with 1 when the hit rate is lower."
)
@click.pass_obj
def golden(settings: Settings, assistant_id: str, top_k: int | None, fail_under: float) -> None:
    """Search for an assistant's golden questions, and say which were found and what changed."""
    with opened(settings) as house:
        assistant = assistant_of(house, assistant_id)
        run = _run_over(house, assistant, house.golden.start_golden_run.start(assistant, top_k))
    if run.status is RunStatus.FAILED:
        fail(run.error)
    for line in describe_run(run):
        click.echo(line)
    if run.hit_rate < fail_under:
        click.echo(f"The hit rate is under {fail_under}.", err=True)
        sys.exit(1)


def _run_over(house: House, assistant: Assistant, run: GoldenRun) -> GoldenRun:
    """The run once it is done or failed."""
    patience = Patience()
    while not run.is_over:
        patience.wait([run])
        run = house.golden.find_golden.run(assistant, run.id)
    return run
