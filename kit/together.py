"""What several threads have to write to one place, written at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass
class _Waiting(Generic[Item]):
    """What one thread has to write; ``problem`` is why that came to nothing."""

    item: Item
    done: bool = False
    problem: BaseException | None = None


class Together(Generic[Item]):
    """Calls ``write`` with a key and all that came for it while it was at work for that key before.

    Each caller returns when its own is written, and fails when it is not. Nobody waits for others to come.
    """

    def __init__(self, write: Callable[[str, list[Item]], object]) -> None:
        self._write = write
        self._changed = threading.Condition()
        self._waiting: dict[str, list[_Waiting[Item]]] = {}
        self._writing: set[str] = set()

    def do(self, key: str, item: Item) -> None:
        """Have it written, by this thread or by another."""
        mine = _Waiting(item)
        with self._changed:
            self._waiting.setdefault(key, []).append(mine)
            self._changed.wait_for(lambda: mine.done or key not in self._writing)
            group = [] if mine.done else self._waiting.pop(key)
            if group:
                self._writing.add(key)
        if group:
            self._write_for(key, group)
        if mine.problem is not None:
            raise mine.problem

    def _write_for(self, key: str, group: list[_Waiting[Item]]) -> None:
        problem: BaseException | None = None
        try:
            self._write(key, [one.item for one in group])
        except BaseException as error:  # noqa: BLE001  # raised again for every caller whose it is
            problem = error
        with self._changed:
            self._writing.discard(key)
            for one in group:
                one.done, one.problem = True, problem
            self._changed.notify_all()
