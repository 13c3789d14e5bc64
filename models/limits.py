"""Limits: what an assistant and its end users may use, how far they have come, and what happens at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from kit.clock import rfc3339
from kit.errors import Conflict, TooManyRequests

MICRO = 1_000_000
NEAR = 0.8  # of a limit: from there on its owner is warned


class LimitName(StrEnum):
    """What is bounded; days and months are those of UTC."""

    REQUESTS_PER_MINUTE = "requests_per_minute"
    TOKENS_PER_DAY = "tokens_per_day"
    TOKENS_PER_MONTH = "tokens_per_month"
    MONEY_PER_MONTH = "money_per_month"


class LimitState(StrEnum):
    """How near a limit is: ``warning`` from 80 % on, ``reached`` when nothing is left."""

    OK = "ok"
    WARNING = "warning"
    REACHED = "reached"


@dataclass(frozen=True)
class Bounds:
    """Upper bounds; ``None`` is no bound. Money is in the unit of the model catalogue's prices."""

    requests_per_minute: int | None = None
    tokens_per_day: int | None = None
    tokens_per_month: int | None = None
    money_per_month: float | None = None

    @property
    def has_money(self) -> bool:
        """Whether money is bounded."""
        return self.money_per_month is not None

    @property
    def has_budget(self) -> bool:
        """Whether tokens or money are bounded."""
        return any(
            one is not None for one in (self.tokens_per_day, self.tokens_per_month, self.money_per_month)
        )


@dataclass(frozen=True)
class Over:
    """What happens at a budget's end instead of a refusal: another model answers, or this text does."""

    model: str = ""
    message: str = ""


@dataclass(frozen=True)
class Limits(Bounds):
    """An assistant's bounds, those of each of its end users, and what happens when a budget is used up."""

    user: Bounds | None = None
    over: Over | None = None

    @property
    def count_money(self) -> bool:
        """Whether money is bounded, the assistant's or each end user's."""
        return self.has_money or (self.user is not None and self.user.has_money)


@dataclass(frozen=True)
class Cost:
    """Tokens read and written together, and money in millionths of its unit."""

    tokens: int = 0
    money: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.tokens + other.tokens, self.money + other.money)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.tokens - other.tokens, self.money - other.money)

    def of(self, name: LimitName) -> int:
        """The part of it that a budget counts."""
        return self.money if name is LimitName.MONEY_PER_MONTH else self.tokens


@dataclass(frozen=True)
class Bound:
    """One budget: at most so many tokens (or millionths of money) until ``resets_at``."""

    name: LimitName
    most: int
    resets_at: datetime


@dataclass(frozen=True)
class Budget:
    """What a month has come to so far, reservations of calls under way included.

    ``assistant_id`` is that of a personal token for what the token may use. ``user_key`` is empty for an
    assistant's own, else it stands for an end user. ``month`` is like
    ``202611``; ``days`` has the tokens of each day that has any. ``open`` holds the reservations by id.
    """

    assistant_id: str
    month: str
    user_key: str = ""
    spent: Cost = Cost()
    days: Mapping[int, int] | None = None
    open: Mapping[str, Cost] | None = None

    def used(self, name: LimitName, day: int) -> int:
        """How much of a budget is used up, in the unit of its ``Bound``."""
        if name is LimitName.TOKENS_PER_DAY:
            return (self.days or {}).get(day, 0)
        return self.spent.of(name)

    @property
    def reserved(self) -> Cost:
        """The sum of all reservations."""
        return sum((self.open or {}).values(), Cost())


@dataclass(frozen=True)
class BudgetWarning:
    """A budget is 80 % used up; told once in its window. ``user_id`` is empty for the assistant's own."""

    assistant_id: str
    owner_id: str
    limit: LimitName
    used: float
    allowed: float
    resets_at: datetime
    user_id: str = ""


class LimitReached(TooManyRequests):
    """A limit is reached; ``details`` say which, whose, how much of it is used and when it starts anew."""

    code: ClassVar[str] = "limit_reached"

    def __init__(
        self,
        name: LimitName,
        *,
        of_user: bool,
        of_token: bool = False,
        used: float,
        allowed: float,
        resets_at: datetime,
        now: datetime,
    ) -> None:
        self.limit = f"user.{name}" if of_user else f"token.{name}" if of_token else str(name)
        whose = "this user" if of_user else "this token" if of_token else "this assistant"
        super().__init__(
            f"{_SENTENCES[name]} of {whose} is reached; it starts anew at {rfc3339(resets_at)}.",
            details={
                "limit": self.limit,
                "used": used,
                "allowed": allowed,
                "resets_at": rfc3339(resets_at),
            },
            retry_after=max(1.0, (resets_at - now).total_seconds()),
        )
        self.name = name
        self.of_user = of_user
        self.of_token = of_token
        self.used = used
        self.allowed = allowed
        self.resets_at = resets_at


class PriceUnknown(Conflict):
    """There is a budget of money, and a model that may answer has no price: what it costs would go uncounted."""

    code: ClassVar[str] = "price_unknown"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(no_price(names), details={"models": list(names)})


def no_price(names: Sequence[str]) -> str:
    """Why a budget of money cannot be kept, and what to do about it."""
    return (
        f"A budget of money is set, and these models have no price: {', '.join(names)}. Give them price_in and "
        "price_out in the catalogue (0 for what is free; LLM_PRICE_IN and LLM_PRICE_OUT for LLM_MODEL), or bound "
        "tokens instead."
    )


_SENTENCES = {
    LimitName.REQUESTS_PER_MINUTE: "The number of requests a minute",
    LimitName.TOKENS_PER_DAY: "The day's budget of tokens",
    LimitName.TOKENS_PER_MONTH: "The month's budget of tokens",
    LimitName.MONEY_PER_MONTH: "The month's budget of money",
}


def month_of(moment: datetime) -> str:
    """The month of a moment in UTC, like ``202611``."""
    return moment.astimezone(UTC).strftime("%Y%m")


def next_day(now: datetime) -> datetime:
    """When the next day begins, UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def next_month(now: datetime) -> datetime:
    """When the next month begins, UTC."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def budgets_of(bounds: Bounds, now: datetime) -> tuple[Bound, ...]:
    """The budgets among bounds, with when each starts anew."""
    named = (
        (LimitName.TOKENS_PER_DAY, bounds.tokens_per_day, next_day(now)),
        (LimitName.TOKENS_PER_MONTH, bounds.tokens_per_month, next_month(now)),
        (LimitName.MONEY_PER_MONTH, _micros(bounds.money_per_month), next_month(now)),
    )
    return tuple(Bound(name, most, ends) for name, most, ends in named if most is not None)


def state_of(used: float, allowed: float) -> LimitState:
    """How near a limit is."""
    if used >= allowed:
        return LimitState.REACHED
    return LimitState.WARNING if used >= NEAR * allowed else LimitState.OK


def shown(name: LimitName, amount: int) -> float:
    """An amount of a ``Bound`` as people read it: money in its unit, the rest as it is."""
    return amount / MICRO if name is LimitName.MONEY_PER_MONTH else amount


def _micros(money: float | None) -> int | None:
    return None if money is None else round(money * MICRO)
