"""Find chats and their messages as the caller may see them."""

from __future__ import annotations

from dataclasses import replace

from kit.errors import NotFound
from models.actors import Actor
from models.chats import Chat, Message
from models.pages import Page, merge_pages
from repositories.chats import ChatFilter, ChatRepository
from repositories.messages import MessageRepository
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
        chat = self._assistants.first_seen(actor, name, self._chats.get) or self._latest_of(actor, name)
        if chat is None:
            raise NotFound
        self._assistants.get(actor, chat.assistant_id)
        return chat

    def page(self, actor: Actor, wanted: ChatFilter, limit: int, cursor: str) -> Page[Chat]:
        """The chats that the caller may see, newest first."""
        pages = (
            self._chats.page(one, wanted, limit, cursor)
            for one in self._assistants.scopes(actor, wanted.assistant_id)
        )
        return merge_pages(pages, limit, lambda chat: chat.id)

    def count(self, actor: Actor, wanted: ChatFilter) -> int:
        """How many chats a list would give in all."""
        return sum(
            self._chats.count(one, wanted) for one in self._assistants.scopes(actor, wanted.assistant_id)
        )

    def messages(self, actor: Actor, chat: Chat, limit: int, cursor: str) -> Page[Message]:
        """A chat's messages by turn, oldest first; scratchpads for admins alone."""
        page = self._messages.page(chat.id, limit, cursor)
        return page if actor.is_admin else page.map(lambda one: replace(one, scratchpad=""))

    def count_messages(self, chat: Chat) -> int:
        """How many messages a chat has."""
        return self._messages.count(chat.id)

    def _latest_of(self, actor: Actor, name: str) -> Chat | None:
        found = (self._chats.latest_of(one, name) for one in self._assistants.scopes(actor))
        return max((one for one in found if one is not None), key=lambda chat: chat.id, default=None)
