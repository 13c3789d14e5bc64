"""Chats that have outgrown their prompt are summed up one after the other, in a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads
from jobs.fair_queue import FairQueue
from models.assistants import Assistant

MOST_WAITING = 200


class Summaries:
    """Sums up each chat handed in; what is lost, the chat's next turn hands in again."""

    def __init__(self) -> None:
        self._queue = FairQueue()
        self._waiting: dict[str, Assistant] = {}  # by chat
        self._lock = threading.Lock()
        self._threads = DaemonThreads()

    def soon(self, assistant: Assistant, chat_id: str) -> None:
        """Have a chat summed up, unless it waits or is at work already or too many are."""
        with self._lock:
            if chat_id in self._waiting or len(self._waiting) >= MOST_WAITING:
                return
            self._waiting[chat_id] = assistant
        self._queue.put(chat_id)

    def start(self, run: Callable[[Assistant, str], bool]) -> None:
        """Begin."""
        self._threads.start(
            "summaries", lambda: self._queue.work_off(lambda chat_id: self._sum_up(run, chat_id))
        )

    def stop(self, timeout_s: float = 2.0) -> None:
        """End after the one that is under way, if that is soon."""
        self._threads.stop(timeout_s, wake=self._queue.close)

    def _sum_up(self, run: Callable[[Assistant, str], bool], chat_id: str) -> None:
        with Attempt("summary", chat_id=chat_id):
            run(self._waiting[chat_id], chat_id)
        with self._lock:
            del self._waiting[chat_id]
