"""Answers that are asked for without a chat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.cards import CardsDone, CardWanted
from models.chats import Source, Tokens
from models.routing import Routing


@dataclass(frozen=True)
class Asked:
    """A prompt as it was handed in; ``None`` leaves a choice to the assistant or the model.

    ``user_id`` is the end user that it is for, as the client calls them. ``grounded``: answered from the
    documents of the caller's assistant, or of ``assistant_id`` where a person asks; ``about`` is looked for in
    them where too little is found for the prompt.
    """

    prompt: str
    system: str = ""
    model: str = ""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    user_id: str = ""
    grounded: bool = False
    assistant_id: str = ""
    about: str = ""


@dataclass(frozen=True)
class Generated:
    """What the model wrote, in ``seconds``; ``sources`` only of a grounded answer."""

    output: str
    model: str
    seconds: float
    tokens: Tokens = field(default_factory=Tokens)
    sources: tuple[Source, ...] = ()
    routing: Routing = field(default_factory=Routing)


class JobStatus(StrEnum):
    """How far a job has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class JobError:
    """Why there is no answer, as the same request would have been told at once."""

    code: str
    message: str


@dataclass(frozen=True)
class GenerationJob:
    """A prompt that is answered, or cards that are made, in the background.

    Of a person's job ``user_id`` is the person, of a bot's it is empty; ``assistant_id`` is whose documents or
    settings count, if anybody's; ``token_id`` is the personal token that it was asked with. ``key`` makes it one
    with a request that is sent again, ``digest`` tells whether that is the same request.
    """

    id: str
    user_id: str
    assistant_id: str
    asked: Asked | CardWanted
    created_at: datetime
    key: str
    digest: str
    token_id: str = ""
    status: JobStatus = JobStatus.QUEUED
    progress: int = 0
    result: Generated | CardsDone | None = None
    error: JobError | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will become of it."""
        return self.status in (JobStatus.DONE, JobStatus.FAILED)
