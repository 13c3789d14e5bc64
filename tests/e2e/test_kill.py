"""``kill -9`` of the whole application, at named and at random moments, while clients write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.scene import MOMENTS, SETTINGS, START_MOMENTS, Scene, kill_at, kill_at_random
from tests.servers.killable import Killable, Template


@pytest.fixture(autouse=True)
def shown(record_property: Callable[[str, object], None]) -> Iterator[list[Scene]]:
    """The scenes whose figures are printed at the end of a run."""
    scenes: list[Scene] = []
    yield scenes
    for scene in scenes:
        record_property("figures", f"{scene.kills} kills: {scene.ledger.figures()}")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_every_named_moment_and_at_any_it_keeps_its_promises_and_the_doctor_agrees(
    template: Template, tmp_path: Path, shown: list[Scene]
) -> None:
    with Killable(template, tmp_path, SETTINGS) as application:
        scene = Scene(application, tmp_path)
        shown.append(scene)
        scene.begin()
        application.kill()
        missed = kill_at(scene, application, MOMENTS)
        kill_at_random(scene, times=1, seed=20261120)
        beside = template.command(tmp_path, "doctor")
        assert application.stop() == 0
    alone = template.command(tmp_path, "doctor")
    assert missed == []
    assert scene.ledger.breaches == []
    assert len(MOMENTS) + len(START_MOMENTS) >= 20
    for said in (beside, alone):
        assert (said.returncode, said.stdout) == (0, "Files, records and vectors agree.\n"), said.stderr
