from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.deliveries import Delivery, DeliveryStatus, Event
from models.jobs import JobState, OpenJob
from repositories.deliveries import DeliveryRepository
from repositories.errors import Duplicate
from repositories.values import Record

CLINIC, SHOP = new_id(), new_id()
NOW = utc_now()


def seconds(count: float) -> datetime:
    return NOW + timedelta(seconds=count)


def delivery(assistant_id: str = CLINIC, *, at: float = 0) -> Delivery:
    return Delivery(new_id(), assistant_id, Event.TEST, "{}", seconds(at), seconds(86400), seconds(at))


@pytest.fixture
def deliveries(database: Database[Record]) -> DeliveryRepository:
    return DeliveryRepository(database)


def test_what_is_due_comes_by_its_time(deliveries: DeliveryRepository) -> None:
    later, sooner, other = delivery(at=2), delivery(at=1), delivery(SHOP, at=9)
    for one in (later, sooner, other):
        deliveries.add(one)
    with pytest.raises(Duplicate):
        deliveries.add(later)
    assert [one.id for one in deliveries.due(seconds(5), 9)] == [sooner.id, later.id]
    assert [one.id for one in deliveries.due(seconds(5), 1)] == [sooner.id]
    assert deliveries.get(CLINIC, later.id) == later == deliveries.get_any(later.id)
    assert deliveries.get(SHOP, later.id) is None


def test_it_is_claimed_once_settled_by_the_claim_and_asked_anew(deliveries: DeliveryRepository) -> None:
    one = delivery()
    deliveries.add(one)
    assert deliveries.claim(one, seconds(90))
    assert not deliveries.claim(one, seconds(91))
    assert deliveries.due(seconds(89), 9) == []
    claimed = replace(one, attempts=1, next_at=seconds(90))
    done = replace(
        claimed, status=DeliveryStatus.DELIVERED, last_code=200, next_at=None, finished_at=seconds(1)
    )
    assert deliveries.settle(claimed, done)
    assert not deliveries.settle(claimed, done)
    assert deliveries.get_any(one.id) == done
    assert deliveries.due(seconds(10**6), 9) == []

    again = replace(
        done,
        status=DeliveryStatus.PENDING,
        attempts=0,
        next_at=seconds(5),
        give_up_at=seconds(9),
        finished_at=None,
    )
    assert deliveries.ask_anew(again)
    assert deliveries.get_any(one.id) == again
    deliveries.postpone(CLINIC, [one.id], seconds(7))
    assert deliveries.due(seconds(6), 9) == []
    assert [due.id for due in deliveries.due(seconds(7), 9)] == [one.id]


def test_what_is_over_is_forgotten_and_all_goes_with_its_assistant(deliveries: DeliveryRepository) -> None:
    over = replace(delivery(), status=DeliveryStatus.FAILED, next_at=None, finished_at=seconds(1))
    waiting, other = delivery(), delivery(SHOP)
    for one in (over, waiting, other):
        deliveries.add(one)
    assert deliveries.forget(seconds(0), 9) == 0
    assert deliveries.forget(seconds(1), 9) == 1
    assert deliveries.page(CLINIC, 9).items == (waiting,)
    assert (deliveries.delete_all_of(CLINIC), deliveries.count(SHOP)) == (1, 1)


def test_open_work_waits_since_it_was_due_or_comes_later(deliveries: DeliveryRepository) -> None:
    due, retried, over = delivery(at=-5), delivery(at=-9), delivery(at=-7)
    for one in (due, retried, over):
        deliveries.add(one)
    assert deliveries.claim(retried, seconds(90))
    assert deliveries.claim(over, seconds(90))
    claimed = replace(over, next_at=seconds(90))
    ended = replace(claimed, status=DeliveryStatus.DELIVERED, next_at=None, finished_at=NOW)
    assert deliveries.settle(claimed, ended)

    assert deliveries.open_work(NOW, 9) == [
        OpenJob(JobState.WAITING, seconds(-5)),
        OpenJob(JobState.LATER, seconds(-9)),
    ]
    assert len(deliveries.open_work(NOW, 1)) == 1
