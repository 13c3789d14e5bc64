"""Curated questions and answers in the records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import ClassVar

from models.faq import FaqEntry
from models.golden import plain
from models.pages import Page
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, moment


class FaqRepository(Repository):
    """One record an entry; an assistant has each question once, however it is spaced or capitalised."""

    collection: ClassVar[str] = "faq"
    page_keys: ClassVar[Mapping[str, str]] = {"assistant_id": "assistant_page"}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "key"})

    def add(self, entry: FaqEntry) -> None:
        """Keep a new entry; ``Duplicate`` when the assistant has its question already."""
        self._insert(Scope(assistant_id=entry.assistant_id), _record(entry))

    def get(self, assistant_id: str, entry_id: str) -> FaqEntry | None:
        """The assistant's entry of this id."""
        record = self._get(Scope(assistant_id=assistant_id), entry_id)
        return _entry(record) if record else None

    def by_question(self, assistant_id: str, question: str) -> FaqEntry | None:
        """The assistant's entry for this question."""
        record = self._by_key("key", _key(assistant_id, question))
        return _entry(record) if record else None

    def page(self, assistant_id: str, limit: int, cursor: str = "") -> Page[FaqEntry]:
        """An assistant's entries, newest first."""
        return self._page(Scope(assistant_id=assistant_id), limit=limit, cursor=cursor).map(_entry)

    def each(self, assistant_id: str) -> Iterator[FaqEntry]:
        """All entries of an assistant, oldest first."""
        return map(_entry, self._each(Scope(assistant_id=assistant_id)))

    def count(self, assistant_id: str) -> int:
        """How many entries an assistant has."""
        return self._count(Scope(assistant_id=assistant_id))

    def update(self, entry: FaqEntry, *, was_version: int) -> bool:
        """Write question, answer and version; ``False`` when it was changed or deleted meanwhile."""
        change = _record(entry)
        for fixed in ("_id", "assistant_id", "createdAt"):
            del change[fixed]
        scope = Scope(assistant_id=entry.assistant_id)
        return self._update(scope, entry.id, {"$set": change}, when={"version": was_version})

    def delete(self, assistant_id: str, entry_id: str) -> bool:
        """Remove an entry; whether it was there."""
        return self._delete(Scope(assistant_id=assistant_id), entry_id)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every entry of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))


def _key(assistant_id: str, question: str) -> str:
    return f"{assistant_id}:{hashlib.sha256(plain(question).encode()).hexdigest()}"


def _record(entry: FaqEntry) -> Record:
    return {
        "_id": entry.id,
        "assistant_id": entry.assistant_id,
        "key": _key(entry.assistant_id, entry.question),
        "question": entry.question,
        "answer": entry.answer,
        "language": entry.language,
        "version": entry.version,
        "createdAt": entry.created_at,
        "updatedAt": entry.updated_at,
    }


def _entry(record: Record) -> FaqEntry:
    return FaqEntry(
        id=record["_id"],
        assistant_id=record["assistant_id"],
        question=record["question"],
        answer=record["answer"],
        language=record.get("language", ""),
        version=int(record["version"]),
        created_at=moment(record["createdAt"]),
        updated_at=moment(record["updatedAt"]),
    )
