"""End the turns that nobody runs any more: a process that is gone or an outage left them open."""

from __future__ import annotations

from kit.logging import get_logger
from models.chats import Chat, Message, MessageStatus, chat_key
from repositories.chats import ChatRepository
from repositories.messages import MessageRepository
from repositories.scope import Scope
from services.chats.settle_turn import SettleTurn, TurnInterrupted
from services.chats.turn_queue import Lane, ServerBusy, TurnQueue

_log = get_logger("chats")


class RecoverTurns:
    """Finishes turns whose answer is there, and marks the others failed: the same message runs them again."""

    def __init__(
        self, *, chats: ChatRepository, messages: MessageRepository, settle: SettleTurn, queue: TurnQueue
    ) -> None:
        self._chats = chats
        self._messages = messages
        self._settle = settle
        self._queue = queue

    def recover(self) -> int:
        """How many turns were open and not under way in this process; while all slots are taken, none."""
        recovered = 0
        for message in list(self._messages.with_open_turns()):
            try:
                recovered += self._recover(message)
            except ServerBusy:
                break  # so much is under way that the next sweep is early enough
        if recovered:
            _log.info("turns recovered", turns=recovered)
        return recovered

    def _recover(self, message: Message) -> bool:
        chat = self._chats.get(Scope(assistant_id=message.assistant_id), message.chat_id)
        if chat is None:
            return self._end(message)
        with self._queue.admitted(chat_key(chat.assistant_id, chat.channel)) as lane, lane.arrival:
            return self._is_left(lane, message) and self._settle_or_end(chat, message)

    def _is_left(self, lane: Lane, message: Message) -> bool:
        """Whether it is open still, and in nobody's hands: who runs it is in the lane until it is not open."""
        if lane.under_way(message.message_id) is not None:
            return False
        now = self._messages.get(Scope(assistant_id=message.assistant_id), message.id)
        return now is not None and now.status is MessageStatus.WAITING

    def _settle_or_end(self, chat: Chat, message: Message) -> bool:
        if message.turn > chat.turns:
            self._chats.note_message(
                chat, turn=message.turn, text=message.content, username=chat.username, at=message.created_at
            )
        if self._settle.finish_interrupted(chat, message):
            return True
        if not chat.active:
            self._settle.kept(chat, message)
            return True
        return self._end(message)

    def _end(self, message: Message) -> bool:
        self._settle.failed(message, TurnInterrupted())
        return True
