"""Leases in the records: each ends by itself, so that nothing stays locked when its holder dies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from models.leases import Lease
from repositories.base import Change, Repository
from repositories.errors import Duplicate
from repositories.scope import WHOLE
from repositories.values import Record, moment


class LeaseRepository(Repository):
    """One record a lease, under its name."""

    collection: ClassVar[str] = "leases"
    page_keys: ClassVar[Mapping[str, str]] = {"whole": "page"}

    def take(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """The lease, unless another holds it now; of several who try at once, one gets it."""
        lease = Lease(name, holder, until)
        try:
            self._insert(WHOLE, _record(lease))
        except Duplicate:
            return self._take_over(lease, now)
        return lease

    def renew(self, lease: Lease, until: datetime) -> bool:
        """Hold it longer; ``False`` when it is another's by now."""
        return self._update(WHOLE, lease.name, {"$set": {"until": until}}, when={"holder": lease.holder})

    def put_off(self, lease: Lease, until: datetime) -> None:
        """Let nobody have it until then, and count one more try."""
        change: Change = {"$set": {"holder": "", "until": until}, "$inc": {"tries": 1}}
        self._update(WHOLE, lease.name, change, when={"holder": lease.holder})

    def release(self, lease: Lease) -> None:
        """Give it back."""
        self._delete(WHOLE, lease.name, when={"holder": lease.holder})

    def forget(self, lease: Lease) -> None:
        """Remove one that ended, unless somebody has taken it since."""
        self._delete(WHOLE, lease.name, when={"holder": lease.holder, "until": lease.until})

    def all(self) -> list[Lease]:
        """Every lease, those that ended too."""
        return [_lease(record) for record in self._each(WHOLE)]

    def _take_over(self, lease: Lease, now: datetime) -> Lease | None:
        record = self._get(WHOLE, lease.name)
        if record is None:
            return None  # given back in this moment: whoever asks next gets it
        found = _lease(record)
        if found.until > now and found.holder != lease.holder:
            return None
        change = {"$set": {"holder": lease.holder, "until": lease.until}}
        when = {"holder": found.holder, "until": found.until}
        taken = self._update(WHOLE, lease.name, change, when=when)
        return Lease(lease.name, lease.holder, lease.until, found.tries) if taken else None


def _record(lease: Lease) -> Record:
    return {"_id": lease.name, "holder": lease.holder, "until": lease.until, "tries": lease.tries}


def _lease(record: Record) -> Lease:
    return Lease(record["_id"], record["holder"], moment(record["until"]), int(record["tries"]))
