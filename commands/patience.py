"""Waiting for work that others do."""

from __future__ import annotations

import time
from collections.abc import Sequence

from kit.errors import Unavailable
from models.documents import Document
from models.golden import GoldenRun

POLL_S = 0.1
STANDSTILL_S = 300.0  # longer than any one document takes to be parsed


class Patience:
    """Waits for work to go on, and gives up where it stands still."""

    def __init__(self) -> None:
        self._seen: list[tuple[str, str, int]] = []
        self._since = time.monotonic()

    def wait(self, work: Sequence[Document | GoldenRun]) -> None:
        """Sleep for a moment; ``Unavailable`` when nothing has moved for minutes."""
        seen = [(one.id, one.status.value, one.progress) for one in work]
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        elif time.monotonic() - self._since > STANDSTILL_S:
            raise Unavailable("The work does not go on; the server's log says why.")
        time.sleep(POLL_S)
