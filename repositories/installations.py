"""What the processes of one installation know each other by, in the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from kit.ids import new_id
from models.leases import SharedInstallation
from repositories.base import Repository
from repositories.errors import Duplicate
from repositories.scope import WHOLE

_ONE = "installation"


class InstallationRepository(Repository):
    """One record in all."""

    collection: ClassVar[str] = "installations"
    page_keys: ClassVar[Mapping[str, str]] = {"whole": "page"}

    def get(self) -> SharedInstallation | None:
        """What the server wrote at its start; ``None`` before the first."""
        record = self._get(WHOLE, _ONE)
        return SharedInstallation(record["installation"], record["key_check"]) if record else None

    def keep(self, key_check: str) -> SharedInstallation:
        """The installation, made at the first call, with this ``key_check``."""
        known = self.get()
        if known is None:
            made = SharedInstallation(new_id(), key_check)
            try:
                record = {"_id": _ONE, "installation": made.id, "key_check": key_check}
                self._insert(WHOLE, record)
            except Duplicate:
                return self.keep(key_check)
            return made
        if known.key_check != key_check:
            self._update(WHOLE, _ONE, {"$set": {"key_check": key_check}})
        return SharedInstallation(known.id, key_check)
