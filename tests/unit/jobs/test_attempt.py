"""What goes wrong in a thread that must outlive it: logged, noted, and over."""

from __future__ import annotations

from typing import Any

import pytest
import structlog

from jobs.attempt import Attempt
from kit.errors import AppError, Unavailable


def tried(problem: BaseException | None, **more: Any) -> tuple[Attempt, list[Any]]:
    with structlog.testing.capture_logs() as lines, Attempt("drawing", card_id="c1", **more) as attempt:
        if problem is not None:
            raise problem
    return attempt, lines


def test_what_went_well_is_not_spoken_of() -> None:
    attempt, lines = tried(None)
    assert (attempt.went_well, attempt.put_off, attempt.failed, lines) == (True, False, False, [])


def test_a_known_problem_puts_the_work_off() -> None:
    attempt, lines = tried(Unavailable("The records are away."))
    assert (attempt.went_well, attempt.put_off, attempt.failed) == (False, True, False)
    said = {"event": "drawing put off", "log_level": "warning", "code": "unavailable", "card_id": "c1"}
    assert lines == [{"component": "jobs", **said}]
    _, lines = tried(AppError("It is full."), says_why=True)
    assert lines[0]["reason"] == "It is full."


def test_any_other_is_a_bug_and_ends_no_thread() -> None:
    bug = ZeroDivisionError()
    attempt, lines = tried(bug)
    assert (attempt.went_well, attempt.put_off, attempt.failed) == (False, False, True)
    assert (lines[0]["event"], lines[0]["log_level"], lines[0]["exc_info"]) == (
        "drawing failed",
        "error",
        bug,
    )


def test_what_ends_the_process_goes_on_its_way() -> None:
    with pytest.raises(SystemExit):
        tried(SystemExit())
