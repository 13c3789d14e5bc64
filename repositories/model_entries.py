"""The models that admins keep, in the records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import ClassVar

from models.catalogue import JsonMode, KeptEntry, ModelEntry, Origin, Provider
from repositories.base import Repository
from repositories.scope import WHOLE
from repositories.values import Record, choice

# An entry's key lies beside it, sealed; where it stands goes without saying.
_NOT_KEPT = frozenset({"name", "api_key", "origin"})


class ModelEntryRepository(Repository):
    """One record a model, its name as the id."""

    collection: ClassVar[str] = "models"
    page_keys: ClassVar[Mapping[str, str]] = {"whole": "page"}

    def add(self, kept: KeptEntry) -> None:
        """Keep a new entry; ``Duplicate`` when there is one of its name."""
        self._insert(WHOLE, {"_id": kept.entry.name, **_values(kept)})

    def get(self, name: str) -> KeptEntry | None:
        """The entry of this name."""
        record = self._get(WHOLE, name)
        return _kept(record) if record else None

    def each(self) -> Iterator[KeptEntry]:
        """All of them, by name."""
        for record in self._each(WHOLE):
            kept = _kept(record)
            if kept is not None:
                yield kept

    def update(self, kept: KeptEntry) -> bool:
        """Write an entry anew; ``False`` when it was deleted meanwhile."""
        return self._update(WHOLE, kept.entry.name, {"$set": _values(kept)})

    def delete(self, name: str) -> bool:
        """Remove an entry; whether it was there."""
        return self._delete(WHOLE, name)


def _values(kept: KeptEntry) -> Record:
    values = {name: value for name, value in asdict(kept.entry).items() if name not in _NOT_KEPT}
    return {**values, "key_sealed": kept.sealed, "key_home": kept.home, "key_hint": kept.hint}


def _kept(record: Record) -> KeptEntry | None:
    """``None`` for one of a provider that a newer version knows."""
    if record["provider"] not in set(Provider):
        return None
    known = {one.name: record[one.name] for one in fields(ModelEntry) if one.name in record}
    known["provider"] = Provider(record["provider"])
    known["json_mode"] = choice(record.get("json_mode", JsonMode.AUTO), JsonMode.AUTO)
    known["fallbacks"] = tuple(record.get("fallbacks", ()))
    entry = ModelEntry(**{**known, "name": record["_id"], "origin": Origin.RECORDS})
    return KeptEntry(
        entry, record.get("key_sealed", ""), record.get("key_home", ""), record.get("key_hint", "")
    )
