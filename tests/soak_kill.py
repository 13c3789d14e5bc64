"""``python -m tests.soak_kill``: kill the application at every moment known, and at random, for as long as given."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.crash.scene import MOMENTS, MORE_MOMENTS, SETTINGS, Scene, kill_at, kill_at_random
from tests.servers.killable import Killable, Template

AT_RANDOM = 20
CALLS = 6  # a moment is met at one of so many calls


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long to go on.")
@click.option("--seed", type=int, help="Repeat a run.")
def soak(minutes: float, seed: int | None) -> None:
    """Kill and start the application under writers; say what was promised and what of it was lost."""
    seed = seed if seed is not None else random.SystemRandom().randrange(10_000)
    chance = random.Random(seed)
    give_up = time.monotonic() + minutes * 60
    breaches = 0
    with Template() as template:
        while time.monotonic() < give_up:
            breaches += _round(template, chance)
    click.echo(f"seed {seed}: {breaches} promises broken")
    sys.exit(1 if breaches else 0)


def _round(template: Template, chance: random.Random) -> int:
    """Every moment once, in any order and at any call, and some kills at random, on a fresh folder."""
    moments = [(when, method, chance.randint(1, CALLS)) for when, method, _ in (*MOMENTS, *MORE_MOMENTS)]
    chance.shuffle(moments)
    with tempfile.TemporaryDirectory() as name, Killable(template, Path(name), SETTINGS) as application:
        scene = Scene(application, Path(name))
        scene.begin()
        application.kill()
        missed = kill_at(scene, application, moments)
        kill_at_random(scene, AT_RANDOM, chance.randrange(1 << 30))
        for sentence in (*(f"never came: {one}" for one in missed), *scene.ledger.breaches):
            click.echo(sentence, err=True)
        click.echo(f"{scene.kills} kills: {scene.ledger.figures()}")
        if scene.ledger.breaches:
            click.echo(application.log.read_text()[-8000:], err=True)
    return len(scene.ledger.breaches)


if __name__ == "__main__":
    soak()
