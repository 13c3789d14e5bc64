"""Runs of golden questions in the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from models.golden import GoldenResult, GoldenRun, Hit, RunChange, RunStatus, Shift
from models.jobs import JobState, OpenJob
from models.pages import Page
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, choice, maybe_moment, moment

# On a run that is not over: the few that a start or a sweep looks at.
OPEN, OVER = "open", "over"
# All but the results and the change, which a list does without.
SUMMARY = (
    "assistant_id",
    "top_k",
    "status",
    "progress",
    "error",
    "questions",
    "hits",
    "mean_reciprocal_rank",
    "attempts",
    "createdAt",
    "startedAt",
    "finishedAt",
)


class GoldenRunRepository(Repository):
    """One record a run, its results within it."""

    collection: ClassVar[str] = "golden_runs"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page"}

    def add(self, run: GoldenRun) -> None:
        """Keep a new run."""
        self._insert(Scope(assistant_id=run.assistant_id), _record(run))

    def get(self, assistant_id: str, run_id: str) -> GoldenRun | None:
        """The assistant's run of this id, with its results."""
        record = self._get(Scope(assistant_id=assistant_id), run_id)
        return _run(record) if record else None

    def get_any(self, run_id: str) -> GoldenRun | None:
        """The run of this id, whoever's; for background work alone."""
        record = self._by_key("_id", run_id)
        return _run(record) if record else None

    def page(self, assistant_id: str, limit: int, cursor: str = "") -> Page[GoldenRun]:
        """An assistant's runs without their results, newest first."""
        scope = Scope(assistant_id=assistant_id)
        return self._page(scope, limit=limit, cursor=cursor, fields=SUMMARY).map(_run)

    def count(self, assistant_id: str) -> int:
        """How many runs of an assistant are kept."""
        return self._count(Scope(assistant_id=assistant_id))

    def latest_done(self, assistant_id: str) -> GoldenRun | None:
        """The last run that was begun and is done, with its results."""
        done = {"status": RunStatus.DONE}
        found = self._page(Scope(assistant_id=assistant_id), limit=1, match=done).items
        return _run(found[0]) if found else None

    def queued(self, assistant_id: str) -> list[GoldenRun]:
        """An assistant's runs that were not begun."""
        match = {"status": RunStatus.QUEUED}
        return [
            _run(one) for one in self._each(Scope(assistant_id=assistant_id), match=match, fields=SUMMARY)
        ]

    def open_runs(self) -> list[GoldenRun]:
        """Every run of the installation that is not over, oldest first."""
        return [_run(record) for record in self._sweep("work", OPEN)]

    def open_work(self, limit: int) -> list[OpenJob]:
        """Those of the installation that wait or run, as far as they are counted."""
        found = self._some("work", OPEN, limit, ("status", "createdAt", "startedAt"))
        return [
            OpenJob(JobState.WAITING, moment(record["createdAt"]))
            if record["status"] == RunStatus.QUEUED
            else OpenJob(JobState.RUNNING, moment(record.get("startedAt") or record["createdAt"]))
            for record in found
        ]

    def begin(self, run: GoldenRun, at: datetime) -> bool:
        """Say that a process works on it; ``False`` when it is over, gone, or another has begun it since."""
        change = {"status": RunStatus.RUNNING, "progress": 0, "startedAt": at, "attempts": run.attempts + 1}
        when = {"work": OPEN, "attempts": run.attempts}
        return self._update(Scope(assistant_id=run.assistant_id), run.id, {"$set": change}, when=when)

    def give_back(self, run: GoldenRun) -> None:
        """Queue a run that was begun again, as if it had not been: what ended it was no fault of its own."""
        change = {"status": RunStatus.QUEUED, "progress": 0, "startedAt": None, "attempts": run.attempts - 1}
        self._change_ours(run, change)

    def set_progress(self, run: GoldenRun, progress: int) -> bool:
        """Say how far it has come (0 to 100); ``False`` when it is gone, or begun by another, meanwhile."""
        return self._change_ours(run, {"progress": progress})

    def finish(self, run: GoldenRun) -> bool:
        """Write what a run that is done or failed came to, in one write; ``False`` when it is gone or another's."""
        record = _record(run)
        kept = ("_id", "assistant_id", "top_k", "createdAt", "startedAt", "attempts")
        change = {name: value for name, value in record.items() if name not in kept}
        return self._change_ours(run, change)

    def delete(self, assistant_id: str, run_id: str) -> bool:
        """Remove a run; whether it was there."""
        return self._delete(Scope(assistant_id=assistant_id), run_id)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every run of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def _change_ours(self, run: GoldenRun, change: Mapping[str, Any]) -> bool:
        """Change a run that nobody has begun since it was begun as ``run`` says."""
        scope = Scope(assistant_id=run.assistant_id)
        return self._update(scope, run.id, {"$set": change}, when={"work": OPEN, "attempts": run.attempts})


def _record(run: GoldenRun) -> Record:
    return {
        "_id": run.id,
        "assistant_id": run.assistant_id,
        "top_k": run.top_k,
        "status": run.status,
        "work": OVER if run.is_over else OPEN,
        "progress": run.progress,
        "error": run.error,
        "questions": run.questions,
        "hits": run.hits,
        "mean_reciprocal_rank": run.mean_reciprocal_rank,
        "results": [asdict(one) for one in run.results],
        "change": asdict(run.change) if run.change else None,
        "attempts": run.attempts,
        "createdAt": run.created_at,
        "startedAt": run.started_at,
        "finishedAt": run.finished_at,
    }


def _run(record: Record) -> GoldenRun:
    return GoldenRun(
        id=record["_id"],
        assistant_id=record["assistant_id"],
        top_k=int(record["top_k"]),
        created_at=moment(record["createdAt"]),
        status=choice(record["status"], RunStatus.FAILED),
        progress=int(record["progress"]),
        error=record.get("error"),
        started_at=maybe_moment(record.get("startedAt")),
        finished_at=maybe_moment(record.get("finishedAt")),
        questions=int(record["questions"]),
        hits=int(record["hits"]),
        mean_reciprocal_rank=float(record["mean_reciprocal_rank"]),
        results=tuple(_result(one) for one in record.get("results", ())),
        change=_change(record["change"]) if record.get("change") else None,
        attempts=int(record["attempts"]),
    )


def _result(record: Record) -> GoldenResult:
    return GoldenResult(
        question_id=record["question_id"],
        question=record["question"],
        hit=Hit(**record["hit"]) if record["hit"] else None,
        enough=bool(record["enough"]),
    )


def _change(record: Record) -> RunChange:
    shifts = {
        name: tuple(Shift(**one) for one in record[name]) for name in ("newly_hit", "newly_missed", "moved")
    }
    return RunChange(**{**record, **shifts})
