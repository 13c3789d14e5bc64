"""Keep budgets of tokens and money: reserve before a call, settle after it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kit.clock import Clock
from kit.errors import AppError, Unavailable
from kit.ids import new_id
from kit.logging import get_logger
from models.limits import (
    NEAR,
    Bound,
    Budget,
    BudgetWarning,
    Cost,
    LimitName,
    LimitReached,
    month_of,
    shown,
)
from repositories.budgets import BudgetRepository
from services.limits.spender import Reservation, Spender, Taken, all_bounds

TRIES = 4
LOOK_AGAIN = timedelta(seconds=30)
MOST_KNOWN = 20_000
MOST_UNSETTLED = 10_000
MONTHS_KEPT = 3
_log = get_logger("limits")

# Tokens by day and all that was spent, of an assistant or (the third) one of its end users in a month.
UsedBefore = Callable[[str, str, str], tuple[Mapping[int, int], Cost]]


class _Known:
    """What this process knows of a budget: near enough to tell when a look at the record is worth it."""

    def __init__(self, budget: Budget, read_at: datetime) -> None:
        self.budget = budget
        self.read_at = read_at
        self.warned: set[tuple[LimitName, int]] = set()


class KeepBudgets:
    """Takes what a call may cost out of its budgets in one write each, and gives back what it did not cost.

    Of any number of calls at once none passes a bound by more than what a model counts beyond the estimate. A
    reservation that a crash left open stays used. Assistants without budgets cost nothing here.
    """

    def __init__(
        self,
        *,
        budgets: BudgetRepository,
        used_before: UsedBefore,
        clock: Clock,
        on_warning: Callable[[BudgetWarning], object] = lambda _warning: None,
    ) -> None:
        self._budgets = budgets
        self._used_before = used_before
        self._clock = clock
        self._on_warning = on_warning
        self._opening = threading.Lock()
        self._known: dict[tuple[str, str, str], _Known] = {}
        self._unsettled: deque[tuple[Reservation, Taken, Cost]] = deque(maxlen=MOST_UNSETTLED)

    def reserve(
        self,
        spender: Spender,
        cost: Cost,
        *,
        only: Sequence[LimitName] = tuple(LimitName),
        final: bool = True,
    ) -> Reservation:
        """Take ``cost`` out of every budget of the spender; ``LimitReached`` when one has not that much left.

        Of bounds that are not among ``only`` (and not a token's) as much is used as there is need. Where less will
        be tried next it is not ``final``, and nobody is warned.
        """
        now = self._clock()
        reservation = Reservation(new_id(), spender, now.day, cost)
        for account, user_key, bounds in all_bounds(spender, now):
            budget = Budget(account, month_of(now), user_key)
            is_of_key = account != spender.assistant_id
            kept = tuple(one for one in bounds if is_of_key or one.name in only)
            try:
                self._take(reservation, budget, kept, now, final=final)
            except AppError:
                self.settle(reservation, Cost())
                raise
            taken = Taken(budget, bounds)
            reservation = replace(reservation, taken=(*reservation.taken, taken))
        if not reservation.taken:
            self.forget(spender.assistant_id)
            self.forget(spender.key_id)
        return reservation

    def forget(self, account_id: str) -> None:
        """An assistant or token has no budget: what was known of one counts not for the next that it is given."""
        if self._known:
            self._known.pop((account_id, month_of(self._clock()), ""), None)

    def settle(self, reservation: Reservation, cost: Cost) -> None:
        """Count what the call cost in truth; without records that is made up for later."""
        for taken in reservation.taken:
            self._settle(reservation, taken, cost)

    def settle_rest(self) -> int:
        """Settle what could not be settled when its call ended; how many of them could now."""
        settled = 0
        for _ in range(len(self._unsettled)):
            reservation, taken, cost = self._unsettled.popleft()
            self._settle(reservation, taken, cost)
            settled += 1
        return settled

    def tidy(self, longest_call: timedelta) -> None:
        """Let go of reservations whose process is gone, and of months that are long over."""
        now = self._clock()
        month = now.replace(day=1)
        for number in range(MONTHS_KEPT + 9):
            if number < MONTHS_KEPT:
                self._budgets.let_go(month_of(month), now - longest_call)
            else:
                self._budgets.delete_month(month_of(month))
            month = (month - timedelta(days=1)).replace(day=1)

    def now(self, spender: Spender) -> tuple[tuple[Bound, int], ...]:
        """Each budget of the spender with how much of it is used."""
        now = self._clock()
        found = []
        for account, user_key, bounds in all_bounds(spender, now):
            if spender.user_id and not user_key:
                continue
            budget = self._budgets.get(account, month_of(now), user_key)
            if budget is None:
                days, spent = self._used_before(account, month_of(now), spender.user_id)
                budget = Budget(account, month_of(now), user_key, spent, days)
            found += [(bound, budget.used(bound.name, now.day)) for bound in bounds]
        return tuple(found)

    def _take(
        self,
        reservation: Reservation,
        budget: Budget,
        bounds: tuple[Bound, ...],
        now: datetime,
        *,
        final: bool,
    ) -> None:
        for _ in range(TRIES):
            known = self._open(reservation.spender, budget, now)
            if self._budgets.reserve(budget, now.day, bounds, reservation.id, reservation.cost, now):
                return
            found = self._budgets.get(budget.assistant_id, budget.month, budget.user_key)
            if found is None:
                self._forget(budget)
                continue
            known.budget, known.read_at = found, now
            over = _first_over(bounds, found, reservation.cost, now)
            if over is not None:
                if final:
                    self._warn(reservation.spender, over, known, reservation.day, reached=True)
                raise LimitReached(
                    over.name,
                    of_user=bool(budget.user_key),
                    of_token=budget.assistant_id != reservation.spender.assistant_id,
                    used=shown(over.name, found.used(over.name, now.day)),
                    allowed=shown(over.name, over.most),
                    resets_at=over.resets_at,
                    now=now,
                )
        raise Unavailable("The budget cannot be read right now.", retry_after=1)

    def _open(self, spender: Spender, budget: Budget, now: datetime) -> _Known:
        """The budget's record, made when it is not there, with what was used while it had no bound."""
        name = (budget.assistant_id, budget.month, budget.user_key)
        known = self._known.get(name)
        if known is not None and now - known.read_at < LOOK_AGAIN:
            return known
        with self._opening:
            again = self._known.get(name)
            if again is not None and again is not known:
                return again
            found = self._begun(spender, budget) if known is None else self._budgets.get(*name) or budget
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            fresh = _Known(found, now)
            fresh.warned = known.warned if known else set()
            self._known[name] = fresh
            return fresh

    def _begun(self, spender: Spender, budget: Budget) -> Budget:
        user_id = spender.user_id if budget.user_key else ""
        days, spent = self._used_before(budget.assistant_id, budget.month, user_id)
        begun = replace(budget, spent=spent, days=days)
        if self._budgets.open(begun):
            return begun
        found = self._budgets.get(budget.assistant_id, budget.month, budget.user_key)
        return self._caught_up(found, days, spent) if found else begun

    def _caught_up(self, budget: Budget, days: Mapping[int, int], spent: Cost) -> Budget:
        """Count what was used while there was no bound to count it for."""
        settled = budget.spent - budget.reserved
        more = Cost(max(0, spent.tokens - settled.tokens), max(0, spent.money - settled.money))
        if more == Cost():
            return budget
        counted = budget.days or {}
        extra = {day: n - counted.get(day, 0) for day, n in days.items() if n > counted.get(day, 0)}
        self._budgets.add(budget, extra, more)
        return replace(budget, spent=budget.spent + more, days={**counted, **days})

    def _forget(self, budget: Budget) -> None:
        self._known.pop((budget.assistant_id, budget.month, budget.user_key), None)

    def _settle(self, reservation: Reservation, taken: Taken, cost: Cost) -> None:
        budget, more = taken.budget, cost - reservation.cost
        try:
            self._budgets.settle(budget, reservation.day, reservation.id, more)
        except Unavailable:
            self._unsettled.append((reservation, taken, cost))
            return
        known = self._known.get((budget.assistant_id, budget.month, budget.user_key))
        if known is not None:
            days = {**(known.budget.days or {})}
            days[reservation.day] = days.get(reservation.day, 0) + cost.tokens
            known.budget = replace(known.budget, spent=known.budget.spent + cost, days=days)
            for bound in taken.bounds:
                self._warn(reservation.spender, bound, known, reservation.day)

    def _warn(
        self, spender: Spender, bound: Bound, known: _Known, day: int, *, reached: bool = False
    ) -> None:
        used, budget = known.budget.used(bound.name, day), known.budget
        window = (bound.name, day if bound.name is LimitName.TOKENS_PER_DAY else 0)
        if window in known.warned or not (reached or used >= NEAR * bound.most):
            return
        known.warned.add(window)
        try:
            first = self._budgets.warn(budget, bound.name, day)
        except Unavailable:
            known.warned.discard(window)
            return
        if first:
            _log.info("budget warning", account_id=budget.assistant_id, limit=str(bound.name))
            if budget.assistant_id != spender.assistant_id:
                return  # a token has no webhook
            self._on_warning(
                BudgetWarning(
                    spender.assistant_id,
                    spender.owner_id,
                    bound.name,
                    shown(bound.name, used),
                    shown(bound.name, bound.most),
                    bound.resets_at,
                    spender.user_id if budget.user_key else "",
                )
            )


def _first_over(bounds: Sequence[Bound], budget: Budget, cost: Cost, now: datetime) -> Bound | None:
    """The first bound that has no room for so much more."""
    return next(
        (one for one in bounds if budget.used(one.name, now.day) + cost.of(one.name) > one.most), None
    )
