"""Talk to NPCs: sessions of a caller, their end, and what was said in them."""

from __future__ import annotations

from dataclasses import dataclass

from kit.clock import Clock
from kit.errors import NotFound
from kit.ids import is_id, new_id
from models.actors import Actor
from models.assistants import Assistant
from models.chats import Channel, Message
from models.npc import CHANNEL, NpcSession
from models.pages import Page
from repositories.assistants import AssistantRepository
from repositories.errors import Duplicate
from repositories.messages import MessageRepository
from repositories.npc_sessions import NpcSessionRepository
from services.assistants.check_models import check_named
from services.assistants.find_assistants import FindAssistants
from services.chats.answer_message import AnswerMessage
from services.chats.turns import Answer, Incoming
from services.llm.catalogue import Catalogue


@dataclass(frozen=True)
class Line:
    """A message of a session: with which NPC, and in which of the times that it was begun."""

    npc_id: str
    message: Message


class NpcSessions:
    """Sessions are named by their callers, who never meet: a caller is a personal API token."""

    def __init__(
        self,
        *,
        assistants: AssistantRepository,
        find_assistants: FindAssistants,
        sessions: NpcSessionRepository,
        messages: MessageRepository,
        answer_message: AnswerMessage,
        catalogue: Catalogue,
        clock: Clock,
    ) -> None:
        self._assistants = assistants
        self._find_assistants = find_assistants
        self._sessions = sessions
        self._messages = messages
        self._answer_message = answer_message
        self._catalogue = catalogue
        self._clock = clock

    def say(self, actor: Actor, npc_id: str, chat_id: str, message: str, model: str) -> Answer:
        """What the NPC answers; it remembers what was said in this session.

        ``Invalid`` for a model that nobody serves; other errors as ``AnswerMessage.answer``.
        """
        npc = self._npc(actor, npc_id)
        check_named(self._catalogue, model)
        session = self._open(actor.token_id, chat_id)
        channel = Channel(session.contact(), CHANNEL)
        incoming = Incoming(
            channel=channel, message=message, username=actor.name, model=model, key_id=actor.token_id
        )
        answer = self._answer_message.answer(npc, incoming)
        if answer.chat_id not in session.chats:
            self._sessions.add_chat(session, answer.chat_id)
        return answer

    def end(self, actor: Actor, chat_id: str) -> None:
        """End the caller's session: a later message begins anew. ``NotFound`` when there was none."""
        session = self._sessions.get(actor.token_id, chat_id)
        if session is None:
            raise NotFound
        self._sessions.end(session)

    def history(self, caller: str, chat_id: str, limit: int, cursor: str) -> Page[Line]:
        """What was said in a session, oldest first, scratchpads included; those that were ended come first.

        ``NotFound`` when there was none of this name.
        """
        session = self._sessions.get(caller, chat_id)
        if session is None:
            raise NotFound
        lines: list[Line] = []
        wanted, _, within = cursor.partition(".")
        begin = int(wanted) if wanted.isdigit() else 0
        for number, chat in enumerate(session.chats[begin:], start=begin):
            page = self._messages.page(chat, limit - len(lines), within)
            lines += [Line(one.assistant_id, one) for one in page.items]
            within = ""
            if page.next_cursor:
                return Page(tuple(lines), f"{number}.{page.next_cursor}")
            if len(lines) == limit:
                more = number + 1 < len(session.chats)
                return Page(tuple(lines), f"{number + 1}." if more else "")
        return Page(tuple(lines), "")

    def _npc(self, actor: Actor, npc_id: str) -> Assistant:
        npc = self._assistants.by_id(npc_id) if is_id(npc_id) else None
        return npc if npc is not None and npc.is_npc else self._find_assistants.get(actor, npc_id)

    def _open(self, caller: str, chat_id: str) -> NpcSession:
        session = self._sessions.get(caller, chat_id)
        if session is None:
            session = NpcSession(new_id(), caller, chat_id, 1, (), self._clock())
            try:
                self._sessions.add(session)
            except Duplicate:  # the same caller was quicker
                session = self._sessions.get(caller, chat_id) or session
        return session
