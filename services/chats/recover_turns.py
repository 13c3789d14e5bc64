"""After a start: end the turns that a process which is gone left open."""

from __future__ import annotations

from kit.logging import get_logger
from models.chats import Message
from repositories.chats import ChatRepository
from repositories.messages import MessageRepository
from repositories.scope import Scope
from services.chats.answer_message import TurnInterrupted
from services.chats.settle_turn import SettleTurn

_log = get_logger("chats")


class RecoverTurns:
    """Finishes turns whose answer is there, and marks the others failed: the same message runs them again."""

    def __init__(self, *, chats: ChatRepository, messages: MessageRepository, settle: SettleTurn) -> None:
        self._chats = chats
        self._messages = messages
        self._settle = settle

    def recover(self) -> int:
        """How many turns were open. To be called before the first request is taken."""
        recovered = 0
        for message in list(self._messages.with_open_turns()):
            self._recover(message)
            recovered += 1
        if recovered:
            _log.info("turns recovered", turns=recovered)
        return recovered

    def _recover(self, message: Message) -> None:
        chat = self._chats.get(Scope(assistant_id=message.assistant_id), message.chat_id)
        if chat is None:
            self._settle.failed(message, TurnInterrupted())
            return
        if message.turn > chat.turns:
            self._chats.note_message(
                chat, turn=message.turn, text=message.content, username=chat.username, at=message.created_at
            )
        answer = self._messages.answer_to(message)
        if answer is None or not self._settle.finish(chat, message, answer, only_active=False):
            self._settle.failed(message, TurnInterrupted())
