"""Who uses tokens, by which budgets, and what was taken out of these."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from models.limits import Bound, Bounds, Budget, Cost, Limits, budgets_of


@dataclass(frozen=True)
class Spender:
    """Who uses tokens: an assistant with its limits, and the end user it is for, where one is named.

    ``key_id`` is the personal token that is used, where it has bounds of its own: ``of_key``. Without an
    assistant these alone count.
    """

    assistant_id: str
    owner_id: str
    limits: Limits
    user_id: str = ""
    key_id: str = ""
    of_key: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True)
class Taken:
    """What was taken out of one budget."""

    budget: Budget
    bounds: tuple[Bound, ...]


@dataclass(frozen=True)
class Reservation:
    """What a call may cost at most, taken out of every budget that it counts for until it is settled."""

    id: str
    spender: Spender
    day: int
    cost: Cost
    taken: tuple[Taken, ...] = ()


def all_bounds(spender: Spender, now: datetime) -> list[tuple[str, str, tuple[Bound, ...]]]:
    """Every budget of a spender: whose month it is kept under, for which end user, and its bounds."""
    limits, assistant_id = spender.limits, spender.assistant_id
    found = [(assistant_id, "", budgets_of(limits, now))]
    if limits.user is not None and spender.user_id:
        found.append((assistant_id, user_key(spender.user_id), budgets_of(limits.user, now)))
    if spender.key_id != assistant_id:
        found.append((spender.key_id, "", budgets_of(spender.of_key, now)))
    return [one for one in found if one[0] and one[2]]


def user_key(user_id: str) -> str:
    """What stands for an end user in names of records: their id may be anything."""
    return hashlib.sha256(user_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
