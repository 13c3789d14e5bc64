"""Store what a contact wrote before anything else happens to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kit.clock import Clock
from kit.ids import new_id
from models.assistants import Assistant
from models.chats import Chat, Message, MessageRole, MessageStatus, Tokens
from repositories.chats import ChatRepository
from repositories.errors import Duplicate
from repositories.messages import MessageRepository
from services.chats.turns import Incoming


@dataclass(frozen=True)
class Received:
    """The chat and the message as stored; ``known`` when the same message came before."""

    chat: Chat
    message: Message
    known: bool


class ReceiveMessage:
    """Finds or opens the contact's chat and adds the message to it; once per ``message_id``."""

    def __init__(self, *, chats: ChatRepository, messages: MessageRepository, clock: Clock) -> None:
        self._chats = chats
        self._messages = messages
        self._clock = clock

    def receive(self, assistant: Assistant, incoming: Incoming) -> Received:
        """The chat and the message. Calls for one contact must not overlap: turns are numbered here."""
        chat, opened = self._chat(assistant, incoming)
        message = self._message(chat, incoming, turn=chat.turns if opened else chat.turns + 1)
        if incoming.message_id and not opened:
            before = self._messages.by_message_id(chat.id, incoming.message_id)
            if before is not None:
                return Received(chat, before, known=True)
        try:
            self._messages.add(message)
        except Duplicate:  # another process was quicker with the same message
            before = self._messages.by_message_id(chat.id, message.message_id)
            return Received(chat, before or message, known=True)
        if opened:
            return Received(chat, message, known=False)
        username = incoming.username or chat.username
        self._chats.note_message(
            chat, turn=message.turn, text=message.content, username=username, at=message.created_at
        )
        chat = replace(
            chat,
            turns=message.turn,
            message=message.content,
            username=username,
            updated_at=message.created_at,
        )
        return Received(chat, message, known=False)

    def again(self, message: Message) -> Message:
        """The message on its way once more, after its turn had failed."""
        self._messages.set_status(message, MessageStatus.WAITING)
        return replace(message, status=MessageStatus.WAITING)

    def _chat(self, assistant: Assistant, incoming: Incoming) -> tuple[Chat, bool]:
        chat = self._chats.by_channel(assistant.id, incoming.channel)
        if chat is not None:
            return chat, False
        now = self._clock()
        chat = Chat(
            id=new_id(),
            assistant_id=assistant.id,
            owner_id=assistant.owner_id,
            channel=incoming.channel,
            username=incoming.username,
            active=incoming.active,
            message=incoming.message,
            response=None,
            tokens=Tokens(),
            turns=1,
            created_at=now,
            updated_at=now,
        )
        try:
            self._chats.add(chat)
        except Duplicate:  # another process opened it in this moment
            return self._chats.by_channel(assistant.id, incoming.channel) or chat, False
        return chat, True

    def _message(self, chat: Chat, incoming: Incoming, turn: int) -> Message:
        own_id = new_id()
        return Message(
            id=own_id,
            chat_id=chat.id,
            assistant_id=chat.assistant_id,
            turn=turn,
            role=MessageRole.USER,
            content=incoming.message,
            status=MessageStatus.WAITING,
            created_at=self._clock(),
            message_id=incoming.message_id or own_id,
            requested_model=incoming.model,
        )
