"""What this process holds, so that no other does it meanwhile."""

from __future__ import annotations

import threading
from datetime import timedelta

from kit.clock import Clock
from kit.logging import get_logger
from models.leases import Lease
from repositories.leases import LeaseRepository

BACK_OFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
KEPT = timedelta(days=1)
_log = get_logger("work")


class HoldLeases:
    """Takes leases under one name of this process, renews them, and gives them back.

    One that is not renewed for ``lasts_s`` is another's to take. Processes compare their clocks with it: they
    must agree within a few seconds. What would happen were one suspended for longer is not left to the
    lease: whoever writes proves in the same write that the record is still its own.
    """

    def __init__(self, *, leases: LeaseRepository, clock: Clock, holder: str, lasts_s: float) -> None:
        self._leases = leases
        self._clock = clock
        self._holder = holder
        self._lasts = timedelta(seconds=lasts_s)
        self._lock = threading.Lock()
        self._held: dict[str, Lease] = {}
        self.lasts_s = lasts_s

    def take(self, name: str) -> bool:
        """Whether it is this caller's now: no other process, and no other thread of this one, has it."""
        with self._lock:
            if name in self._held:
                return False
            now = self._clock()
            lease = self._leases.take(name, self._holder, now, now + self._lasts)
            if lease is None:
                return False
            self._held[name] = lease
            return True

    def give_back(self, name: str) -> None:
        """Let others have it."""
        lease = self._let_go(name)
        if lease is not None:
            self._leases.release(lease)

    def put_off(self, name: str) -> float:
        """Let nobody have it for a while, longer with each time; how many seconds."""
        lease = self._let_go(name)
        wait_s = BACK_OFF_S[min(lease.tries if lease else 0, len(BACK_OFF_S) - 1)]
        if lease is not None:
            self._leases.put_off(lease, self._clock() + timedelta(seconds=wait_s))
        return wait_s

    def leave(self, name: str) -> None:
        """Hold it no longer than it lasts."""
        self._let_go(name)

    def renew(self) -> None:
        """Hold everything longer; to be called a few times within ``lasts_s``."""
        with self._lock:
            held = list(self._held.values())
        for lease in held:
            if not self._leases.renew(lease, self._clock() + self._lasts) and lease.name in self._held:
                _log.warning("lease lost", lease=lease.name)

    def taken(self) -> set[str]:
        """The names that somebody holds, or that are put off, at this moment."""
        now = self._clock()
        return {lease.name for lease in self._leases.all() if lease.until > now}

    def forget_old(self) -> None:
        """Remove what ended long ago and nobody took again."""
        before = self._clock() - KEPT
        for lease in self._leases.all():
            if lease.until < before:
                self._leases.forget(lease)

    def _let_go(self, name: str) -> Lease | None:
        with self._lock:
            return self._held.pop(name, None)
