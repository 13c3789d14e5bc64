"""Prompts that are answered in the background, in the records until a while after their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import ClassVar

from models.cards import CardsDone, CardWanted, NoCard
from models.chats import Source, Tokens
from models.generation import Asked, Generated, GenerationJob, JobError, JobStatus
from models.jobs import JobState, OpenJob
from models.routing import Attempt, Routing
from repositories.base import BATCH, Repository
from repositories.scope import WHOLE, Scope
from repositories.values import Record, choice, maybe_moment, moment

OPEN, OVER = "open", "over"
BY_PERSON, BY_BOT = "person", "bot"
ANSWER, CARDS = "answer", "cards"


class GenerationJobRepository(Repository):
    """One record a job; of one that is over the prompt is gone and the answer is there."""

    collection: ClassVar[str] = "generation_jobs"
    page_keys: ClassVar[Mapping[str, str]] = {
        "assistant_id": "assistant_page",
        "user_id": "user_page",
        "whole": "page",
    }
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "key"})

    def add(self, job: GenerationJob) -> None:
        """Keep a new job; ``Duplicate`` where one with its key is kept."""
        self._insert(_scope(job), _record(job))

    def get(self, user_id: str, assistant_id: str, job_id: str) -> GenerationJob | None:
        """A person's job, or, without a ``user_id``, one that the bot of an assistant has made."""
        by = BY_PERSON if user_id else BY_BOT
        scope = Scope(user_id=user_id) if user_id else Scope(assistant_id=assistant_id)
        record = self._get(scope, job_id, when={"by": by})
        return _job(record) if record else None

    def get_any(self, job_id: str) -> GenerationJob | None:
        """The job of this id, whoever's: whose business it is, the caller knows."""
        record = self._by_key("_id", job_id)
        return _job(record) if record else None

    def by_key(self, key: str) -> GenerationJob | None:
        """The job that was made of the request with this key."""
        record = self._by_key("key", key)
        return _job(record) if record else None

    def open_jobs(self) -> list[GenerationJob]:
        """Every job of the installation that is not over, oldest first."""
        return [_job(record) for record in self._sweep("work", OPEN)]

    def open_work(self, limit: int) -> list[OpenJob]:
        """Those of the installation that wait or run, as far as they are counted."""
        found = self._some("work", OPEN, limit, ("status", "createdAt", "startedAt"))
        return [
            OpenJob(JobState.WAITING, moment(record["createdAt"]))
            if record["status"] == JobStatus.QUEUED
            else OpenJob(JobState.RUNNING, moment(record.get("startedAt") or record["createdAt"]))
            for record in found
        ]

    def begin(self, job: GenerationJob, at: datetime) -> bool:
        """Say that it is worked on; ``False`` when it has begun already, or is gone. Of several exactly one may."""
        change = {"status": JobStatus.RUNNING, "progress": 10, "startedAt": at}
        return self._update(_scope(job), job.id, {"$set": change}, when={"status": JobStatus.QUEUED})

    def finish(self, job: GenerationJob) -> bool:
        """Write what became of it, in one write; ``False`` when it is over already, or gone."""
        record = _record(job)
        names = ("status", "work", "progress", "result", "error", "finishedAt", "asked")
        change = {name: record[name] for name in names}
        return self._update(_scope(job), job.id, {"$set": change}, when={"work": OPEN})

    def forget_before(self, moment_: datetime) -> int:
        """Remove the jobs that were made before; how many those were."""
        removed, cursor = 0, ""
        while True:
            page = self._page(WHOLE, limit=BATCH, cursor=cursor, newest_first=False, fields=("createdAt",))
            old = [one for one in page.items if moment(one["createdAt"]) < moment_]
            removed += sum(self._delete(WHOLE, one["_id"]) for one in old)
            cursor = page.next_cursor
            if not cursor or len(old) < len(page.items):
                return removed

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every job that an assistant has to do with."""
        return self._delete_all(Scope(assistant_id=assistant_id))

    def delete_all_of_user(self, user_id: str) -> int:
        """Remove every job of a person."""
        return self._delete_all(Scope(user_id=user_id))


def _scope(job: GenerationJob) -> Scope:
    return Scope(user_id=job.user_id) if job.user_id else Scope(assistant_id=job.assistant_id)


def _record(job: GenerationJob) -> Record:
    return {
        "_id": job.id,
        "by": BY_PERSON if job.user_id else BY_BOT,
        "user_id": job.user_id,
        "token_id": job.token_id,
        "assistant_id": job.assistant_id,
        "key": job.key,
        "digest": job.digest,
        "for": CARDS if isinstance(job.asked, CardWanted) else ANSWER,
        "asked": None if job.is_over else asdict(job.asked),
        "status": job.status,
        "work": OVER if job.is_over else OPEN,
        "progress": job.progress,
        "result": asdict(job.result) if job.result else None,
        "error": asdict(job.error) if job.error else None,
        "createdAt": job.created_at,
        "startedAt": job.started_at,
        "finishedAt": job.finished_at,
    }


def _job(record: Record) -> GenerationJob:
    result = record.get("result")
    return GenerationJob(
        id=record["_id"],
        user_id=record["user_id"],
        token_id=record.get("token_id", ""),
        assistant_id=record["assistant_id"],
        asked=_asked(record),
        created_at=moment(record["createdAt"]),
        key=record["key"],
        digest=record["digest"],
        status=choice(record["status"], JobStatus.FAILED),
        progress=int(record["progress"]),
        result=(_cards_done if _is_for_cards(record) else _generated)(result) if result else None,
        error=JobError(**record["error"]) if record.get("error") else None,
        started_at=maybe_moment(record.get("startedAt")),
        finished_at=maybe_moment(record.get("finishedAt")),
    )


def _is_for_cards(record: Record) -> bool:
    return record.get("for") == CARDS


def _asked(record: Record) -> Asked | CardWanted:
    """What is asked for; of a job that is over it is gone."""
    asked = record.get("asked")
    if _is_for_cards(record):
        return CardWanted(**{**asked, "models": tuple(asked["models"])}) if asked else CardWanted("", "")
    return Asked(**asked) if asked else Asked("")


def _cards_done(record: Record) -> CardsDone:
    return CardsDone(
        card_ids=tuple(record["card_ids"]),
        failed=tuple(NoCard(**one) for one in record["failed"]),
        several=bool(record["several"]),
    )


def _generated(record: Record) -> Generated:
    tokens = record["tokens"]
    sources = (Source(**{**one, "heading": tuple(one["heading"])}) for one in record["sources"])
    return Generated(
        output=record["output"],
        model=record["model"],
        seconds=float(record["seconds"]),
        tokens=Tokens(int(tokens["input"]), int(tokens["output"]), bool(tokens["estimated"])),
        sources=tuple(sources),
        routing=_routing(record["routing"]),
    )


def _routing(record: Record) -> Routing:
    return Routing(
        attempts=tuple(
            Attempt(str(one["model"]), str(one["outcome"]), int(one["ms"])) for one in record["attempts"]
        ),
        queue_ms=int(record["queue_ms"]),
        model_ms=int(record["model_ms"]),
    )
