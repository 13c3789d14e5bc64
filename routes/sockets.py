"""Waiting for sockets at a cost that does not grow with their number."""

from __future__ import annotations

import contextlib
import select
import threading
import time
from collections import deque
from typing import Any

from waitress import wasyncore

RESCAN_EVERY_S = 1.0
_READ = select.POLLIN | select.POLLPRI
_WRITE = select.POLLOUT
_UNKNOWN = -1


def make_sockets() -> Sockets:
    """An empty collection, of the kind that this system can have."""
    return PolledSockets() if hasattr(select, "epoll") else Sockets()


class Sockets(dict[int, Any]):
    """The sockets of waitress by descriptor: all are asked what they wait for, each time."""

    def changed(self, descriptor: int | None) -> bool:  # noqa: ARG002  # all are asked
        """Note in any thread that a socket may wait for something else now.

        Whether that is done; else the round under way has to be ended for it. ``None`` is one just closed.
        """
        return False

    def round(self, timeout_s: float) -> None:
        """Wait until something happens, ``timeout_s`` seconds at most, and have it handled."""
        wasyncore.loop(timeout=timeout_s, use_poll=True, map=self, count=1)


class PolledSockets(Sockets):
    """The same for systems with epoll: a socket is asked what it waits for when that may have changed.

    waitress asks every connection, twice a request: with 256 of them a fifth of the server's time. Here a
    socket is watched for one event, and then until somebody says that it has ``changed``; all are asked once
    a second, for what waitress changes without a word.
    """

    def __init__(self) -> None:
        super().__init__()
        self._poll = select.epoll()
        self._changed: deque[int] = deque()
        self._wanted: dict[int, int] = {}  # what each is watched for right now
        self._asking = threading.Lock()
        self._rescan_at = 0.0

    def __setitem__(self, descriptor: int, watched: Any) -> None:
        super().__setitem__(descriptor, watched)
        self._poll.register(descriptor, 0)
        self._wanted[descriptor] = 0
        self._changed.append(descriptor)

    def __delitem__(self, descriptor: int) -> None:
        super().__delitem__(descriptor)
        self._wanted.pop(descriptor, None)
        with contextlib.suppress(OSError):  # closed already, and so no longer watched
            self._poll.unregister(descriptor)

    def changed(self, descriptor: int | None) -> bool:
        """Ask a socket again, now: a wait under way takes notice by itself."""
        self._watch(descriptor)
        return True

    def round(self, timeout_s: float) -> None:
        """Wait for one event at the sockets that wait, and have it handled."""
        if time.monotonic() >= self._rescan_at:
            self._rescan_at = time.monotonic() + RESCAN_EVERY_S
            self._wanted = dict.fromkeys(self, _UNKNOWN)
            self._changed.extend(self)
        while self._changed:
            self._watch(self._changed.popleft())
        for descriptor, events in self._poll.poll(min(timeout_s, RESCAN_EVERY_S)):
            watched = self.get(descriptor)
            if watched is not None:
                self._wanted[descriptor] = 0  # it was watched for one event
                wasyncore.readwrite(watched, events)
                self._watch(descriptor)

    def _watch(self, descriptor: int | None) -> None:
        if descriptor is None:
            return
        with self._asking:  # of two threads the last to ask is the last to tell
            watched = self.get(descriptor)
            if watched is None:
                return
            wanted = _READ if watched.readable() else 0
            if watched.writable() and not watched.accepting:
                wanted |= _WRITE
            if wanted != self._wanted.get(descriptor):
                # First, for at once there may be an event, after which it is watched for nothing.
                self._wanted[descriptor] = wanted
                with contextlib.suppress(OSError):  # a thread has just closed it
                    self._poll.modify(descriptor, wanted | select.EPOLLONESHOT if wanted else 0)
