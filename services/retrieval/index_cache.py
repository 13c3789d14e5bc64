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
        self._begun = 0
        self._begun_at: dict[Hashable, int] = {}  # of the kept ones, the number of the build that made them

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
                found = self._renewed(key, found, renew)
        return found

    def get_renewed(self, key: Hashable, renew: Renew) -> LexicalIndex:
        """An index that ``renew`` began to make after this call, whatever its version."""
        with self._lock:
            asked = self._begun
        with self._alone(key):
            found = self._peek(key)
            if found is None or self._begun_at.get(key, 0) <= asked:
                found = self._renewed(key, found, renew)
        return found

    def replace(self, key: Hashable, stale: LexicalIndex, renew: Renew) -> LexicalIndex:
        """A newer index than ``stale``, which turned out to name chunks that are gone."""
        with self._alone(key):
            found = self._peek(key)
            if found is None or found is stale:
                found = self._renewed(key, found, renew)
        return found

    def _renewed(self, key: Hashable, older: LexicalIndex | None, renew: Renew) -> LexicalIndex:
        with self._lock:
            self._begun += 1
            begun = self._begun
        newer = renew(older)
        self._keep(key, newer, begun)
        return newer

    def _peek(self, key: Hashable) -> LexicalIndex | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: Hashable, index: LexicalIndex, begun: int) -> None:
        size = index.nbytes
        with self._lock:
            older = self._kept.pop(key, None)
            self._bytes += size - (older.nbytes if older is not None else 0)
            self._kept[key] = index
            self._begun_at[key] = begun
            while self._bytes > self._most_bytes and len(self._kept) > 1:
                name, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.nbytes
                del self._begun_at[name]

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
