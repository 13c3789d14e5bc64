"""Pictures of cards are drawn two at a time, in threads of their own."""

from __future__ import annotations

import queue
import threading

from kit.errors import AppError
from kit.logging import get_logger
from services.studio.draw_card import DrawCard

AT_ONCE = 2
AGAIN_AFTER_S = 5.0
_log = get_logger("jobs")


class Drawings:
    """Draws the picture of each card handed in; what the process's end leaves, the next start finds."""

    def __init__(self, again_after_s: float = AGAIN_AFTER_S) -> None:
        """``again_after_s`` passes before one is tried again for which the records could not be reached."""
        self._again_after_s = again_after_s
        self._stopping = threading.Event()
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._threads: list[threading.Thread] = []

    def soon(self, card_id: str) -> None:
        """Have a card's picture drawn."""
        self._queue.put(card_id)

    def start(self, draw_card: DrawCard) -> None:
        """Begin with what was left, in threads that do not keep the process alive."""
        for card_id in draw_card.waiting():
            self._queue.put(card_id)
        for n in range(AT_ONCE):
            thread = threading.Thread(target=self._work, args=(draw_card,), name=f"drawings-{n}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, timeout_s: float = 2.0) -> None:
        """End after those that are under way, if that is soon."""
        self._stopping.set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout_s)

    def _work(self, draw_card: DrawCard) -> None:
        while (card_id := self._queue.get()) is not None:
            try:
                draw_card.draw(card_id)
            except AppError as problem:
                _log.warning("drawing put off", card_id=card_id, code=problem.error_code)
                if not self._stopping.wait(self._again_after_s):
                    self._queue.put(card_id)
            except Exception as problem:  # noqa: BLE001  # the thread's outermost loop: one broken card must not end the others
                _log.error("drawing failed", card_id=card_id, exc_info=problem)
                self._fail(draw_card, card_id)

    def _fail(self, draw_card: DrawCard, card_id: str) -> None:
        try:
            draw_card.fail(card_id)
        except AppError as problem:
            _log.warning("not drawn", card_id=card_id, code=problem.error_code)
