"""Sessions of the NPC gateway in the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from models.npc import NpcSession
from repositories.base import Repository
from repositories.scope import WHOLE
from repositories.values import Record, moment


class NpcSessionRepository(Repository):
    """One record for each caller and each ``chat_id`` of its own; the key holds both."""

    collection: ClassVar[str] = "npc_sessions"
    page_keys: ClassVar[Mapping[str, str]] = {"whole": "page"}
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "key"})

    def add(self, session: NpcSession) -> None:
        """Keep a new session; ``Duplicate`` when the caller has one of this name already."""
        self._insert(WHOLE, _record(session))

    def get(self, caller: str, chat_id: str) -> NpcSession | None:
        """The caller's session of this name."""
        record = self._by_key("key", _key(caller, chat_id))
        return _session(record) if record else None

    def add_chat(self, session: NpcSession, chat_id: str) -> None:
        """Note a chat of the session; again is the same."""
        self._update(WHOLE, session.id, {"$addToSet": {"chats": chat_id}})

    def end(self, session: NpcSession) -> bool:
        """Have the next message begin anew; whether nobody had done so yet."""
        return self._update(WHOLE, session.id, {"$inc": {"number": 1}}, when={"number": session.number})


def _key(caller: str, chat_id: str) -> str:
    return f"{caller}:{chat_id}"


def _record(session: NpcSession) -> Record:
    return {
        "_id": session.id,
        "key": _key(session.caller, session.chat_id),
        "caller": session.caller,
        "name": session.chat_id,
        "number": session.number,
        "chats": list(session.chats),
        "createdAt": session.created_at,
    }


def _session(record: Record) -> NpcSession:
    return NpcSession(
        id=record["_id"],
        caller=record["caller"],
        chat_id=record["name"],
        number=int(record["number"]),
        chats=tuple(record["chats"]),
        created_at=moment(record["createdAt"]),
    )
