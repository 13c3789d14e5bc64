"""People take chats over, reply, hand them back, delete them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kit.clock import Clock, rfc3339
from kit.errors import NotFound
from kit.ids import new_id
from models.actors import Actor
from models.chats import Chat, Message, MessageRole, MessageStatus
from models.deliveries import Event
from models.guides import GuideProgress
from repositories.chats import ChatRepository
from repositories.guides import GuideRepository
from repositories.messages import MessageRepository
from repositories.outbox import OutboxRepository, Waiting
from repositories.scope import Scope
from services.delivery.announce_event import AnnounceEvent
from services.unanswered.group_unanswered import GroupUnanswered
from services.usage.forget_calls import ForgetCalls


class TakeOver:
    """What a person does in a chat."""

    def __init__(
        self,
        *,
        chats: ChatRepository,
        messages: MessageRepository,
        outbox: OutboxRepository,
        guides: GuideRepository,
        unanswered: GroupUnanswered,
        announce: AnnounceEvent,
        calls: ForgetCalls,
        clock: Clock,
    ) -> None:
        self._chats = chats
        self._messages = messages
        self._outbox = outbox
        self._guides = guides
        self._unanswered = unanswered
        self._announce = announce
        self._calls = calls
        self._clock = clock

    def set_active(self, chat: Chat, *, active: bool) -> Chat:
        """Hand the chat to the assistant (active) or to a person; the chat as it is then.

        ``NotFound`` when it is gone.
        """
        now = self._clock()
        if not self._chats.set_active(_scope(chat), chat.id, active=active, at=now):
            raise NotFound
        changed = replace(chat, active=active, updated_at=now)
        if active is not chat.active:
            event = Event.CHAT_ACTIVATED if active else Event.CHAT_DEACTIVATED
            told = {**_named(chat), "active": active, "updatedAt": rfc3339(now)}
            self._announce.announce(chat.assistant_id, event, told)
        return changed

    def offer_guide(self, chat: Chat, guide_id: str | None) -> Chat:
        """Have a guide filled and followed in the chat, from its beginning, or none any more.

        ``NotFound`` for one that is not of the chat's assistant.
        """
        if guide_id is not None and self._guides.get(chat.assistant_id, guide_id) is None:
            raise NotFound
        guide = None if guide_id is None else GuideProgress(guide_id, turn=chat.turns)
        if not self._chats.offer_guide(chat, guide):
            raise NotFound
        return replace(chat, guide=guide)

    def set_opted_out(self, chat: Chat, *, opted_out: bool) -> Chat:
        """Note that the contact wants no pushes, or wants them again. ``NotFound`` when the chat is gone."""
        if not self._chats.set_opted_out(chat, opted_out=opted_out):
            raise NotFound
        return replace(chat, opted_out=opted_out)

    def reply(self, actor: Actor, chat: Chat, text: str) -> Message:
        """A person's reply: in the outbox first, then in the chat.

        A crash between the two delivers it all the same, and its acknowledgement adds it to the chat.
        ``NotFound`` when the chat is gone.
        """
        reply = Message(
            id=new_id(),
            chat_id=chat.id,
            assistant_id=chat.assistant_id,
            turn=chat.turns + 1,
            role=MessageRole.ASSISTANT,
            content=text,
            status=MessageStatus.WAITING,
            created_at=self._clock(),
            author=actor.name,
        )
        self._outbox.add(Waiting(reply, chat.channel, chat.username))
        self._messages.add(reply)
        if not self._chats.note_reply(chat, reply):
            self._remove_rest(chat)
            raise NotFound
        told = {**_named(chat), "_id": reply.id, "message": text, "author": reply.author}
        told["createdAt"] = rfc3339(reply.created_at)
        self._announce.announce(chat.assistant_id, Event.REPLY_CREATED, told, once=reply.id)
        return reply

    def delete(self, chat: Chat) -> None:
        """Remove the chat with its messages, what waits for delivery and what was not answered; again is the same.

        The chat goes between: before, so that a crash leaves one that can be deleted again; after, because
        until then a message may come in.
        """
        self._remove_rest(chat)
        self._chats.delete(_scope(chat), chat.id)
        self._remove_rest(chat)

    def _remove_rest(self, chat: Chat) -> None:
        self._outbox.delete_all_of_chat(chat.id)
        self._unanswered.delete_of_chat(chat.assistant_id, chat.id)
        self._messages.delete_all_of_chat(chat.id)
        self._calls.forget_chat(chat.assistant_id, chat.id)


def _named(chat: Chat) -> dict[str, Any]:
    """What a receiver knows a chat by."""
    channel = {"id": chat.channel.id, "message_service": chat.channel.message_service}
    return {"chat_id": chat.id, "channel": channel, "username": chat.username}


def _scope(chat: Chat) -> Scope:
    return Scope(assistant_id=chat.assistant_id)
