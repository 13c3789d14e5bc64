"""Chats that have outgrown their prompt are summed up one after the other, in a thread of their own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from kit.errors import AppError
from kit.logging import get_logger
from models.assistants import Assistant

MOST_WAITING = 200
_log = get_logger("jobs")


class Summaries:
    """Sums up each chat handed in; what is lost, the chat's next turn hands in again."""

    def __init__(self) -> None:
        self._queue: queue.Queue[tuple[Assistant, str] | None] = queue.Queue()
        self._waiting: set[str] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def soon(self, assistant: Assistant, chat_id: str) -> None:
        """Have a chat summed up, unless it waits already or too many do."""
        with self._lock:
            if chat_id in self._waiting or len(self._waiting) >= MOST_WAITING:
                return
            self._waiting.add(chat_id)
        self._queue.put((assistant, chat_id))

    def start(self, run: Callable[[Assistant, str], bool]) -> None:
        """Begin, in a thread that does not keep the process alive."""
        self._thread = threading.Thread(target=self._work, args=(run,), name="summaries", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End after the one that is under way, if that is soon."""
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _work(self, run: Callable[[Assistant, str], bool]) -> None:
        while (item := self._queue.get()) is not None:
            assistant, chat_id = item
            try:
                run(assistant, chat_id)
            except AppError as problem:
                _log.warning("not summarised", chat_id=chat_id, code=problem.error_code)
            except Exception as problem:  # noqa: BLE001  # the thread's outermost loop: one broken chat must not end the others
                _log.error("summary failed", chat_id=chat_id, exc_info=problem)
            finally:
                with self._lock:
                    self._waiting.discard(chat_id)
