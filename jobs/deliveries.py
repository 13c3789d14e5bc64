"""Webhooks posted in the background, so that a receiver that is slow or down holds up nobody else's events."""

from __future__ import annotations

import threading
import time

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads
from services.delivery.deliver_events import DeliverEvents

LOOKED_AT_ONCE = 500
BATCH = 20  # events of one assistant, before others have their turn
PLACES = 4  # assistants at once, and as many more of those whose receivers were slow or down
SLOW_S = 2.0
HELD_S, LONGEST_HELD_S = 5.0, 60.0
FORGET_EVERY_S = 3600.0


class Deliveries:
    """Looks for what is due, soon after ``notice`` and each second; one assistant has one thread at most."""

    def __init__(self, *, look_every_s: float = 1.0, slow_s: float = SLOW_S, held_s: float = HELD_S) -> None:
        self._look_every_s, self._slow_s, self._held_s = look_every_s, slow_s, held_s
        self._deliver: DeliverEvents | None = None
        self._noticed = threading.Event()
        self._threads = DaemonThreads()
        self._lock = threading.Lock()
        self._running: dict[str, bool] = {}  # assistant to whether its receiver is a slow one
        self._failures: dict[str, int] = {}
        self._held_until: dict[str, float] = {}
        self._forget_at = 0.0

    def notice(self, assistant_id: str = "") -> None:
        """Say that something is due; of an assistant that is named, at once, though its receiver was down."""
        self._held_until.pop(assistant_id, None)
        self._noticed.set()

    def start(self, deliver: DeliverEvents) -> None:
        """Begin."""
        self._deliver = deliver
        self._threads.start("deliveries", self._work)

    def stop(self, timeout_s: float = 5.0) -> None:
        """End after what is being posted now, or without it: it is posted again after the next start."""
        until = time.monotonic() + timeout_s
        self._threads.stop(timeout_s, wake=self._noticed.set)
        while self._running and time.monotonic() < until:
            time.sleep(0.01)

    def _work(self) -> None:
        while not self._threads.stopping:
            with Attempt("look for deliveries"):
                self._look()
            self._noticed.wait(self._look_every_s)
            self._noticed.clear()

    def _look(self) -> None:
        if self._deliver is None:
            return
        if time.monotonic() >= self._forget_at:
            self._deliver.forget_old()
            self._forget_at = time.monotonic() + FORGET_EVERY_S
        waiting: dict[str, list[str]] = {}
        found = self._deliver.due(LOOKED_AT_ONCE)
        for one in found:
            waiting.setdefault(one.assistant_id, []).append(one.id)
        for assistant_id, ids in waiting.items():
            held_s = self._held_until.get(assistant_id, 0.0) - time.monotonic()
            if held_s > 0:
                self._deliver.postpone(assistant_id, ids, held_s)
            elif self._begin(assistant_id):
                self._in_thread(assistant_id, ids[:BATCH])
            if len(found) == LOOKED_AT_ONCE and held_s <= 0 and len(ids) > BATCH:
                self._deliver.postpone(assistant_id, ids[BATCH:], self._held_s)  # out of the others' sight

    def _begin(self, assistant_id: str) -> bool:
        """Take a place for an assistant, among those of its kind; ``False`` when there is none or it has one."""
        with self._lock:
            is_slow = assistant_id in self._failures
            taken = sum(one is is_slow for one in self._running.values())
            if assistant_id in self._running or taken >= PLACES:
                return False
            self._running[assistant_id] = is_slow
            return True

    def _in_thread(self, assistant_id: str, ids: list[str]) -> None:
        def run() -> None:
            try:
                with Attempt("deliveries", assistant_id=assistant_id):
                    self._deliver_all(assistant_id, ids)
            finally:
                with self._lock:
                    self._running.pop(assistant_id, None)
                self.notice()

        threading.Thread(target=run, name="delivery", daemon=True).start()

    def _deliver_all(self, assistant_id: str, ids: list[str]) -> None:
        for one in ids:
            if self._threads.stopping or self._deliver is None:
                return
            began = time.monotonic()
            went_well = self._deliver.deliver(one)
            if not went_well or time.monotonic() - began > self._slow_s:
                failures = self._failures.get(assistant_id, 0)
                self._failures[assistant_id] = failures + 1
                if not went_well:
                    held_s = min(self._held_s * 2**failures, LONGEST_HELD_S)
                    self._held_until[assistant_id] = time.monotonic() + held_s
                return
            self._failures.pop(assistant_id, None)
            self._held_until.pop(assistant_id, None)
