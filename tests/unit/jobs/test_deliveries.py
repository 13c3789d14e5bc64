"""The thread that posts webhooks: a slow or dead receiver holds up nobody else's events."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Any, cast

from jobs.deliveries import Deliveries
from repositories.deliveries import Due


class Events:
    """Implements what the loop asks of ``DeliverEvents``; an id is ``<assistant>:<n>``."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.posted: list[str] = []
        self.at_once: dict[str, int] = defaultdict(int)
        self.most_at_once = 0
        self.dead: set[str] = set()
        self.block = threading.Event()
        self.slow: set[str] = set()
        self.lock = threading.Lock()
        self.attempts = 0

    def due(self, limit: int) -> list[Due]:
        with self.lock:
            return [Due(one, one.partition(":")[0]) for one in self.open[:limit]]

    def deliver(self, delivery_id: str) -> bool:
        assistant = delivery_id.partition(":")[0]
        with self.lock:
            self.attempts += 1
            self.at_once[assistant] += 1
            self.most_at_once = max(self.most_at_once, self.at_once[assistant])
        if assistant in self.slow:
            self.block.wait(5)
        with self.lock:
            self.at_once[assistant] -= 1
            if assistant in self.dead:
                return False
            if delivery_id in self.open:
                self.open.remove(delivery_id)
                self.posted.append(delivery_id)
        return True

    def postpone(self, assistant_id: str, ids: list[str], by_s: float) -> None:
        """Leave them due: the loop must bear it."""

    def forget_old(self) -> int:
        return 0


def started(events: Events, **more: Any) -> Deliveries:
    loop = Deliveries(look_every_s=0.02, **more)
    loop.start(cast("Any", events))
    return loop


def wait_for(events: Events, count: int) -> bool:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if len(events.posted) >= count:
            return True
        time.sleep(0.005)
    return False


def test_everything_due_is_posted_in_order_within_an_assistant() -> None:
    events = Events()
    events.open = [f"{assistant}:{n:02d}" for n in range(30) for assistant in "ab"]
    loop = started(events)
    assert wait_for(events, 60)
    loop.stop()
    for assistant in "ab":
        assert [one for one in events.posted if one[0] == assistant] == [
            f"{assistant}:{n:02d}" for n in range(30)
        ]
    assert events.most_at_once == 1


def test_slow_receivers_hold_up_nobody_else() -> None:
    events = Events()
    events.slow = {"slow1", "slow2", "slow3"}
    events.open = [f"{one}:{n}" for one in sorted(events.slow) for n in range(9)] + ["quick:1"]
    loop = started(events)
    assert wait_for(events, 1)
    events.open.append("quick:2")
    loop.notice()
    assert wait_for(events, 2)
    assert events.posted == ["quick:1", "quick:2"]
    events.block.set()
    loop.stop()


def test_a_dead_receiver_is_left_alone_for_a_while() -> None:
    events = Events()
    events.dead = {"dead"}
    events.open = [f"dead:{n}" for n in range(50)] + ["quick:1"]
    loop = started(events, held_s=60.0)
    assert wait_for(events, 1)
    time.sleep(0.1)
    assert events.attempts == 2
    loop.stop()


def test_an_error_that_nobody_foresaw_ends_nothing(capsys: Any) -> None:
    events = Events()
    events.open = ["a:1"]
    fail = [ValueError("never seen before")]
    look = events.due

    def broken(limit: int) -> list[Due]:
        if fail:
            raise fail.pop()
        return look(limit)

    events.due = broken  # type: ignore[method-assign]  # the fake's own
    loop = started(events)
    assert wait_for(events, 1)
    loop.stop()
    assert "never seen before" in "".join(capsys.readouterr())
