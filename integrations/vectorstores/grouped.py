"""Vectors of several documents written in one call, in front of a store for which each call is dear."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from integrations.vectorstores.base import Vectors, VectorStore
from integrations.vectorstores.wrapped import WrappedStore
from kit.workplaces import Workplaces

MOST = 500  # vectors in one call
FEW = 64  # the same while turns are at work: a search of a large collection waits for the call to end
LINGER_S = 0.025  # for others, by whoever writes soon after another
SOON_S = 0.5
MOST_QUEUES = 100


@dataclass
class _Waiting:
    """What one caller has to add; ``problem`` is why that came to nothing."""

    ids: Sequence[str]
    vectors: Vectors
    done: bool = False
    problem: BaseException | None = None


@dataclass
class _Queue:
    """Who waits to add to one collection, and whether somebody writes to it at this moment."""

    waiting: list[_Waiting] = field(default_factory=list)
    writing: bool = False
    wrote_at: float = -SOON_S

    @property
    def size(self) -> int:
        return sum(len(one.ids) for one in self.waiting)


class GroupedVectors(WrappedStore[VectorStore]):
    """A ``VectorStore`` over another one, which sees the vectors of callers that come at once in one call.

    Chroma writes its index down at every call, however few vectors there are in it. So whoever comes while
    a collection is being written to waits, and the first of those who waited writes for all of them; when
    one write follows soon after another it waits a moment for more. Each call returns when its own vectors
    are written, and fails when they are not. While ``turns`` are at work less is written at a time, and nothing
    in the middle of one.
    """

    def __init__(
        self,
        store: VectorStore,
        *,
        turns: Workplaces | None = None,
        linger_s: float = LINGER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(store)
        self._turns = turns or Workplaces(1)
        self._linger_s = linger_s
        self._clock = clock
        self._changed = threading.Condition()
        self._queues: dict[str, _Queue] = {}

    def add(self, collection: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Put vectors under ids (again is the same), making the collection at the first call."""
        mine = _Waiting(ids, vectors)
        with self._changed:
            queue = self._queues.setdefault(collection, _Queue())
            queue.waiting.append(mine)
            self._changed.notify_all()
            self._changed.wait_for(lambda: mine.done or not queue.writing)
            group = [] if mine.done else self._gathered(queue, mine)
        if group:
            self._write(collection, queue, group)
        if mine.problem is not None:
            raise mine.problem

    def _gathered(self, queue: _Queue, mine: _Waiting) -> list[_Waiting]:
        """Whose vectors to write now; from here on nobody else writes to the collection."""
        queue.writing = True
        if self._clock() < queue.wrote_at + SOON_S:
            self._changed.wait_for(lambda: queue.size >= MOST, self._linger_s)
        return _taken(queue, mine)

    def _write(self, collection: str, queue: _Queue, group: list[_Waiting]) -> None:
        problem: BaseException | None = None
        try:
            ids = [one for part in group for one in part.ids]
            self._add(collection, ids, np.concatenate([part.vectors for part in group]))
        except BaseException as error:  # noqa: BLE001  # raised again for every caller whose vectors they are
            problem = error
        with self._changed:
            queue.writing, queue.wrote_at = False, self._clock()
            for part in group:
                part.done, part.problem = True, problem
            self._forget_idle()
            self._changed.notify_all()

    def _add(self, collection: str, ids: list[str], vectors: Vectors) -> None:
        done = 0
        while done < len(ids):
            self._turns.stand_back()
            part = slice(done, done + (FEW if self._turns.busy_lately else MOST))
            self._store.add(collection, ids[part], vectors[part])
            done = part.stop

    def _forget_idle(self) -> None:
        """Let go of the queues of collections that nobody has written to lately."""
        if len(self._queues) > MOST_QUEUES:
            soon = self._clock() - SOON_S
            self._queues = {
                name: one
                for name, one in self._queues.items()
                if one.writing or one.waiting or one.wrote_at > soon
            }


def _taken(queue: _Queue, mine: _Waiting) -> list[_Waiting]:
    """The caller's own part, and of the others' as many as fit beside it: no longer in the queue."""
    group, size = [mine], len(mine.ids)
    width = mine.vectors.shape[1:]
    for other in queue.waiting:
        if other is not mine and size + len(other.ids) <= MOST and other.vectors.shape[1:] == width:
            group.append(other)
            size += len(other.ids)
    taken = {id(one) for one in group}
    queue.waiting = [one for one in queue.waiting if id(one) not in taken]
    return group
