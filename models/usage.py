"""Model calls one by one, as the request log keeps them, and what they add up to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from models.catalogue import ModelEntry
from models.chats import Tokens
from models.routing import Attempt

LEFT_EARLY = "left"
LIMIT_MESSAGE = "limit_message"  # as a model's name: what an owner says when a budget is used up
LONGEST_LOGGED_TEXT = 20_000


@dataclass(frozen=True)
class ModelCall:
    """One call, whoever answered it.

    ``key_id`` names the credential, ``user_id`` the end user as the caller named them. ``outcome`` is
    ``answered``, ``left`` (its stream was closed early), ``limit_message``, or the machine code of an error.
    ``money`` is in millionths; times in milliseconds. Texts are there only where the assistant keeps them.
    """

    id: str
    at: datetime
    assistant_id: str
    owner_id: str
    outcome: str
    model: str
    key_id: str = ""
    user_id: str = ""
    chat_id: str = ""
    purpose: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    money: int = 0
    attempts: tuple[Attempt, ...] = ()
    queue_ms: int = 0
    retrieval_ms: int = 0
    model_ms: int = 0
    total_ms: int = 0
    question: str | None = None
    response: str | None = None


@dataclass(frozen=True)
class CallFilter:
    """Which calls of the log are wanted; what is empty does not narrow it. Times are both included."""

    assistant_id: str = ""
    model: str = ""
    outcome: str = ""
    user_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Counts:
    """What calls add up to: ``failed`` and ``refused`` (by a limit) are among ``requests``."""

    requests: int = 0
    failed: int = 0
    refused: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    money: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(mine + theirs for mine, theirs in zip(self.values(), other.values(), strict=True)))

    def values(self) -> tuple[int, ...]:
        """In the order of the fields."""
        return (self.requests, self.failed, self.refused, self.tokens_in, self.tokens_out, self.money)


@dataclass(frozen=True)
class UsageKey:
    """What usage is kept by. ``owner_id`` is the one at the time; ``user_id`` is empty where nobody was named."""

    assistant_id: str
    owner_id: str
    day: date
    model: str
    user_id: str = ""

    @property
    def month(self) -> str:
        """Like ``202611``."""
        return self.day.strftime("%Y%m")

    def of_anybody(self) -> UsageKey:
        """The same without the end user."""
        return replace(self, user_id="")


@dataclass(frozen=True)
class UsageRow:
    """Usage by what it was asked by; the rest is ``None``."""

    counts: Counts
    assistant_id: str | None = None
    assistant_name: str | None = None
    model: str | None = None
    day: date | None = None
    user_id: str | None = None
    owner_id: str | None = None
    token_id: str | None = None


def money_of(entry: ModelEntry | None, tokens_in: int, tokens_out: int) -> int:
    """What so many tokens cost, in millionths, rounded up: a price per million is that of a token in millionths."""
    if entry is None:
        return 0
    # A price has few decimals: what lies behind them comes from counting in halves.
    return math.ceil(round(tokens_in * (entry.price_in or 0.0) + tokens_out * (entry.price_out or 0.0), 6))


def counts_of(calls: Sequence[ModelCall]) -> Counts:
    """What calls add up to."""
    outcomes = [one.outcome for one in calls]
    refused = sum(one in ("limit_reached", LIMIT_MESSAGE) for one in outcomes)
    return Counts(
        requests=len(calls),
        failed=sum(one not in ("answered", LEFT_EARLY) for one in outcomes) - refused,
        refused=refused,
        tokens_in=sum(one.tokens.input for one in calls),
        tokens_out=sum(one.tokens.output for one in calls),
        money=sum(one.money for one in calls),
    )
