"""Pictures of cards are drawn two at a time, in threads of their own."""

from __future__ import annotations

from jobs.attempt import Attempt
from jobs.daemon_threads import DaemonThreads
from jobs.fair_queue import FairQueue
from services.studio.draw_card import DrawCard

AT_ONCE = 2
AGAIN_AFTER_S = 5.0


class Drawings:
    """Draws the picture of each card handed in; what the process's end leaves, the next start finds."""

    def __init__(self, again_after_s: float = AGAIN_AFTER_S) -> None:
        """``again_after_s`` passes before one is tried again for which the records could not be reached."""
        self._again_after_s = again_after_s
        self._queue = FairQueue()
        self._threads = DaemonThreads()

    def soon(self, card_id: str) -> None:
        """Have a card's picture drawn."""
        self._queue.put(card_id)

    def start(self, draw_card: DrawCard) -> None:
        """Begin with what was left."""
        for card_id in draw_card.waiting():
            self.soon(card_id)
        for n in range(AT_ONCE):
            self._threads.start(
                f"drawings-{n}",
                lambda: self._queue.work_off(lambda card_id: self._draw(draw_card, card_id)),
            )

    def stop(self, timeout_s: float = 2.0) -> None:
        """End after those that are under way, if that is soon."""
        self._threads.stop(timeout_s, wake=self._queue.close)

    def _draw(self, draw_card: DrawCard, card_id: str) -> None:
        with Attempt("drawing", card_id=card_id) as attempt:
            draw_card.draw(card_id)
        if attempt.put_off and not self._threads.stops_within(self._again_after_s):
            self.soon(card_id)
        if attempt.failed:
            with Attempt("note of a failed drawing", card_id=card_id):
                draw_card.fail(card_id)
