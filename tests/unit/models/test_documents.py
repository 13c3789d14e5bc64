from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kit.clock import utc_now
from models.documents import Stage
from tests.made import a_document

NOW = utc_now()


@pytest.mark.parametrize("stage", [Stage.READY, Stage.FAILED])
def test_nothing_is_left_to_do_at_rest(stage: Stage) -> None:
    assert a_document(stage=stage, ready_by=NOW + timedelta(seconds=9)).seconds_left(NOW) == 0


@pytest.mark.parametrize(
    ("ahead", "seconds"), [(0.001, 1), (1.0, 1), (1.2, 2), (90.0, 90), (0.0, None), (-3.0, None)]
)
def test_seconds_left_are_whole_and_unknown_once_they_have_passed(ahead: float, seconds: int | None) -> None:
    document = a_document(stage=Stage.INDEXING, ready_by=NOW + timedelta(seconds=ahead))
    assert document.seconds_left(NOW) == seconds
    assert replace(document, stage=Stage.QUEUED, ready_by=None).seconds_left(NOW) is None
