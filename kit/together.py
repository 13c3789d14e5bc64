"""What several threads have to write to one place, written at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

LINGER_S = 0.003
SOON_S = 0.1

Item = TypeVar("Item")


@dataclass
class _Waiting(Generic[Item]):
    """What one thread has to write; ``problem`` is why that came to nothing."""

    item: Item
    done: bool = False
    problem: BaseException | None = None


class Together(Generic[Item]):
    """Calls ``write`` with a key and all that came for it while it was at work for that key before.

    Each caller returns when its own is written, and fails when it is not. Who writes soon after another waits for
    ``linger_s``: others were often woken by the same.
    """

    def __init__(
        self,
        write: Callable[[str, list[Item]], object],
        *,
        linger_s: float = LINGER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._linger_s = linger_s
        self._clock = clock
        self._wrote_at = -SOON_S
        self._changed = threading.Condition()
        self._waiting: dict[str, list[_Waiting[Item]]] = {}
        self._writing: set[str] = set()

    def do(self, key: str, item: Item) -> None:
        """Have it written, by this thread or by another."""
        mine = _Waiting(item)
        with self._changed:
            self._waiting.setdefault(key, []).append(mine)
            self._changed.wait_for(lambda: mine.done or key not in self._writing)
            group = [] if mine.done else self._gathered(key)
        if group:
            self._write_for(key, group)
        if mine.problem is not None:
            raise mine.problem

    def _gathered(self, key: str) -> list[_Waiting[Item]]:
        """What to write now; from here on nobody else writes for the key."""
        self._writing.add(key)
        if self._clock() < self._wrote_at + SOON_S:
            self._changed.wait_for(lambda: False, self._linger_s)
        return self._waiting.pop(key)

    def _write_for(self, key: str, group: list[_Waiting[Item]]) -> None:
        problem: BaseException | None = None
        try:
            self._write(key, [one.item for one in group])
        except BaseException as error:  # noqa: BLE001  # raised again for every caller whose it is
            problem = error
        with self._changed:
            self._writing.discard(key)
            self._wrote_at = self._clock()
            for one in group:
                one.done, one.problem = True, problem
            self._changed.notify_all()
