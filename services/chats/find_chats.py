"""Find chats and their messages as the caller may see them."""

from __future__ import annotations

from kit.errors import NotFound
from kit.ids import is_id
from models.actors import Actor
from models.chats import Chat, Message
from models.pages import Page
from repositories.chats import ChatFilter, ChatRepository
from repositories.messages import MessageRepository
from repositories.scope import Scope
from services.assistants.find_assistants import FindAssistants


class FindChats:
    """Reads chats; a chat is named by its id or by the channel's id of its contact."""

    def __init__(
        self, *, chats: ChatRepository, messages: MessageRepository, assistants: FindAssistants
    ) -> None:
        self._chats = chats
        self._messages = messages
        self._assistants = assistants

    def get(self, actor: Actor, name: str) -> Chat:
        """The chat of this id, or the caller's most recent one with this contact; else ``NotFound``."""
        scope = Scope.of(actor)
        chat = self._chats.get(scope, name) if is_id(name) else None
        if chat is None:
            chat = self._chats.latest_of(scope, name)
        if chat is None:
            raise NotFound
        self._assistants.get(actor, chat.assistant_id)
        return chat

    def page(self, actor: Actor, wanted: ChatFilter, limit: int, cursor: str) -> Page[Chat]:
        """The caller's chats, newest first."""
        return self._chats.page(self._scope(actor, wanted), wanted, limit, cursor)

    def count(self, actor: Actor, wanted: ChatFilter) -> int:
        """How many chats a list would give in all."""
        return self._chats.count(self._scope(actor, wanted), wanted)

    def messages(self, chat: Chat, limit: int, cursor: str) -> Page[Message]:
        """A chat's messages by turn, oldest first."""
        return self._messages.page(chat.id, limit, cursor)

    def count_messages(self, chat: Chat) -> int:
        """How many messages a chat has."""
        return self._messages.count(chat.id)

    def _scope(self, actor: Actor, wanted: ChatFilter) -> Scope:
        if wanted.assistant_id:
            return Scope(assistant_id=self._assistants.get(actor, wanted.assistant_id).id)
        return Scope.of(actor)
