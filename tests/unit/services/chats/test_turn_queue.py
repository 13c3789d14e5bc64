"""Order and bounds of turns, with many threads."""

from __future__ import annotations

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from services.chats.turn_queue import ContactBusy, Lane, ServerBusy, TurnQueue


def test_a_lane_calls_its_turns_one_after_the_other_in_order() -> None:
    lane = Lane()
    first, second, third = (lane.join(name) for name in "abc")
    assert not first.wait()  # at once
    assert not second._called.is_set()
    lane.leave(first)
    assert second._called.is_set()
    assert not third._called.is_set()
    lane.leave(second)
    assert third._called.is_set()


def test_who_gives_up_while_waiting_holds_nobody_up() -> None:
    lane = Lane()
    first, second, third = (lane.join(name) for name in "abc")
    lane.leave(second)
    assert second.finished.is_set()
    assert not third._called.is_set()
    lane.leave(first)
    lane.leave(first)
    assert third._called.is_set()


def test_a_turn_is_known_by_its_message_while_it_is_under_way() -> None:
    lane = Lane()
    first, second = lane.join("m1"), lane.join("m2")
    assert lane.under_way("m1") is first
    assert lane.under_way("m2") is second
    assert lane.under_way("") is None
    lane.leave(first)
    assert lane.under_way("m1") is None


def test_so_many_wait_for_one_contact_and_no_more() -> None:
    queue = TurnQueue(slots=10, per_contact=2)
    with queue.admitted("a") as lane, queue.admitted("b") as other:
        for n in range(3):
            lane.check_room()
            lane.join(str(n))
        with pytest.raises(ContactBusy) as refusal:
            lane.check_room()
        assert refusal.value.retry_after
        other.check_room()  # others are not held up


def test_so_many_turns_at_once_in_all_and_no_more() -> None:
    queue = TurnQueue(slots=3)
    with ExitStack() as held:
        for name in ("a", "a", "b"):
            held.enter_context(queue.admitted(name))
        assert queue.under_way == 3
        with pytest.raises(ServerBusy) as refusal, queue.admitted("c"):
            pass
        assert refusal.value.retry_after
        assert queue.under_way == 3
    assert queue.under_way == 0
    with queue.admitted("c"):
        assert queue.under_way == 1


def test_a_contact_has_one_lane_as_long_as_anybody_is_in_it_and_none_after() -> None:
    queue = TurnQueue(slots=5)
    with queue.admitted("a") as first:
        with queue.admitted("a") as second, queue.admitted("b") as other:
            assert first is second
            assert first is not other
        with queue.admitted("a") as third:
            assert third is first
    assert queue._lanes == {}
    with pytest.raises(ZeroDivisionError), queue.admitted("a"):
        raise ZeroDivisionError
    assert (queue._lanes, queue.under_way) == ({}, 0)


def test_many_threads_keep_the_order_of_each_contact_and_run_contacts_side_by_side() -> None:
    queue = TurnQueue(slots=64, per_contact=50)
    arrived: dict[str, list[int]] = defaultdict(list)
    answered: dict[str, list[int]] = defaultdict(list)
    running: dict[str, int] = defaultdict(int)
    overlaps: list[str] = []
    most_at_once = 0
    lock = threading.Lock()

    def turn(number: int) -> None:
        nonlocal most_at_once
        contact = f"contact {number % 8}"
        with queue.admitted(contact) as lane:
            with lane.arrival:
                arrived[contact].append(number)
                ticket = lane.join(str(number))
            ticket.wait()
            with lock:
                running[contact] += 1
                if running[contact] > 1:
                    overlaps.append(contact)
                most_at_once = max(most_at_once, sum(running.values()))
            threading.Event().wait((number % 3) / 1000)
            answered[contact].append(number)
            with lock:
                running[contact] -= 1
            lane.leave(ticket)

    with ThreadPoolExecutor(48) as threads:
        list(threads.map(turn, range(400)))
    assert overlaps == []
    assert answered == arrived
    assert sorted(number for numbers in answered.values() for number in numbers) == list(range(400))
    assert most_at_once > 1
    assert (queue._lanes, queue.under_way) == ({}, 0)
