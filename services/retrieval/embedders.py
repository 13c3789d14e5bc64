"""Which embedder an assistant's vectors are from, while another one takes over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from integrations.embeddings.base import Embedder
from models.documents import DocumentType
from repositories.embedders import EmbedderRepository
from services.retrieval.knowledge import collection_name

FIRST = "hashed-1024-1"  # what installations had before they noted it


class InForce(Protocol):
    """What a search asks: whose vectors an assistant's are."""

    def of_search(self, assistant_id: str) -> Embedder | None:
        """Whose vectors to search; ``None`` when those there are cannot be searched any more."""
        ...


class Embedders:
    """The installation's embedder, and for assistants that are *behind* the one before it.

    An assistant is behind from the start with a changed embedder until all its chunks have vectors of the
    new one; ``remake`` builds an embedder from its name, if it still can. Safe to use from many threads.
    """

    def __init__(
        self,
        current: Embedder,
        *,
        records: EmbedderRepository,
        remake: Callable[[str], Embedder | None],
    ) -> None:
        self.current = current
        self._records = records
        self._remake = remake
        self._changing = threading.Lock()
        self._behind: dict[str, str] = {}
        self._older: dict[str, Embedder | None] = {}

    def notice(self, assistant_ids: Callable[[], list[str]]) -> None:
        """Look whether another embedder was in force until now; every step can run again after a crash."""
        before = self._records.in_force() or FIRST
        behind = self._records.behind()
        if before != self.current.name:
            # Who is behind already answers from an embedder still further back.
            self._records.set_behind([one for one in assistant_ids() if one not in behind], before)
            behind = self._records.behind()
        self._records.set_in_force(self.current.name)
        self._older = {name: self._remade(name) for name in set(behind.values())}
        self._behind = behind

    def follow(self) -> bool:
        """Take over what other processes have noted; whether the installation's embedder is this one's too."""
        # In this order: who is behind is noted before the change is.
        agrees = self._records.in_force() == self.current.name
        behind = self._records.behind()
        for name in set(behind.values()) - self._older.keys():
            self._older = {**self._older, name: self._remade(name)}
        with self._changing:
            self._behind = behind
        return agrees

    def behind(self) -> list[str]:
        """The assistants that are behind."""
        return list(self._behind)

    def is_behind(self, assistant_id: str) -> bool:
        """Whether an assistant answers from the vectors of the embedder before."""
        return assistant_id in self._behind

    def of_search(self, assistant_id: str) -> Embedder | None:
        """Whose vectors to search; ``None`` when those there are cannot be searched any more."""
        name = self._behind.get(assistant_id)
        return self.current if name is None else self._older.get(name)

    def of_writing(self, assistant_id: str) -> list[Embedder]:
        """Whose vectors new chunks get: the current one's, and those that searches still use."""
        searched = self.of_search(assistant_id)
        return [self.current] if searched is None or searched is self.current else [self.current, searched]

    def collections(self, assistant_id: str, document_type: DocumentType) -> list[str]:
        """The collections that may hold vectors of an assistant's documents, the current embedder's first."""
        names = dict.fromkeys([self.current.name, self._behind.get(assistant_id, self.current.name)])
        return [collection_name(assistant_id, document_type, name) for name in names]

    def caught_up(self, assistant_id: str) -> None:
        """Let an assistant answer from the current embedder's vectors."""
        self._records.caught_up(assistant_id)
        with self._changing:
            # A new dictionary each time: other threads go on reading the one they have.
            self._behind = {one: name for one, name in self._behind.items() if one != assistant_id}

    def _remade(self, name: str) -> Embedder | None:
        return self.current if name == self.current.name else self._remake(name)
