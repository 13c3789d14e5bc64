"""What was said in a chat before a message."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.chats import Message, MessageRole, MessageStatus
from repositories.messages import MessageRepository
from services.prompts.compile import Turn

SPARE = 8  # messages beyond two a turn: failed ones, people's replies
NEW = 50  # messages; a chat with more of them than that since it was read is read afresh
ALL = sys.maxsize
TRIMMED = 32  # turns more than are wanted, before the oldest are let go of
ROOM = 8_000_000  # bytes, about, for what is remembered of all chats together
BYTES_A_TURN = 400  # beside its characters


@dataclass(frozen=True)
class _Remembered:
    """The last turns of a chat that change no more, by number; at most as many as were ``asked`` for."""

    asked: int
    turns: Mapping[int, Turn]
    size: int

    @classmethod
    def of(cls, asked: int, turns: Mapping[int, Turn]) -> _Remembered:
        return cls(asked, turns, sum(map(_size, turns.values())))

    def with_next(self, turn: Turn) -> _Remembered:
        return _Remembered(self.asked, {**self.turns, turn.number: turn}, self.size + _size(turn))


class RecallTurns:
    """Reads the turns before a message; once for each chat, and then only what came after those it knows.

    A turn that was answered, or kept for a person, does not change any more. One that failed may run again:
    it and all that follow are read each time. ``room`` bounds the memory.
    """

    def __init__(self, *, messages: MessageRepository, room: int = ROOM) -> None:
        self._messages = messages
        self._room = room
        self._lock = threading.Lock()
        self._chats: OrderedDict[str, _Remembered] = OrderedDict()

    def before(self, message: Message, turns: int) -> list[Turn]:
        """At most ``turns`` turns before the message's own, oldest first."""
        if message.turn <= 1 or turns == 0:
            return []
        known = self._known(message.chat_id, turns)
        found = self._later(message, max(known)) if known else []
        if not known or len(found) == NEW:
            known, found = {}, self._messages.latest(message.chat_id, 2 * turns + SPARE)
        said = {**known, **_by_turn(found)}
        wanted = sorted(number for number in said if number < message.turn)[-turns:]
        first_open = min((one.turn for one in found if _is_open(one)), default=message.turn)
        settled = {number: said[number] for number in wanted if number < first_open}
        if found or not known or len(known) > turns + TRIMMED:
            self._remember(message.chat_id, _Remembered.of(turns, settled))
        return [said[number] for number in wanted]

    def all_after(self, chat_id: str, turn: int, turns: int) -> list[Turn]:
        """At most ``turns`` turns that came after this one, oldest first, as the records have them now."""
        said = _by_turn(self._messages.after_turn(chat_id, turn, 2 * turns))
        return [said[number] for number in sorted(said)]

    def add(self, message: Message, answer: str) -> None:
        """Remember a turn that has just been answered, where all before it are remembered."""
        turn = Turn(message.content, answer, message.turn)
        with self._lock:
            known = self._chats.get(message.chat_id)
        if message.turn == 1:
            self._remember(message.chat_id, _Remembered.of(ALL, {turn.number: turn}))
        elif known is not None and max(known.turns) == message.turn - 1:
            self._remember(message.chat_id, known.with_next(turn))

    def _later(self, message: Message, turn: int) -> list[Message]:
        """The messages of the turns between ``turn`` and the message's; every turn has a number of its own."""
        return self._messages.after_turn(message.chat_id, turn, NEW) if turn < message.turn - 1 else []

    def _known(self, chat_id: str, turns: int) -> Mapping[int, Turn]:
        with self._lock:
            remembered = self._chats.get(chat_id)
        return remembered.turns if remembered is not None and remembered.asked >= turns else {}

    def _remember(self, chat_id: str, what: _Remembered) -> None:
        with self._lock:
            before = self._chats.pop(chat_id, None)
            self._room += before.size if before is not None else 0
            if what.turns:
                self._chats[chat_id] = what
                self._room -= what.size
            while self._room < 0:
                _, oldest = self._chats.popitem(last=False)
                self._room += oldest.size


def _size(turn: Turn) -> int:
    return len(turn.question) + len(turn.answer) + BYTES_A_TURN


def _is_open(message: Message) -> bool:
    """Whether its turn may still get an answer."""
    is_open = message.status in (MessageStatus.WAITING, MessageStatus.FAILED)
    return is_open and message.role is MessageRole.USER


def _by_turn(messages: Iterable[Message]) -> dict[int, Turn]:
    """What was written and answered; a message that was not answered yet is left out."""
    turns: dict[int, Turn] = {}
    for one in messages:
        turn = turns.get(one.turn, Turn("", ""))
        if one.role is MessageRole.ASSISTANT:
            turns[one.turn] = Turn(turn.question, one.content, one.turn)
        elif one.status is not MessageStatus.WAITING:
            turns[one.turn] = Turn(one.content, turn.answer, one.turn)
    return turns
