"""``kill -9`` of the whole application, at named and at random moments, while clients write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.scene import MOMENTS, SETTINGS, START_MOMENTS, Scene, kill_at, kill_at_random
from tests.servers.application import Application, command
from tests.servers.killable import Killable, Template


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with Template() as ready:
        yield ready


@pytest.fixture(autouse=True)
def shown(record_property: Callable[[str, object], None]) -> Iterator[list[Scene]]:
    """The scenes whose figures are printed at the end of a run."""
    scenes: list[Scene] = []
    yield scenes
    for scene in scenes:
        record_property("figures", f"{scene.kills} kills: {scene.ledger.figures()}")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_every_named_moment_it_keeps_its_promises(
    template: Template, tmp_path: Path, shown: list[Scene]
) -> None:
    with Killable(template, tmp_path, SETTINGS) as application:
        scene = Scene(application, tmp_path)
        shown.append(scene)
        scene.begin()
        application.kill()
        missed = kill_at(scene, application, MOMENTS)
    assert missed == []
    assert scene.ledger.breaches == []
    assert len(MOMENTS) + len(START_MOMENTS) >= 20


@pytest.mark.slow
def test_killed_as_a_process_of_its_own_it_keeps_its_promises_and_the_doctor_agrees(
    tmp_path: Path, shown: list[Scene]
) -> None:
    with Application(tmp_path, SETTINGS) as application:
        scene = Scene(application, tmp_path)
        shown.append(scene)
        scene.begin()
        kill_at_random(scene, times=1, seed=20261120)
        beside = command(tmp_path, "doctor")
        assert application.stop() == 0
    alone = command(tmp_path, "doctor")
    assert scene.ledger.breaches == []
    for said in (beside, alone):
        assert (said.returncode, said.stdout) == (0, "Files, records and vectors agree.\n"), said.stderr
