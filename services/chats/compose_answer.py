"""Make a chat's answer: what was said before, what is known about the question, the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kit.clock import Clock
from kit.ids import new_id
from models.assistants import Assistant
from models.chats import Chat, Message
from models.completions import Completion, CompletionRequest
from models.documents import SearchResult
from models.routing import ANSWERED
from models.text.meaning import read_meaning
from models.usage import LIMIT_MESSAGE, LONGEST_LOGGED_TEXT, ModelCall
from services.chats.answer_cache import MODEL, AnswerCache, Kept, Place
from services.chats.follow_guide import Followed
from services.chats.recall_turns import RecallTurns
from services.llm.base import Model
from services.prompts.compile import fit_history
from services.prompts.ground_prompt import AskGrounded, BudgetFor, Grounded, GroundPrompt, Question


class ComposeAnswer:
    """Recalls the chat, grounds the message and asks the model; stores nothing."""

    def __init__(
        self,
        *,
        recall: RecallTurns,
        ground: GroundPrompt,
        complete: Model,
        answers: AnswerCache,
        budget: BudgetFor,
        summarise_soon: Callable[[Assistant, str], None],
        record: Callable[[ModelCall], object],
        clock: Clock,
    ) -> None:
        self._recall = recall
        self._ground = ground
        self._complete = complete
        self._budget = budget
        self._summarise_soon = summarise_soon
        self._ask = AskGrounded(complete)
        self._answers = answers
        self._record = record
        self._clock = clock

    def prepare(
        self,
        assistant: Assistant,
        chat: Chat,
        message: Message,
        followed: Followed | None = None,
        key_id: str = "",
    ) -> Grounded:
        """The prompt for a message: the system prompt, numbered passages, history, the message.

        A chat that has outgrown its share of the prompt is summed up soon; until then its oldest turns are left out.
        ``followed`` is a guide that the answer is given by. Where others were answered the same question, and nothing
        was said before it, their answer is ready, and nothing is searched.
        """
        place = None if followed else self._place(assistant, message)
        kept = self._answers.find(place) if place else None
        if kept is not None:
            return self._again(assistant, chat, message, kept)
        turns = assistant.settings.history_turns
        history = [one for one in self._recall.before(message, turns) if one.number > chat.summary_turn]
        question = Question(
            followed.question if followed else message.content,
            tuple(history),
            model=message.requested_model,
            instructions=followed.instructions if followed else "",
            notes=chat.summary if turns else "",
            user_id=chat.channel.id,
            key_id=key_id or assistant.id,
            purpose="chat",
            about=followed.about if followed else "",
        )
        budget = self._budget(assistant, message.requested_model)
        if len(fit_history(history, budget.history)) < len(history):
            self._summarise_soon(assistant, chat.id)
        grounded = self._ground.ground(assistant, question, budget)
        request = replace(grounded.request, chat_id=chat.id, is_counted=True)
        return replace(grounded, request=request, place=place if grounded.ready is None else None)

    def remember(self, message: Message, answer: str) -> None:
        """Keep a turn in mind for the next one."""
        self._recall.add(message, answer)

    def keep(self, prepared: Grounded, completion: Completion) -> None:
        """Keep an answer for whoever asks the same first, where the assistant wants that."""
        place = prepared.place
        if place is None or not prepared.found.enough or completion.model == LIMIT_MESSAGE:
            return
        if not _curated_alike(place, prepared.found):
            self._answers.keep(place, completion, prepared.sources)

    def complete(self, prepared: Grounded) -> Completion:
        """The model's answer, without links and images that are not in the documents or the prompt.

        ``ModelAnswerBroken`` when nothing is left of it.
        """
        return self._ask.complete(prepared)

    def stream(self, prepared: Grounded) -> Iterator[str | Completion]:
        """The same as it comes, and last the whole."""
        return self._ask.stream(prepared)

    def _place(self, assistant: Assistant, message: Message) -> Place | None:
        """Where the answer is kept, if it may be others' too: where that is wanted, to what opens a chat."""
        if not assistant.settings.answer_cache or message.turn > 1:
            return None
        return self._answers.place(assistant, message.content, message.requested_model)

    def _again(self, assistant: Assistant, chat: Chat, message: Message, kept: Kept) -> Grounded:
        """An answer of the cache, noted in the log as any other."""
        keeps = assistant.settings.log_content
        self._record(
            ModelCall(
                id=new_id(),
                at=self._clock(),
                assistant_id=assistant.id,
                owner_id=assistant.owner_id,
                outcome=ANSWERED,
                model=MODEL,
                key_id=assistant.id,
                user_id=chat.channel.id,
                chat_id=chat.id,
                purpose="chat",
                question=message.content[:LONGEST_LOGGED_TEXT] if keeps else None,
                response=kept.completion.text[:LONGEST_LOGGED_TEXT] if keeps else None,
            )
        )
        found = SearchResult(enough=True)
        return Grounded(
            CompletionRequest((), message.requested_model), kept.sources, found=found, ready=kept.completion
        )


def _curated_alike(place: Place, found: SearchResult) -> bool:
    """Whether a curated answer may be to the same question: that one is to be given to it, in whatever words."""
    curated = [read_meaning(one.title, place.meaning.language) for one in found.passages if one.faq_id]
    mine = place.meaning
    return any(one and (one.told == mine.told or one.about == mine.about) for one in curated)
