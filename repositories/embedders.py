"""Which embedder made the vectors that answers come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from repositories.base import Repository
from repositories.scope import WHOLE

_INSTALLATION = "installation"


class EmbedderRepository(Repository):
    """A record for the installation, and one for each assistant whose vectors are still another embedder's."""

    collection: ClassVar[str] = "embedders"
    page_keys: ClassVar[Mapping[str, str]] = {"whole": "page"}

    def in_force(self) -> str:
        """The name of the embedder of every assistant that has no record of its own; empty before the first."""
        record = self._get(WHOLE, _INSTALLATION)
        return str(record["embedder"]) if record else ""

    def set_in_force(self, name: str) -> None:
        """Say that from now on this is the installation's embedder."""
        if not self._update(WHOLE, _INSTALLATION, {"$set": {"embedder": name}}):
            self._insert(WHOLE, {"_id": _INSTALLATION, "embedder": name})

    def behind(self) -> dict[str, str]:
        """The assistants whose answers still come from another embedder's vectors, and that one's name."""
        return {one["_id"]: one["embedder"] for one in self._each(WHOLE) if one["_id"] != _INSTALLATION}

    def set_behind(self, assistant_ids: Iterable[str], name: str) -> None:
        """Note that these assistants, which have no record yet, have their vectors from the embedder ``name``."""
        self._insert_many(WHOLE, [{"_id": one, "embedder": name} for one in assistant_ids])

    def caught_up(self, assistant_id: str) -> None:
        """Say that an assistant has its vectors from the installation's embedder; again is the same."""
        self._delete(WHOLE, assistant_id)
