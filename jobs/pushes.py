"""Pushes go out in the background, a few contacts of each in turn, so that none keeps the others waiting."""

from __future__ import annotations

import threading

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads
from services.pushes.run_push import RunPush

LOOK_EVERY_S = 1.0


class Pushes:
    """Looks for what is due, soon after ``notice`` and each second; what a kill cut off goes on at the next start."""

    def __init__(self, look_every_s: float = LOOK_EVERY_S) -> None:
        self._look_every_s = look_every_s
        self._noticed = threading.Event()
        self._threads = DaemonThreads()

    def notice(self) -> None:
        """Say that something is due."""
        self._noticed.set()

    def start(self, run_push: RunPush) -> None:
        """Begin."""
        self._threads.start("pushes", lambda: self._work(run_push))

    def stop(self, timeout_s: float = 5.0) -> None:
        """End after the contacts that are let out now."""
        self._threads.stop(timeout_s, wake=self.notice)

    def _work(self, run_push: RunPush) -> None:
        while not self._threads.stopping:
            if not self._round(run_push):
                self._noticed.wait(self._look_every_s)
            self._noticed.clear()

    def _round(self, run_push: RunPush) -> bool:
        """A step of each push that is due; whether any has more to do."""
        more = False
        with Attempt("look for pushes") as attempt:
            for push_id in run_push.due():
                if self._threads.stopping:
                    return False
                more = self._step(run_push, push_id) or more
        return more and attempt.went_well

    def _step(self, run_push: RunPush, push_id: str) -> bool:
        with Attempt("push", push_id=push_id) as attempt:
            return run_push.step(push_id)
        if attempt.failed:
            run_push.fail(push_id, "internal_error")
        return False
