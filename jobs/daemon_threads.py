"""Threads that are started one by one and told to end together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class DaemonThreads:
    """They do not keep the process alive: what one leaves undone is found in the records at the next start."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, name: str, run: Callable[[], None]) -> None:
        """Run in a thread of this name; ``run`` returns once ``stopping`` is true, or before."""
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    @property
    def stopping(self) -> bool:
        """Whether they have been told to end."""
        return self._stopping.is_set()

    def stops_within(self, seconds: float) -> bool:
        """Wait so long, and whether they were told to end meanwhile."""
        return self._stopping.wait(seconds)

    def wind_down(self) -> None:
        """Tell them to end, and do not wait."""
        self._stopping.set()

    def stop(self, timeout_s: float, wake: Callable[[], None] = lambda: None) -> None:
        """Tell them to end, and wait until they have, so many seconds for all of them.

        ``wake`` rouses those that wait for something else than ``stops_within``.
        """
        self.wind_down()
        wake()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
