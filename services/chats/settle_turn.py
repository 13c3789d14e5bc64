"""Write down how a turn ended, so that a crash between two writes is mended by writing them again."""

from __future__ import annotations

from collections.abc import Callable

from kit.clock import Clock
from kit.errors import AppError, Unavailable
from kit.ids import new_id
from models.chats import Chat, Message, MessageRole, MessageStatus, Source, Tokens
from models.routing import Routing
from models.usage import LIMIT_MESSAGE
from repositories.chats import ChatRepository
from repositories.errors import Duplicate
from repositories.messages import MessageRepository
from services.chats import answer_cache, curated_answer
from services.chats.turns import Answer, answer_of, silence_of

FALLBACK_MESSAGE = "fallback_message"
# What stands for a model where none has answered.
_NO_MODELS = frozenset({answer_cache.MODEL, curated_answer.MODEL, LIMIT_MESSAGE, FALLBACK_MESSAGE})


class TurnInterrupted(Unavailable):
    """The turn ended before its answer was there; the same message runs it again."""

    code = "interrupted"
    message = "The turn was interrupted; send the message again."


class SettleTurn:
    """Ends a turn: answered, kept for a person, or failed.

    The answer is written first (once per message), then the chat, then the message's status: what
    ``finish_interrupted`` finds with an answer beside it is settled by the same two last writes. ``on_end`` is
    told of each end: ``answered`` (by a model), ``faq``, ``cache``, ``limit_message``, ``fallback_message``,
    ``kept`` or ``failed``.
    """

    def __init__(
        self,
        *,
        chats: ChatRepository,
        messages: MessageRepository,
        clock: Clock,
        on_end: Callable[[str], object] = lambda _outcome: None,
    ) -> None:
        self._chats = chats
        self._on_end = on_end
        self._messages = messages
        self._clock = clock

    def answered(
        self,
        chat: Chat,
        incoming: Message,
        text: str,
        *,
        model: str,
        tokens: Tokens,
        sources: tuple[Source, ...] = (),
        scratchpad: str = "",
        error: str = "",
        routing: Routing | None = None,
        was_sent: bool = False,
    ) -> Answer:
        """The answer, stored; silence instead when a person took the chat over in the meantime.

        ``was_sent``: the contact has (part of) it already, so it stands whoever has the chat.
        """
        answer = Message(
            id=new_id(),
            chat_id=chat.id,
            assistant_id=chat.assistant_id,
            turn=incoming.turn,
            role=MessageRole.ASSISTANT,
            content=text,
            status=MessageStatus.ANSWERED,
            created_at=self._clock(),
            reply_to=incoming.id,
            model=model,
            tokens=tokens,
            sources=sources,
            scratchpad=scratchpad,
            error=error,
            routing=routing or Routing(),
        )
        try:
            self._messages.add(answer)
        except Duplicate:
            answer = self._messages.answer_to(incoming) or answer
        if not self._finish(chat, incoming, answer, only_active=not was_sent):
            return self.kept(chat, incoming)
        return answer_of(chat, incoming, answer)

    def finish_interrupted(self, chat: Chat, incoming: Message) -> bool:
        """End a turn that stopped between the last writes; ``False`` when it has no answer yet and must run."""
        answer = self._messages.answer_to(incoming)
        if answer is None:
            return False
        if not self._finish(chat, incoming, answer, only_active=True):
            self.kept(chat, incoming)
        return True

    def kept(self, chat: Chat, incoming: Message) -> Answer:
        """The message waits for the person who has the chat; nothing is answered."""
        self._messages.set_status(incoming, MessageStatus.KEPT)
        self._on_end("kept")
        return silence_of(chat, incoming)

    def failed(self, incoming: Message, error: AppError) -> None:
        """The message is marked failed with the machine code of what went wrong."""
        self._on_end("failed")
        self._messages.set_status(incoming, MessageStatus.FAILED, error=error.error_code)

    def stored(self, chat: Chat, incoming: Message) -> Answer:
        """What was answered to a message that came before."""
        answer = self._messages.answer_to(incoming)
        if answer is None:
            return silence_of(chat, incoming)
        return answer_of(chat, incoming, answer)

    def _finish(self, chat: Chat, incoming: Message, answer: Message, *, only_active: bool) -> bool:
        """Show the answer on the chat and mark its message; take it back when a person has the chat."""
        if not self._chats.note_answer(chat, answer, only_active=only_active):
            self._messages.remove(answer)
            return False
        self._messages.set_status(incoming, MessageStatus.ANSWERED)
        self._on_end(answer.model if answer.model in _NO_MODELS else "answered")
        return True
