"""Pushes go out in the background, a few contacts of each in turn, so that none keeps the others waiting."""

from __future__ import annotations

import threading

from kit.errors import AppError
from kit.logging import get_logger
from services.pushes.run_push import RunPush

LOOK_EVERY_S = 1.0
_log = get_logger("jobs")


class Pushes:
    """Looks for what is due, soon after ``notice`` and each second; what a kill cut off goes on at the next start."""

    def __init__(self, look_every_s: float = LOOK_EVERY_S) -> None:
        self._look_every_s = look_every_s
        self._noticed, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def notice(self) -> None:
        """Say that something is due."""
        self._noticed.set()

    def start(self, run_push: RunPush) -> None:
        """Begin, in a thread that does not keep the process alive."""
        self._thread = threading.Thread(target=self._work, args=(run_push,), name="pushes", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End after the contacts that are let out now."""
        self._stopping.set()
        self._noticed.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _work(self, run_push: RunPush) -> None:
        while not self._stopping.is_set():
            if not self._round(run_push):
                self._noticed.wait(self._look_every_s)
            self._noticed.clear()

    def _round(self, run_push: RunPush) -> bool:
        """A step of each push that is due; whether any has more to do."""
        more = False
        try:
            for push_id in run_push.due():
                if self._stopping.is_set():
                    return False
                more = self._step(run_push, push_id) or more
        except AppError as problem:
            _log.warning("pushes put off", code=problem.error_code)
            return False
        except Exception as problem:  # noqa: BLE001  # the thread's outermost loop: the next look tries again
            _log.error("pushes failed", exc_info=problem)
            return False
        return more

    def _step(self, run_push: RunPush, push_id: str) -> bool:
        try:
            return run_push.step(push_id)
        except AppError as problem:
            _log.warning("push put off", push_id=push_id, code=problem.error_code)
        except Exception as problem:  # noqa: BLE001  # one broken push must not end the others
            _log.error("push failed", push_id=push_id, exc_info=problem)
            run_push.fail(push_id, "internal_error")
        return False
