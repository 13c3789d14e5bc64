"""Answer what a contact wrote: one turn, from the door to the records."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from kit.errors import AppError
from kit.workplaces import away
from models.assistants import Assistant
from models.chats import Chat, Message, MessageStatus, chat_key
from services.chats.follow_guide import FollowGuide
from services.chats.receive_message import ReceiveMessage
from services.chats.run_turn import Arrived, RunTurn, whole
from services.chats.settle_turn import SettleTurn, TurnInterrupted
from services.chats.turn_queue import Lane, Ticket, TurnQueue
from services.chats.turns import Answer, Incoming
from services.limits.count_requests import CountRequests


class AnswerMessage:
    """Stores a contact's message, waits for its turn, answers it and stores the answer."""

    def __init__(
        self,
        *,
        queue: TurnQueue,
        receive: ReceiveMessage,
        run_turn: RunTurn,
        follow: FollowGuide,
        settle: SettleTurn,
        requests: CountRequests,
    ) -> None:
        self._queue = queue
        self._receive = receive
        self._run_turn = run_turn
        self._follow = follow
        self._settle = settle
        self._requests = requests

    def answer(self, assistant: Assistant, incoming: Incoming) -> Answer:
        """The answer, or silence while a person has the chat.

        ``LimitReached`` (requests a minute), ``ServerBusy`` and ``ContactBusy`` before anything is stored. Else an
        error of the model after retries, or ``LimitReached`` (a budget), with the message kept and marked failed;
        where the assistant has a ``fallback_message``, that instead of a model's error.
        """
        self._follow.check(assistant, incoming.guide_id)
        self._requests.admit(assistant.id, assistant.settings.limits, incoming.channel.id, incoming.key_id)
        with self._queue.admitted(chat_key(assistant.id, incoming.channel)) as lane:
            arrived = self._arrive(lane, assistant, incoming)
            if isinstance(arrived, Ticket):
                return _outcome(arrived)
            if arrived.ticket is None:
                return self._settle.stored(arrived.chat, arrived.message)
            with _turn_of(arrived.lane, arrived.ticket) as ticket:
                there = replace(arrived, guide_id=incoming.guide_id)
                ticket.outcome = self._run_turn.run(assistant, there, incoming.key_id)
                return ticket.outcome

    def stream(self, assistant: Assistant, incoming: Incoming) -> AnswerStream:
        """The same, as an iterator of texts and at last the ``Answer``; every refusal comes before it."""
        self._follow.check(assistant, incoming.guide_id)
        self._requests.admit(assistant.id, assistant.settings.limits, incoming.channel.id, incoming.key_id)
        key = chat_key(assistant.id, incoming.channel)
        with contextlib.ExitStack() as held:
            lane = held.enter_context(self._queue.admitted(key))
            arrived = self._arrive(lane, assistant, incoming)
            if isinstance(arrived, Ticket):
                return AnswerStream(whole(_outcome(arrived)), held.pop_all())
            if arrived.ticket is None:
                stored = self._settle.stored(arrived.chat, arrived.message)
                return AnswerStream(whole(stored), held.pop_all())
            ticket = held.enter_context(_turn_of(arrived.lane, arrived.ticket))
            there = replace(arrived, guide_id=incoming.guide_id)
            steps = self._run_turn.stream(assistant, there, ticket, incoming.key_id)
            first = next(steps)  # the model's first token: until it is there, an error is an error status
            return AnswerStream(_with_first(first, steps), held.pop_all())

    def _arrive(self, lane: Lane, assistant: Assistant, incoming: Incoming) -> Arrived | Ticket:
        """The message, stored, with its place; or the ticket of the same message, which is under way already."""
        with lane.arrival:
            # Before the records are read: who leaves the lane after this look is over in them.
            twin = lane.under_way(incoming.message_id)
            if twin is not None:
                return twin
            chat = self._receive.chat(assistant, incoming)
            # Where there is room, storing the message tells whether it came before.
            before = None if chat is None or lane.has_room else self._receive.before(chat, incoming)
            if chat is not None and before is not None:
                return self._came_before(lane, chat, before)
            lane.check_room()
            received = self._receive.receive(assistant, incoming, chat)
            if received.known:
                return self._came_before(lane, received.chat, received.message)
            return _placed(lane, received.chat, received.message)

    def _came_before(self, lane: Lane, chat: Chat, message: Message) -> Arrived:
        if message.status not in (MessageStatus.WAITING, MessageStatus.FAILED):
            return Arrived(chat, message, lane)
        if self._settle.finish_interrupted(chat, message):
            return Arrived(chat, message, lane)
        lane.check_room()
        return _placed(lane, chat, self._receive.again(message))


class AnswerStream:
    """An answer on its way. Closing it early does not lose it: the rest is taken and stored."""

    def __init__(self, steps: Iterator[str | Answer], held: contextlib.ExitStack) -> None:
        self._steps = steps
        self._held = held

    def __iter__(self) -> Iterator[str | Answer]:
        return self

    def __next__(self) -> str | Answer:
        return next(self._steps)

    def close(self) -> None:
        """Finish the turn and give its place up; again is the same."""
        with self._held, contextlib.suppress(AppError):
            for _ in self._steps:
                pass


def _placed(lane: Lane, chat: Chat, message: Message) -> Arrived:
    return Arrived(chat, message, lane, ticket=lane.join(message.message_id))


def _outcome(twin: Ticket) -> Answer:
    """What the turn that is under way comes to, for everybody who sent its message."""
    with away():
        twin.finished.wait()
    if isinstance(twin.outcome, Answer):
        return twin.outcome
    raise twin.outcome or TurnInterrupted(retry_after=1)


@contextlib.contextmanager
def _turn_of(lane: Lane, ticket: Ticket) -> Iterator[Ticket]:
    try:
        yield ticket
    except AppError as problem:
        ticket.outcome = problem
        raise
    finally:
        lane.leave(ticket)


def _with_first(first: str | Answer, rest: Iterator[str | Answer]) -> Iterator[str | Answer]:
    yield first
    yield from rest
