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
    known: bool = False


class ReceiveMessage:
    """Finds or opens the contact's chat and adds the message to it; once per ``message_id``."""

    def __init__(self, *, chats: ChatRepository, messages: MessageRepository, clock: Clock) -> None:
        self._chats = chats
        self._messages = messages
        self._clock = clock

    def chat(self, assistant: Assistant, incoming: Incoming) -> Chat | None:
        """The contact's chat, if there is one already."""
        return self._chats.by_channel(assistant.id, incoming.channel)

    def before(self, chat: Chat, incoming: Incoming) -> Message | None:
        """The message as it came in before, if it did."""
        if not incoming.message_id:
            return None
        return self._messages.by_message_id(chat.id, incoming.message_id)

    def receive(self, assistant: Assistant, incoming: Incoming, chat: Chat | None) -> Received:
        """Store the message in ``chat``, or in a new one.

        Calls for one contact must not overlap: turns are counted here.
        """
        if chat is None:
            chat, opened = self._open(assistant, incoming)
        else:
            opened = False
        message = self._message(chat, incoming, turn=chat.turns if opened else chat.turns + 1)
        try:
            self._messages.add(message)
        except Duplicate:  # another process was quicker with the same message
            before = self._messages.by_message_id(chat.id, message.message_id)
            return Received(chat, before or message, known=True)
        if opened:
            return Received(chat, message)
        username = incoming.username or chat.username
        if not self._chats.note_message(
            chat, turn=message.turn, text=message.content, username=username, at=message.created_at
        ):
            # A person deleted the chat in this moment; the message opens a new one.
            self._messages.remove(message)
            return self.receive(assistant, incoming, None)
        chat = replace(
            chat,
            turns=message.turn,
            message=message.content,
            username=username,
            updated_at=message.created_at,
        )
        return Received(chat, message)

    def again(self, message: Message) -> Message:
        """The message on its way once more, after its turn had failed."""
        self._messages.set_status(message, MessageStatus.WAITING)
        return replace(message, status=MessageStatus.WAITING)

    def _open(self, assistant: Assistant, incoming: Incoming) -> tuple[Chat, bool]:
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
