from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pymongo.database import Database

from kit.errors import Unavailable
from kit.ids import new_id
from models.limits import (
    Bounds,
    Budget,
    BudgetWarning,
    Cost,
    LimitName,
    LimitReached,
    Limits,
    budgets_of,
)
from repositories.budgets import BudgetRepository
from repositories.values import Record
from services.limits.keep_budgets import KeepBudgets
from services.limits.spender import Reservation, Spender, user_key

NOW = datetime(2026, 11, 21, 23, 59, 50, tzinfo=UTC)
THREADS = 32


@pytest.fixture
def budgets(database: Database[Record]) -> BudgetRepository:
    return BudgetRepository(database)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Scene:
    """Budgets with a clock of their own and the warnings that were given."""

    def __init__(self, budgets: BudgetRepository) -> None:
        self.clock = Clock()
        self.warnings: list[BudgetWarning] = []
        self.before: dict[tuple[str, str], tuple[dict[int, int], Cost]] = {}
        self.keep = self.of(budgets)

    def of(self, budgets: BudgetRepository) -> KeepBudgets:
        return KeepBudgets(
            budgets=budgets,
            used_before=lambda _assistant, month, user_id: self.before.get((month, user_id), ({}, Cost())),
            clock=self.clock,
            on_warning=self.warnings.append,
        )


@pytest.fixture
def scene(budgets: BudgetRepository) -> Scene:
    return Scene(budgets)


def a_spender(user_id: str = "", user: Bounds | None = None, **bounds: float) -> Spender:
    limits = Limits(**bounds, user=user)  # type: ignore[arg-type]  # whole numbers but for money
    return Spender(new_id(), new_id(), limits, user_id)


def kept_of(budgets: BudgetRepository, spender: Spender) -> Budget:
    kept = budgets.get(spender.assistant_id, "202611")
    assert kept is not None
    return kept


def at_once(call: Callable[[int], object], times: int) -> Counter[str]:
    """How calls made at the same moment came out."""

    def outcome(n: int) -> str:
        try:
            call(n)
        except LimitReached as reached:
            return str(reached.details["limit"])
        return "passed"

    with ThreadPoolExecutor(THREADS) as many:
        return Counter(many.map(outcome, range(times)))


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [("tokens_per_day", 1000), ("tokens_per_month", 1000), ("money_per_month", 0.005)],
)
def test_of_a_hundred_calls_at_once_ten_pass_a_budget_for_ten(
    scene: Scene, budgets: BudgetRepository, limit: str, allowed: float
) -> None:
    spender = a_spender("", None, **{limit: allowed})

    assert at_once(lambda _: scene.keep.reserve(spender, Cost(100, 500)), 100) == {"passed": 10, limit: 90}
    kept = kept_of(budgets, spender)
    assert kept.spent == kept.reserved == Cost(1000, 5000)


def test_a_users_budget_holds_and_takes_nothing_from_the_assistants_when_it_refuses(
    scene: Scene, budgets: BudgetRepository
) -> None:
    spender = a_spender("+55 13 9", Bounds(tokens_per_day=300), tokens_per_month=100_000)

    assert at_once(lambda _: scene.keep.reserve(spender, Cost(100)), 40) == {
        "passed": 3,
        "user.tokens_per_day": 37,
    }
    kept = kept_of(budgets, spender)
    assert kept.spent == Cost(300)


def test_what_a_call_did_not_cost_is_given_back_once(scene: Scene, budgets: BudgetRepository) -> None:
    spender = a_spender(tokens_per_day=100, money_per_month=1)
    reservation = scene.keep.reserve(spender, Cost(100, 900))
    with pytest.raises(LimitReached) as reached:
        scene.keep.reserve(spender, Cost(1))
    for _ in range(2):
        scene.keep.settle(reservation, Cost(30, 200))
    kept = budgets.get(spender.assistant_id, "202611")

    assert reached.value.details == {
        "limit": "tokens_per_day",
        "used": 100,
        "allowed": 100,
        "resets_at": "2026-11-22T00:00:00Z",
    }
    assert reached.value.retry_after == 10
    assert kept is not None
    assert (kept.spent, kept.days, kept.open) == (Cost(30, 200), {21: 30}, {})


def test_a_day_begins_anew_and_a_call_counts_for_the_day_it_began_in(scene: Scene) -> None:
    spender = a_spender(tokens_per_day=100, tokens_per_month=150)
    over_midnight = scene.keep.reserve(spender, Cost(100))
    scene.clock.now += timedelta(seconds=20)
    scene.keep.settle(over_midnight, Cost(90))

    scene.keep.settle(scene.keep.reserve(spender, Cost(60)), Cost(60))
    with pytest.raises(LimitReached) as reached:
        scene.keep.reserve(spender, Cost(1))
    assert reached.value.details["limit"] == "tokens_per_month"
    scene.clock.now += timedelta(days=9)
    scene.keep.reserve(spender, Cost(100))


def test_what_costs_nothing_goes_on_when_the_money_is_used_up(scene: Scene) -> None:
    spender = a_spender(money_per_month=0)
    with pytest.raises(LimitReached):
        scene.keep.reserve(spender, Cost(1, 1))

    scene.keep.reserve(spender, Cost(100, 0))


def test_an_owner_is_warned_once_at_four_fifths(scene: Scene, budgets: BudgetRepository) -> None:
    spender = a_spender(tokens_per_day=1000)
    for _ in range(7):
        scene.keep.settle(scene.keep.reserve(spender, Cost(110)), Cost(100))
    assert scene.warnings == []
    another = scene.of(budgets)  # another process, which read the budget before the last of these
    for keep in (scene.keep, another, scene.keep):
        keep.settle(keep.reserve(spender, Cost(50)), Cost(50))

    assert [(one.limit, one.used, one.allowed, one.user_id) for one in scene.warnings] == [
        (LimitName.TOKENS_PER_DAY, 800, 1000, "")
    ]


def test_who_runs_into_a_budget_in_one_step_was_warned(scene: Scene) -> None:
    spender = a_spender("ana", Bounds(tokens_per_month=100))
    with pytest.raises(LimitReached):
        scene.keep.reserve(spender, Cost(101))

    assert [(one.limit, one.user_id) for one in scene.warnings] == [(LimitName.TOKENS_PER_MONTH, "ana")]


def test_a_bound_that_is_set_late_counts_what_was_used_before(scene: Scene) -> None:
    scene.before = {("202611", ""): ({3: 500, 21: 400}, Cost(900, 7))}
    spender = a_spender(tokens_per_day=450, tokens_per_month=1000)
    scene.keep.reserve(spender, Cost(50))
    with pytest.raises(LimitReached):
        scene.keep.reserve(spender, Cost(1))

    # The bounds are lifted, more is used, and they are set again.
    scene.keep.reserve(Spender(spender.assistant_id, "", Limits()), Cost(10))
    scene.before = {("202611", ""): ({3: 500, 21: 480}, Cost(980, 9))}
    with pytest.raises(LimitReached) as reached:
        scene.keep.reserve(Spender(spender.assistant_id, "", Limits(tokens_per_month=1000)), Cost(1))
    assert reached.value.used == 980 + 50


def test_what_could_not_be_settled_is_settled_later(scene: Scene, budgets: BudgetRepository) -> None:
    class Failing(BudgetRepository):
        fails = True

        def settle(self, budget: Budget, day: int, reservation_id: str, more: Cost) -> bool:
            if self.fails:
                raise Unavailable
            return super().settle(budget, day, reservation_id, more)

    failing = Failing(budgets._records.database)
    keep, spender = scene.of(failing), a_spender(tokens_per_day=100)
    keep.settle(keep.reserve(spender, Cost(80)), Cost(5))
    assert kept_of(budgets, spender).spent == Cost(80)
    failing.fails = False

    assert keep.settle_rest() == 1
    assert kept_of(budgets, spender).spent == Cost(5)


def test_what_a_crash_left_reserved_stays_used_and_is_let_go(scene: Scene, budgets: BudgetRepository) -> None:
    spender = a_spender(tokens_per_day=100)
    left: Reservation = scene.keep.reserve(spender, Cost(80))
    scene.clock.now += timedelta(minutes=1)
    scene.keep.tidy(timedelta(minutes=5))
    assert kept_of(budgets, spender).open  # it may still run
    scene.clock.now += timedelta(minutes=5)
    scene.keep.tidy(timedelta(minutes=5))
    scene.keep.settle(left, Cost(0))

    kept = kept_of(budgets, spender)
    assert (kept.spent, kept.open) == (Cost(80), {})


def test_months_that_are_long_over_and_an_assistants_budgets_are_removed(budgets: BudgetRepository) -> None:
    spender = a_spender("ana", Bounds(tokens_per_day=10), tokens_per_day=10)
    scene = Scene(budgets)
    scene.keep.reserve(spender, Cost(1))
    scene.clock.now += timedelta(days=70)
    scene.keep.tidy(timedelta(minutes=5))
    assert budgets.get(spender.assistant_id, "202611") is not None
    scene.clock.now += timedelta(days=31)
    scene.keep.tidy(timedelta(minutes=5))
    assert budgets.get(spender.assistant_id, "202611") is None
    assert budgets.get(spender.assistant_id, "202611", user_key("ana")) is None
    scene.keep.reserve(spender, Cost(1))
    assert budgets.delete_all_of(spender.assistant_id) == 2


def test_how_much_is_used_is_told_for_the_assistant_and_for_a_user(scene: Scene) -> None:
    spender = a_spender("ana", Bounds(tokens_per_day=10), tokens_per_day=100, money_per_month=1.5)
    scene.keep.reserve(spender, Cost(3, 250_000))

    of_user = scene.keep.now(spender)
    of_assistant = scene.keep.now(Spender(spender.assistant_id, "", spender.limits))

    assert [(one.name, one.most, used) for one, used in of_user] == [(LimitName.TOKENS_PER_DAY, 10, 3)]
    assert [(one.name, used) for one, used in of_assistant] == [
        (LimitName.TOKENS_PER_DAY, 3),
        (LimitName.MONEY_PER_MONTH, 250_000),
    ]
    assert budgets_of(Limits(), NOW) == ()
