from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.golden import GoldenQuestion, GoldenResult, GoldenRun, Hit, RunChange, RunStatus, Shift
from models.jobs import JobState, OpenJob
from repositories.errors import Duplicate
from repositories.golden_questions import GoldenQuestionRepository
from repositories.golden_runs import GoldenRunRepository
from repositories.values import Record
from tests.made import ASSISTANT


@pytest.fixture
def questions(database: Database[Record]) -> GoldenQuestionRepository:
    return GoldenQuestionRepository(database)


@pytest.fixture
def runs(database: Database[Record]) -> GoldenRunRepository:
    return GoldenRunRepository(database)


def a_question(text: str, assistant_id: str = ASSISTANT) -> GoldenQuestion:
    return GoldenQuestion(new_id(), assistant_id, text, ("R$ 180", "2026-11-20.md"), utc_now(), utc_now())


def a_run(assistant_id: str = ASSISTANT, **more: Any) -> GoldenRun:
    return GoldenRun(new_id(), assistant_id, 5, utc_now(), **more)


def over(run: GoldenRun) -> GoldenRun:
    results = (
        GoldenResult(new_id(), "2026-11-20: aberto?", Hit(2, "8h", new_id(), "x.md"), enough=True),
        GoldenResult(new_id(), "Quanto?", None, enough=False),
    )
    shift = Shift(results[0].question_id, results[0].question, None, 2)
    return replace(
        run,
        status=RunStatus.DONE,
        progress=100,
        finished_at=utc_now(),
        questions=2,
        hits=1,
        mean_reciprocal_rank=0.25,
        results=results,
        change=RunChange(new_id(), (shift,), (), (shift,), 1, 2),
    )


def test_a_question_is_kept_as_it_is_once_for_each_assistant(questions: GoldenQuestionRepository) -> None:
    one, theirs = a_question("Quanto  custa?"), a_question("Quanto custa?", new_id())
    questions.add_all(ASSISTANT, [one])
    questions.add_all(theirs.assistant_id, [theirs])
    with pytest.raises(Duplicate):
        questions.add_all(ASSISTANT, [a_question(" quanto custa?")])
    assert questions.get(ASSISTANT, one.id) == one
    assert questions.get(ASSISTANT, theirs.id) is None
    assert not questions.delete(ASSISTANT, theirs.id)
    changed = replace(one, expects=("R$ 200",))
    assert questions.update(changed)
    assert list(questions.each(ASSISTANT)) == [changed]
    assert not questions.update(replace(one, assistant_id=new_id()))


def test_questions_are_listed_and_deleted_by_assistant(questions: GoldenQuestionRepository) -> None:
    kept, theirs = [a_question(f"{n}?") for n in range(5)], a_question("0?", new_id())
    questions.add_all(ASSISTANT, kept)
    questions.add_all(theirs.assistant_id, [theirs])
    first = questions.page(ASSISTANT, 3)
    rest = questions.page(ASSISTANT, 3, first.next_cursor)
    assert [*first.items, *rest.items] == kept[::-1]
    assert questions.count(ASSISTANT) == 5
    assert questions.delete(ASSISTANT, kept[0].id)
    assert questions.delete_all_of(ASSISTANT) == 4
    assert not questions.has_any(ASSISTANT)
    assert questions.has_any(theirs.assistant_id)


def test_a_run_goes_its_way_and_is_read_as_it_was_written(runs: GoldenRunRepository) -> None:
    run = a_run()
    runs.add(run)
    assert runs.queued(ASSISTANT) == runs.open_runs() == [run]
    at = utc_now()
    assert runs.begin(run, at)
    assert not runs.begin(run, at)  # another process that had read it before
    begun = runs.get(ASSISTANT, run.id)
    assert begun == replace(run, status=RunStatus.RUNNING, started_at=at, attempts=1)
    assert runs.set_progress(begun, 40)
    assert not runs.set_progress(run, 50)  # as whoever lost it to another would
    assert runs.queued(ASSISTANT) == []
    assert runs.latest_done(ASSISTANT) is None
    done = over(begun)
    assert runs.finish(done)
    assert runs.get(ASSISTANT, run.id) == runs.latest_done(ASSISTANT) == runs.get_any(run.id) == done
    assert runs.open_runs() == []
    assert not runs.set_progress(begun, 50)
    assert not runs.finish(replace(begun, status=RunStatus.FAILED))
    assert runs.page(ASSISTANT, 5).items == (replace(done, results=(), change=None),)


def test_a_run_that_is_given_back_was_never_begun(runs: GoldenRunRepository) -> None:
    run = a_run()
    runs.add(run)
    runs.begin(run, utc_now())
    begun = replace(run, attempts=1)
    runs.set_progress(begun, 40)
    runs.give_back(begun)
    assert runs.get_any(run.id) == run


def test_the_last_run_that_is_done_is_the_one_before(runs: GoldenRunRepository) -> None:
    first, failed, theirs = a_run(), a_run(), a_run(new_id())
    for run in (first, failed, theirs):
        runs.add(run)
    runs.finish(over(first))
    runs.finish(replace(failed, status=RunStatus.FAILED, error="x"))
    runs.finish(over(theirs))
    latest = runs.latest_done(ASSISTANT)
    assert latest is not None
    assert latest.id == first.id
    assert runs.get(ASSISTANT, theirs.id) is None
    assert not runs.delete(ASSISTANT, theirs.id)
    assert runs.delete(ASSISTANT, failed.id)
    assert runs.count(ASSISTANT) == 1
    assert runs.delete_all_of(ASSISTANT) == 1
    assert runs.count(theirs.assistant_id) == 1


def test_open_work_waits_or_runs(runs: GoldenRunRepository) -> None:
    waiting, running, done = a_run(), a_run(), a_run()
    for one in (waiting, running, done):
        runs.add(one)
    at = utc_now()
    assert runs.begin(running, at)
    assert runs.finish(over(done))

    assert sorted(runs.open_work(9), key=lambda one: one.state) == [
        OpenJob(JobState.RUNNING, at),
        OpenJob(JobState.WAITING, waiting.created_at),
    ]
