"""Answer what a contact wrote: one turn, from the door to the records."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kit.errors import AppError, Unavailable, UpstreamFailed, UpstreamTimeout
from kit.logging import get_logger
from kit.workplaces import away
from models.assistants import Assistant
from models.chats import Chat, Message, MessageStatus, Tokens, chat_key
from models.completions import Completion
from models.model_errors import routing_of
from models.usage import LIMIT_MESSAGE
from repositories.chats import ChatRepository
from services.chats.compose_answer import ComposeAnswer
from services.chats.follow_guide import Asking, Followed, FollowGuide
from services.chats.opt_out import HearOptOut
from services.chats.receive_message import ReceiveMessage
from services.chats.settle_turn import FALLBACK_MESSAGE, SettleTurn, TurnInterrupted
from services.chats.turn_queue import Lane, Ticket, TurnQueue
from services.chats.turns import Answer, Incoming
from services.limits.count_requests import CountRequests
from services.prompts.ground_prompt import Grounded
from services.unanswered.note_unanswered import NoteUnanswered

_log = get_logger("chats")
_MODEL_FAILURES = (UpstreamFailed, UpstreamTimeout, Unavailable)


@dataclass(frozen=True)
class _Arrived:
    """A stored message and its ``ticket``; none when its turn is over already."""

    chat: Chat
    message: Message
    lane: Lane
    ticket: Ticket | None = None
    guide_id: str = ""


class AnswerMessage:
    """Stores a contact's message, waits for its turn, answers it and stores the answer."""

    def __init__(
        self,
        *,
        queue: TurnQueue,
        chats: ChatRepository,
        receive: ReceiveMessage,
        compose: ComposeAnswer,
        follow: FollowGuide,
        opt_out: HearOptOut,
        settle: SettleTurn,
        requests: CountRequests,
        unanswered: NoteUnanswered,
    ) -> None:
        self._queue = queue
        self._chats = chats
        self._receive = receive
        self._compose = compose
        self._follow = follow
        self._opt_out = opt_out
        self._settle = settle
        self._requests = requests
        self._unanswered = unanswered

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
                ticket.outcome = self._run(assistant, there, incoming.key_id)
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
                return AnswerStream(_whole(_outcome(arrived)), held.pop_all())
            if arrived.ticket is None:
                stored = self._settle.stored(arrived.chat, arrived.message)
                return AnswerStream(_whole(stored), held.pop_all())
            ticket = held.enter_context(_turn_of(arrived.lane, arrived.ticket))
            there = replace(arrived, guide_id=incoming.guide_id)
            steps = self._stream(assistant, there, ticket, incoming.key_id)
            first = next(steps)  # the model's first token: until it is there, an error is an error status
            return AnswerStream(_with_first(first, steps), held.pop_all())

    def _arrive(self, lane: Lane, assistant: Assistant, incoming: Incoming) -> _Arrived | Ticket:
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

    def _came_before(self, lane: Lane, chat: Chat, message: Message) -> _Arrived:
        if message.status not in (MessageStatus.WAITING, MessageStatus.FAILED):
            return _Arrived(chat, message, lane)
        if self._settle.finish_interrupted(chat, message):
            return _Arrived(chat, message, lane)
        lane.check_room()
        return _placed(lane, chat, self._receive.again(message))

    def _run(self, assistant: Assistant, arrived: _Arrived, key_id: str) -> Answer:
        chat = self._chat_now(arrived)
        if not chat.active:
            self._opt_out.heard(assistant, chat, arrived.message)
            return self._settle.kept(chat, arrived.message)
        with self._failure_is_marked(arrived.message):
            try:
                step = self._step(assistant, chat, arrived)
                if isinstance(step, Asking):
                    return self._asked(chat, arrived.message, step)
                prepared = self._compose.prepare(assistant, chat, arrived.message, step, key_id)
                completion = self._compose.complete(prepared)
            except _MODEL_FAILURES as problem:
                return self._fallen_back(assistant, chat, arrived.message, problem)
            greeting = _greeting(assistant, chat)
            return self._answered(chat, arrived.message, prepared, completion, greeting, was_sent=False)

    def _stream(
        self, assistant: Assistant, arrived: _Arrived, ticket: Ticket, key_id: str
    ) -> Iterator[str | Answer]:
        chat = self._chat_now(arrived)
        if not chat.active:
            self._opt_out.heard(assistant, chat, arrived.message)
            ticket.outcome = self._settle.kept(chat, arrived.message)
            yield ticket.outcome
            return
        with self._failure_is_marked(arrived.message, ticket):
            sent = False
            try:
                following = self._step(assistant, chat, arrived)
                if isinstance(following, Asking):
                    ticket.outcome = self._asked(chat, arrived.message, following)
                    yield from _whole(ticket.outcome)
                    return
                prepared = self._compose.prepare(assistant, chat, arrived.message, following, key_id)
                greeting = _greeting(assistant, chat)
                for step in self._compose.stream(prepared):
                    if isinstance(step, Completion):
                        ticket.outcome = self._answered(
                            chat, arrived.message, prepared, step, greeting, was_sent=sent
                        )
                        yield ticket.outcome
                    elif step:
                        # With the first of the answer, not before it: until then an error is an error status.
                        yield step if sent else greeting + step
                        sent = True
            except _MODEL_FAILURES as problem:
                if sent:
                    raise
                ticket.outcome = self._fallen_back(assistant, chat, arrived.message, problem)
                if ticket.outcome.response:
                    yield ticket.outcome.response
                yield ticket.outcome

    def _step(self, assistant: Assistant, chat: Chat, arrived: _Arrived) -> Asking | Followed | None:
        """What is said in the answer's place, or the guide that it is given by; ``None`` where neither is."""
        heard = self._opt_out.heard(assistant, chat, arrived.message)
        if heard is not None:
            return heard
        chat = self._follow.begun(chat, arrived.message, arrived.guide_id)
        return self._follow.step(assistant, chat, arrived.message) if chat.guide else None

    def _chat_now(self, arrived: _Arrived) -> Chat:
        """The chat when its turn comes: while it waited a person may have taken it over."""
        ticket = arrived.ticket
        if ticket is None or not ticket.wait():
            return arrived.chat
        return self._chats.by_channel(arrived.chat.assistant_id, arrived.chat.channel) or arrived.chat

    def _answered(
        self,
        chat: Chat,
        message: Message,
        prepared: Grounded,
        completion: Completion,
        greeting: str,
        *,
        was_sent: bool,
    ) -> Answer:
        # Before the answer: a chat that is deleted from here on takes the note with it.
        noted = self._unanswered.note(message, prepared.found, completion.text, prepared.request.no_answer)
        answer = self._settle.answered(
            chat,
            message,
            greeting + completion.text,
            model=completion.model,
            tokens=completion.tokens,
            sources=() if completion.model == LIMIT_MESSAGE else prepared.sources,
            routing=completion.routing,
            scratchpad=completion.scratchpad,
            was_sent=was_sent,
        )
        if noted is not None and answer.response is None:
            self._unanswered.take_back(noted)
        if noted is None:
            self._compose.keep(prepared, completion)
        return self._remembered(message, answer)

    def _asked(self, chat: Chat, message: Message, asking: Asking) -> Answer:
        """What a guide lacks is asked for, in the answer's place."""
        answer = self._settle.answered(
            chat,
            message,
            asking.text,
            model=asking.model,
            tokens=asking.tokens,
            routing=asking.routing,
        )
        return self._remembered(message, answer)

    def _fallen_back(self, assistant: Assistant, chat: Chat, message: Message, problem: AppError) -> Answer:
        _log.warning("model failed", assistant_id=assistant.id, chat_id=chat.id, code=problem.error_code)
        text = assistant.settings.fallback_message
        if not text:
            raise problem
        answer = self._settle.answered(
            chat,
            message,
            _greeting(assistant, chat) + text,
            model=FALLBACK_MESSAGE,
            tokens=Tokens(),
            error=problem.error_code,
            routing=routing_of(problem),
        )
        return self._remembered(message, answer)

    def _remembered(self, message: Message, answer: Answer) -> Answer:
        if answer.response is not None:
            self._compose.remember(message, answer.response)
        return answer

    @contextlib.contextmanager
    def _failure_is_marked(self, message: Message, ticket: Ticket | None = None) -> Iterator[None]:
        problem: AppError = TurnInterrupted(retry_after=1)
        done = False
        try:
            yield
            done = True
        except AppError as error:
            problem = error
            if ticket is not None:
                ticket.outcome = error
            raise
        finally:
            if not done:
                with contextlib.suppress(Unavailable):  # without records it stays waiting, and runs again
                    self._settle.failed(message, problem)


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


def _greeting(assistant: Assistant, chat: Chat) -> str:
    """What goes before the first thing that a contact is told."""
    text = assistant.settings.greeting.strip()
    return f"{text}\n\n" if text and chat.response is None else ""


def _placed(lane: Lane, chat: Chat, message: Message) -> _Arrived:
    return _Arrived(chat, message, lane, ticket=lane.join(message.message_id))


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


def _whole(answer: Answer) -> Iterator[str | Answer]:
    if answer.response:
        yield answer.response
    yield answer


def _with_first(first: str | Answer, rest: Iterator[str | Answer]) -> Iterator[str | Answer]:
    yield first
    yield from rest
