"""Lexical indexes kept in memory: newest version wins, least recently used goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from kit.workplaces import away
from services.retrieval.lexical_index import LexicalIndex

Renew = Callable[[LexicalIndex | None], LexicalIndex]


class IndexCache:
    """Keeps indexes up to ``most_bytes``, and the last one whatever its size; safe to use from many threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, LexicalIndex] = OrderedDict()
        self._bytes = 0
        self._building: dict[Hashable, tuple[threading.Lock, int]] = {}

    @property
    def nbytes(self) -> int:
        """About how many bytes the kept indexes take."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, version: int, renew: Renew) -> LexicalIndex:
        """The index of ``key`` at ``version`` or later.

        An older one (or ``None``) is given to ``renew`` to make the next of; only one thread does that for one
        key, the others wait for it.
        """
        found = self._peek(key)
        if found is not None and found.version >= version:
            return found
        with self._alone(key):
            found = self._peek(key)
            if found is None or found.version < version:
                found = renew(found)
                self._keep(key, found)
        return found

    def replace(self, key: Hashable, stale: LexicalIndex, renew: Renew) -> LexicalIndex:
        """A newer index than ``stale``, which turned out to name chunks that are gone."""
        with self._alone(key):
            found = self._peek(key)
            if found is None or found is stale:
                found = renew(found)
                self._keep(key, found)
        return found

    def _peek(self, key: Hashable) -> LexicalIndex | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: Hashable, index: LexicalIndex) -> None:
        size = index.nbytes
        with self._lock:
            older = self._kept.pop(key, None)
            self._bytes += size - (older.nbytes if older is not None else 0)
            self._kept[key] = index
            while self._bytes > self._most_bytes and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.nbytes

    @contextmanager
    def _alone(self, key: Hashable) -> Iterator[None]:
        """Let one thread at a time in for a key; the key's lock lives as long as somebody wants it."""
        with self._lock:
            lock, wanted = self._building.get(key, (threading.Lock(), 0))
            self._building[key] = (lock, wanted + 1)
        try:
            if not lock.acquire(blocking=False):
                with away():
                    lock.acquire()
            try:
                yield
            finally:
                lock.release()
        finally:
            with self._lock:
                lock, wanted = self._building.pop(key)
                if wanted > 1:
                    self._building[key] = (lock, wanted - 1)
