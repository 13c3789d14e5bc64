"""People take chats over, reply, hand them back, delete them."""

from __future__ import annotations

from dataclasses import replace

from kit.clock import Clock
from kit.errors import NotFound
from kit.ids import new_id
from models.actors import Actor
from models.chats import Chat, Message, MessageRole, MessageStatus
from repositories.chats import ChatRepository
from repositories.messages import MessageRepository
from repositories.outbox import OutboxRepository, Waiting
from repositories.scope import Scope
from services.unanswered.group_unanswered import GroupUnanswered


class TakeOver:
    """What a person does in a chat."""

    def __init__(
        self,
        *,
        chats: ChatRepository,
        messages: MessageRepository,
        outbox: OutboxRepository,
        unanswered: GroupUnanswered,
        clock: Clock,
    ) -> None:
        self._chats = chats
        self._messages = messages
        self._outbox = outbox
        self._unanswered = unanswered
        self._clock = clock

    def set_active(self, chat: Chat, *, active: bool) -> Chat:
        """Hand the chat to the assistant (active) or to a person; the chat as it is then."""
        now = self._clock()
        if not self._chats.set_active(_scope(chat), chat.id, active=active, at=now):
            raise NotFound
        return replace(chat, active=active, updated_at=now)

    def reply(self, actor: Actor, chat: Chat, text: str) -> Message:
        """A person's reply: in the outbox first, then in the chat.

        A crash between the two delivers it all the same, and its acknowledgement adds it to the chat.
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


def _scope(chat: Chat) -> Scope:
    return Scope(assistant_id=chat.assistant_id)
