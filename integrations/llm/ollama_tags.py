"""Which models an Ollama server has: asked when somebody wants to know, and not again for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import urllib3

from kit.workplaces import away
from models.catalogue import ModelEntry, Origin, Provider, entry_problems

TTL_S = 30.0
TIMEOUT_S = 1.0
MAX_BYTES = 1 << 20


class FoundAtOllama:
    """Entries of the models that the server at ``base_url`` lists.

    It is asked at most every half minute and waited for a second; while it does not answer, what it said last
    is what is known. Whoever comes while it is being asked is told that too.
    """

    def __init__(self, base_url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._asking = threading.Lock()
        self._good_until = float("-inf")
        self._found: tuple[ModelEntry, ...] = ()
        timeout = urllib3.Timeout(total=TIMEOUT_S)
        self._http = urllib3.PoolManager(num_pools=1, maxsize=1, timeout=timeout, retries=False)

    def all(self) -> tuple[ModelEntry, ...]:
        """Its models as entries; none where there is no such server."""
        if self._base_url and self._clock() >= self._good_until and self._asking.acquire(blocking=False):
            try:
                with away():
                    self._found = self._ask()
            finally:
                self._good_until = self._clock() + TTL_S
                self._asking.release()
        return self._found

    def _ask(self) -> tuple[ModelEntry, ...]:
        try:
            answer = self._http.request(
                "GET", f"{self._base_url}/api/tags", redirect=False, preload_content=False
            )
            try:
                told = urllib3.HTTPResponse(answer.read(MAX_BYTES), status=answer.status).json()
            finally:
                answer.close()
        except (urllib3.exceptions.HTTPError, ValueError, OSError):
            return self._found
        models = told.get("models") if isinstance(told, dict) else None
        names = [one.get("name") for one in models or () if isinstance(one, dict)]
        entries = [
            ModelEntry(name, Provider.OLLAMA, base_url=self._base_url, origin=Origin.FOUND)
            for name in names
            if isinstance(name, str)
        ]
        return tuple(one for one in entries if not entry_problems(one))
