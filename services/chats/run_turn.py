"""Run a turn: answer a message that has come to its place, and store what it came to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from kit.errors import AppError, Unavailable, UpstreamFailed, UpstreamTimeout
from kit.logging import get_logger
from models.assistants import Assistant
from models.chats import Chat, Message, Tokens
from models.completions import Completion
from models.model_errors import routing_of
from models.usage import LIMIT_MESSAGE
from repositories.chats import ChatRepository
from services.chats.compose_answer import ComposeAnswer
from services.chats.follow_guide import Followed, FollowGuide
from services.chats.opt_out import HearOptOut
from services.chats.settle_turn import FALLBACK_MESSAGE, SettleTurn, TurnInterrupted
from services.chats.turn_queue import Lane, Ticket
from services.chats.turns import Answer, Asking
from services.prompts.ground_prompt import Grounded
from services.unanswered.note_unanswered import NoteUnanswered

_log = get_logger("chats")
_MODEL_FAILURES = (UpstreamFailed, UpstreamTimeout, Unavailable)


@dataclass(frozen=True)
class Arrived:
    """A stored message and its ``ticket``; none when its turn is over already."""

    chat: Chat
    message: Message
    lane: Lane
    ticket: Ticket | None = None
    guide_id: str = ""


class RunTurn:
    """Answers a stored message, as its chat is when its turn comes, and stores the answer."""

    def __init__(
        self,
        *,
        chats: ChatRepository,
        compose: ComposeAnswer,
        follow: FollowGuide,
        opt_out: HearOptOut,
        settle: SettleTurn,
        unanswered: NoteUnanswered,
    ) -> None:
        self._chats = chats
        self._compose = compose
        self._follow = follow
        self._opt_out = opt_out
        self._settle = settle
        self._unanswered = unanswered

    def run(self, assistant: Assistant, arrived: Arrived, key_id: str) -> Answer:
        """The answer, stored; a failure is marked on the message and raised, unless there is a fall-back message."""
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

    def stream(
        self, assistant: Assistant, arrived: Arrived, ticket: Ticket, key_id: str
    ) -> Iterator[str | Answer]:
        """The same as it comes: texts, and at last the answer, which ``ticket`` tells whoever else waits for it."""
        chat = self._chat_now(arrived)
        if not chat.active:
            self._opt_out.heard(assistant, chat, arrived.message)
            ticket.outcome = self._settle.kept(chat, arrived.message)
            yield ticket.outcome
            return
        with self._failure_is_marked(arrived.message, ticket):
            sent = False
            try:
                for step in self._steps(assistant, chat, arrived, key_id):
                    if isinstance(step, Answer):
                        ticket.outcome = step
                    yield step
                    sent = True
            except _MODEL_FAILURES as problem:
                if sent:
                    raise
                ticket.outcome = self._fallen_back(assistant, chat, arrived.message, problem)
                yield from whole(ticket.outcome)

    def _steps(
        self, assistant: Assistant, chat: Chat, arrived: Arrived, key_id: str
    ) -> Iterator[str | Answer]:
        following = self._step(assistant, chat, arrived)
        if isinstance(following, Asking):
            yield from whole(self._asked(chat, arrived.message, following))
            return
        prepared = self._compose.prepare(assistant, chat, arrived.message, following, key_id)
        greeting, sent = _greeting(assistant, chat), False
        for step in self._compose.stream(prepared):
            if isinstance(step, Completion):
                yield self._answered(chat, arrived.message, prepared, step, greeting, was_sent=sent)
            elif step:
                # With the first of the answer, not before it: until then an error is an error status.
                yield step if sent else greeting + step
                sent = True

    def _step(self, assistant: Assistant, chat: Chat, arrived: Arrived) -> Asking | Followed | None:
        """What is said in the answer's place, or the guide that it is given by; ``None`` where neither is."""
        heard = self._opt_out.heard(assistant, chat, arrived.message)
        if heard is not None:
            return heard
        chat = self._follow.begun(chat, arrived.message, arrived.guide_id)
        return self._follow.step(assistant, chat, arrived.message) if chat.guide else None

    def _chat_now(self, arrived: Arrived) -> Chat:
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


def _greeting(assistant: Assistant, chat: Chat) -> str:
    """What goes before the first thing that a contact is told."""
    text = assistant.settings.greeting.strip()
    return f"{text}\n\n" if text and chat.response is None else ""


def whole(answer: Answer) -> Iterator[str | Answer]:
    """An answer that is there already, as a stream has it."""
    if answer.response:
        yield answer.response
    yield answer
