"""Background work in threads of this process, found again in the records after a restart."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from kit.errors import AppError
from kit.logging import get_logger
from models.documents import Document

BACK_OFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
# What two threads left to each other, or a database that was away left undone, waits no longer than this.
SWEEP_EVERY_S = 20.0
_log = get_logger("jobs")


class FairQueue:
    """Ids that wait, each once. Owners take turns, and within an owner its assistants: who had one comes last."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._waiting: OrderedDict[str, OrderedDict[str, deque[str]]] = OrderedDict()
        self._known: set[str] = set()
        self._running: set[str] = set()
        self._again: dict[str, tuple[str, str]] = {}
        self._closed = False

    def put(self, item: str, *, owner: str, assistant: str) -> None:
        """Add an item, unless it waits already; one that runs is run once more after."""
        with self._ready:
            if item in self._running:
                self._again[item] = (owner, assistant)
            elif item not in self._known:
                self._known.add(item)
                assistants = self._waiting.setdefault(owner, OrderedDict())
                assistants.setdefault(assistant, deque()).append(item)
                self._ready.notify()

    def take(self) -> str | None:
        """The next item, when there is one; ``None`` once closed."""
        with self._ready:
            self._ready.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            owner, assistants = self._waiting.popitem(last=False)
            assistant, items = assistants.popitem(last=False)
            item = items.popleft()
            if items:
                assistants[assistant] = items
            if assistants:
                self._waiting[owner] = assistants
            self._known.discard(item)
            self._running.add(item)
            return item

    def done(self, item: str) -> None:
        """Say that an item taken is finished."""
        with self._ready:
            self._running.discard(item)
            again = self._again.pop(item, None)
        if again is not None:
            self.put(item, owner=again[0], assistant=again[1])

    def close(self) -> None:
        """Let every taker go."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    @property
    def idle(self) -> bool:
        """Whether nothing waits or runs."""
        return not (self._known or self._running)


class Background:
    """Runs ``index`` for each document handed in, and ``sweep`` at the start and every twenty seconds."""

    def __init__(self, *, workers: int = 1) -> None:
        self._queue = FairQueue()
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._index: Callable[[str, Document | None], None] | None = None
        self._retries: dict[str, int] = {}
        self._handed_in: dict[str, Document] = {}

    def index_soon(self, document: Document) -> None:
        """Have a document indexed (or what is left of a deleted one removed)."""
        self._handed_in[document.id] = document
        self._put(document.id)

    @property
    def idle(self) -> bool:
        """Whether nothing waits or runs."""
        return self._queue.idle

    def start(self, *, index: Callable[[str, Document | None], None], sweep: Callable[[], None]) -> None:
        """Begin, with threads that do not keep the process alive."""
        self._index = index
        names = [(f"index-{n}", self._work) for n in range(self._workers)]
        for name, run in [*names, ("sweep", lambda: self._sweep(sweep))]:
            thread = threading.Thread(target=run, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish what runs, for a moment; the rest is found in the records at the next start."""
        self._stopping.set()
        self._queue.close()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _put(self, document_id: str) -> None:
        document = self._handed_in.get(document_id)
        owner, assistant = (document.owner_id, document.assistant_id) if document else ("", "")
        self._queue.put(document_id, owner=owner, assistant=assistant)

    def _work(self) -> None:
        while (document_id := self._queue.take()) is not None:
            try:
                self._try(document_id)
            finally:
                self._queue.done(document_id)

    def _try(self, document_id: str) -> None:
        if self._index is None:
            return
        try:
            self._index(document_id, self._handed_in.get(document_id))
        except AppError as problem:
            self._later(document_id, problem.error_code)
        except Exception as problem:  # noqa: BLE001  # the thread's outermost loop: one broken document must not end indexing
            _log.error("indexing failed", document_id=document_id, exc_info=problem)
            self._later(document_id, type(problem).__name__)
        else:
            self._retries.pop(document_id, None)
            self._handed_in.pop(document_id, None)

    def _later(self, document_id: str, code: str) -> None:
        tries = self._retries.get(document_id, 0)
        self._retries[document_id] = tries + 1
        wait_s = BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)]
        _log.warning("indexing put off", document_id=document_id, code=code, seconds=wait_s)
        timer = threading.Timer(wait_s, self._put, (document_id,))
        timer.daemon = True
        timer.start()

    def _sweep(self, sweep: Callable[[], None]) -> None:
        while True:
            try:
                sweep()
            except AppError as problem:
                _log.warning("sweep put off", code=problem.error_code)
            except Exception as problem:  # noqa: BLE001  # the thread's outermost loop: the next sweep may go through
                _log.error("sweep failed", exc_info=problem)
            if self._stopping.wait(SWEEP_EVERY_S):
                return
