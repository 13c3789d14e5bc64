"""What a worker does with the next piece of work, and when somebody else has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import mongomock
import pytest

from jobs.kinds import KeepOn, Kind, listed
from jobs.next_work import NextWork
from kit.clock import utc_now
from kit.errors import Unavailable
from repositories.leases import LeaseRepository
from services.work.hold_leases import HoldLeases

LASTS_S = 30.0


class Clock:
    """The time, as it is set."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Shop:
    """Work of one kind, the processes that do it, and what was done."""

    def __init__(self) -> None:
        self.database: Any = mongomock.MongoClient(tz_aware=True)["app"]
        self.clock = Clock()
        self.open = ["1", "2"]
        self.done: list[str] = []
        self.broken: list[str] = []
        self.again: list[tuple[str, float]] = []
        self.run: Callable[[str], None] = self.finish

    def finish(self, record_id: str) -> None:
        self.open.remove(record_id)
        self.done.append(record_id)

    def process(self, name: str, *, keep_on: bool = True) -> tuple[NextWork, HoldLeases]:
        leases = HoldLeases(
            leases=LeaseRepository(self.database), clock=self.clock, holder=name, lasts_s=LASTS_S
        )

        def run(record_id: str, _: KeepOn) -> None:
            self.run(record_id)

        kind = Kind("job", listed(lambda: (("a", one) for one in self.open)), run, self.broken.append)
        work = NextWork(
            {"job": kind},
            leases,
            keep_on=lambda: keep_on,
            again_in=lambda *told: self.again.append(told),
        )
        return work, leases


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_each_piece_is_done_once(shop: Shop) -> None:
    work, leases = shop.process("one")
    assert [work.do("job"), work.do("job"), work.do("job")] == [True, True, False]
    assert (shop.done, leases.taken()) == (["1", "2"], set())


def test_what_another_has_in_hand_is_left_to_it(shop: Shop) -> None:
    first, _ = shop.process("one")
    second, _ = shop.process("two")
    both: list[str] = []

    def handed_on(record_id: str) -> None:
        shop.run = shop.finish
        both.append(record_id)
        assert second.due("job", 10) == 1
        second.do("job")
        assert second.do("job") is False  # the message of the first came twice
        shop.finish(record_id)

    shop.run = handed_on
    first.do("job")
    assert (both, shop.done) == (["1"], ["2", "1"])


def test_the_work_of_one_that_is_gone_is_taken_up_when_its_lease_ends(shop: Shop) -> None:
    _, gone = shop.process("gone")
    assert gone.take("job:1")
    work, _ = shop.process("one")
    work.do("job")
    assert (shop.done, work.do("job")) == (["2"], False)
    shop.clock.pass_(LASTS_S)
    assert work.due("job", 10) == 1
    assert work.do("job")
    assert shop.done == ["2", "1"]


def test_one_that_renews_keeps_its_work(shop: Shop) -> None:
    _, slow = shop.process("slow")
    slow.take("job:1")
    for _ in range(5):
        shop.clock.pass_(LASTS_S / 3)
        slow.renew()
    work, _ = shop.process("one")
    shop.open.remove("2")
    assert work.do("job") is False


def test_what_fails_waits_longer_each_time_and_the_others_go_on(shop: Shop) -> None:
    work, _ = shop.process("one")

    def away(record_id: str) -> None:
        if record_id == "1":
            raise Unavailable
        shop.finish(record_id)

    shop.run = away
    work.do("job")
    work.do("job")
    assert (shop.done, work.do("job"), work.due("job", 10)) == (["2"], False, 0)
    shop.clock.pass_(1.0)
    work.do("job")
    shop.clock.pass_(1.0)
    assert work.do("job") is False
    assert shop.again == [("job", 1.0), ("job", 2.0)]
    assert shop.broken == []


def test_what_breaks_is_told_to_its_kind(shop: Shop) -> None:
    work, _ = shop.process("one")

    def breaks(record_id: str) -> None:
        raise ZeroDivisionError

    shop.run = breaks
    work.do("job")
    assert shop.broken == ["1"]


def test_one_that_is_stopping_begins_nothing(shop: Shop) -> None:
    work, leases = shop.process("one", keep_on=False)
    assert (work.do("job"), leases.taken()) == (False, set())


def test_two_threads_of_a_process_do_not_take_the_same(shop: Shop) -> None:
    _, leases = shop.process("one")
    assert (leases.take("job:1"), leases.take("job:1")) == (True, False)
