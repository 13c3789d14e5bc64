"""Chats in the records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from models.chats import Channel, Chat, Message, Tokens, chat_key
from models.guides import GuideProgress
from models.pages import Page
from models.text.folding import fold
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, moment


@dataclass(frozen=True)
class ChatFilter:
    """Which chats of a list are wanted; what is ``None`` or empty does not narrow it.

    ``since`` and ``until`` bound the last change (both included); ``text`` is looked for in the
    contact's name and id and in the latest message, whatever its case and accents.
    """

    assistant_id: str = ""
    message_service: str = ""
    active: bool | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


class ChatRepository(Repository):
    """One record a chat, unique by assistant, service and contact."""

    collection: ClassVar[str] = "chats"
    page_keys: ClassVar[Mapping[str, str]] = {
        "assistant_id": "assistant_page",
        "owner_id": "owner_page",
        "whole": "page",
    }
    unique_keys: ClassVar[frozenset[str]] = frozenset({"_id", "chat_key"})

    def add(self, chat: Chat) -> None:
        """Keep a new chat; ``Duplicate`` when the contact has one already."""
        self._insert(Scope(assistant_id=chat.assistant_id), _record(chat))

    def by_channel(self, assistant_id: str, channel: Channel) -> Chat | None:
        """The contact's chat with the assistant."""
        record = self._by_key("chat_key", chat_key(assistant_id, channel))
        return _chat(record) if record else None

    def get(self, scope: Scope, chat_id: str) -> Chat | None:
        """The chat of this id within the scope."""
        record = self._get(scope, chat_id)
        return _chat(record) if record else None

    def latest_of(self, scope: Scope, contact_id: str) -> Chat | None:
        """The most recent chat within the scope with the contact of this channel id, on any channel."""
        found = self._found(self._conditions(scope, {"channel.id": contact_id}, None), ("_id", -1), 1, ())
        return _chat(found[0]) if found else None

    def page(self, scope: Scope, wanted: ChatFilter, limit: int, cursor: str = "") -> Page[Chat]:
        """Chats within the scope, newest first."""
        return self._page(scope, limit=limit, cursor=cursor, match=_match(wanted)).map(_chat)

    def count(self, scope: Scope, wanted: ChatFilter) -> int:
        """How many chats a list would give in all."""
        return self._count(scope, match=_match(wanted))

    def each(self, scope: Scope) -> Iterator[Chat]:
        """Every chat within the scope, oldest first."""
        return map(_chat, self._each(scope))

    def note_message(self, chat: Chat, *, turn: int, text: str, username: str, at: datetime) -> bool:
        """Show the latest message on the chat and count its turn."""
        search = _searchable(chat.channel.id, username, text)
        shown = {"message": text, "username": username, "search": search, "updatedAt": at}
        return self._update(
            Scope(assistant_id=chat.assistant_id), chat.id, {"$set": shown, "$max": {"turns": turn}}
        )

    def note_answer(self, chat: Chat, answer: Message, *, only_active: bool) -> bool:
        """Show an answer on the chat and add its tokens, once; ``False`` when the chat is not active (or gone)."""
        scope = Scope(assistant_id=chat.assistant_id)
        when: dict[str, Any] = {"last_answer": {"$ne": answer.id}}
        if only_active:
            when["active"] = True
        noted = {"response": answer.content, "updatedAt": answer.created_at, "last_answer": answer.id}
        counted = {"tokens.in": answer.tokens.input, "tokens.out": answer.tokens.output}
        if self._update(scope, chat.id, {"$set": noted, "$inc": counted}, when=when):
            return True
        return self._get(scope, chat.id, when={"last_answer": answer.id}) is not None

    def note_reply(self, chat: Chat, reply: Message) -> bool:
        """Show a person's reply on the chat and count its turn."""
        shown = {"response": reply.content, "updatedAt": reply.created_at}
        return self._update(
            Scope(assistant_id=chat.assistant_id), chat.id, {"$set": shown, "$max": {"turns": reply.turn}}
        )

    def set_summary(self, chat: Chat, summary: str, turn: int) -> bool:
        """Keep what sums the chat up to this turn, unless another one did so since the chat was read."""
        return self._update(
            Scope(assistant_id=chat.assistant_id),
            chat.id,
            {"$set": {"summary": summary, "summary_turn": turn}},
            when={"summary_turn": chat.summary_turn},
        )

    def set_guide(self, chat: Chat, guide: GuideProgress, *, was: GuideProgress | None) -> bool:
        """Keep how far a guide has come; ``False`` when another was set since the chat was read, or it is gone."""
        scope, change = Scope(assistant_id=chat.assistant_id), {"guide": _progress_record(guide)}
        if was is None:
            return False
        when = {"guide.guide_id": was.guide_id, "guide.turn": was.turn}
        return self._update(scope, chat.id, {"$set": change}, when=when)

    def offer_guide(self, chat: Chat, guide: GuideProgress | None) -> bool:
        """Begin a guide in a chat, or end it; whatever was there before."""
        change = {"guide": _progress_record(guide)}
        return self._update(Scope(assistant_id=chat.assistant_id), chat.id, {"$set": change})

    def set_opted_out(self, chat: Chat, *, opted_out: bool) -> bool:
        """Note whether the contact wants no pushes."""
        scope = Scope(assistant_id=chat.assistant_id)
        return self._update(scope, chat.id, {"$set": {"opted_out": opted_out}})

    def set_active(self, scope: Scope, chat_id: str, *, active: bool, at: datetime) -> bool:
        """Hand a chat to the assistant or to a person."""
        return self._update(scope, chat_id, {"$set": {"active": active, "updatedAt": at}})

    def change_owner(self, assistant_id: str, owner_id: str) -> None:
        """Follow an assistant to its new owner."""
        self._hand_over(assistant_id, owner_id)

    def delete(self, scope: Scope, chat_id: str) -> bool:
        """Remove one chat."""
        return self._delete(scope, chat_id)

    def delete_all_of(self, assistant_id: str) -> int:
        """Remove every chat of an assistant."""
        return self._delete_all(Scope(assistant_id=assistant_id))


def _match(wanted: ChatFilter) -> dict[str, Any]:
    match: dict[str, Any] = {}
    if wanted.message_service:
        match["channel.message_service"] = wanted.message_service
    if wanted.active is not None:
        match["active"] = wanted.active
    if wanted.text:
        match["search"] = {"$regex": re.escape(fold(wanted.text))}
    bounds = {"$gte": wanted.since, "$lte": wanted.until}
    if any(bounds.values()):
        match["updatedAt"] = {name: bound for name, bound in bounds.items() if bound}
    return match


def _searchable(*texts: str) -> str:
    return fold("\n".join(texts))[:2000]


def _record(chat: Chat) -> Record:
    return {
        "_id": chat.id,
        "assistant_id": chat.assistant_id,
        "owner_id": chat.owner_id,
        "chat_key": chat_key(chat.assistant_id, chat.channel),
        "channel": {"id": chat.channel.id, "message_service": chat.channel.message_service},
        "username": chat.username,
        "active": chat.active,
        "message": chat.message,
        "response": chat.response,
        "tokens": {"in": chat.tokens.input, "out": chat.tokens.output},
        "turns": chat.turns,
        "search": _searchable(chat.channel.id, chat.username, chat.message),
        "last_answer": "",
        "summary": chat.summary,
        "summary_turn": chat.summary_turn,
        "guide": _progress_record(chat.guide),
        "opted_out": chat.opted_out,
        "createdAt": chat.created_at,
        "updatedAt": chat.updated_at,
    }


def _chat(record: Record) -> Chat:
    tokens = record.get("tokens") or {}
    return Chat(
        id=record["_id"],
        assistant_id=record["assistant_id"],
        owner_id=record.get("owner_id", ""),
        channel=Channel(record["channel"]["id"], record["channel"]["message_service"]),
        username=record.get("username", ""),
        active=bool(record.get("active", True)),
        message=record.get("message", ""),
        response=record.get("response"),
        tokens=Tokens(int(tokens.get("in", 0)), int(tokens.get("out", 0))),
        turns=int(record.get("turns", 0)),
        created_at=moment(record["createdAt"]),
        updated_at=moment(record["updatedAt"]),
        summary=record.get("summary", ""),
        summary_turn=int(record.get("summary_turn", 0)),
        guide=_progress(record["guide"]) if record.get("guide") else None,
        opted_out=bool(record.get("opted_out", False)),
    )


def _progress(record: Record) -> GuideProgress:
    return GuideProgress(
        guide_id=record["guide_id"],
        values={one["name"]: one["value"] for one in record["values"]},
        asked=record["asked"],
        turn=int(record["turn"]),
        is_answered=bool(record["is_answered"]),
    )


def _progress_record(guide: GuideProgress | None) -> Record | None:
    if guide is None:
        return None
    return {
        "guide_id": guide.guide_id,
        "values": [{"name": name, "value": value} for name, value in guide.values.items()],
        "asked": guide.asked,
        "turn": guide.turn,
        "is_answered": guide.is_answered,
    }
