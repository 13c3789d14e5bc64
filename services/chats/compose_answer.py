"""Make a chat's answer: what was said before, what is known about the question, the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from models.assistants import Assistant
from models.chats import Chat, Message
from models.completions import Completion
from models.usage import LIMIT_MESSAGE
from services.chats.answer_cache import AnswerCache
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
    ) -> None:
        self._recall = recall
        self._ground = ground
        self._complete = complete
        self._budget = budget
        self._summarise_soon = summarise_soon
        self._ask = AskGrounded(complete)
        self._answers = answers

    def prepare(
        self, assistant: Assistant, chat: Chat, message: Message, followed: Followed | None = None
    ) -> Grounded:
        """The prompt for a message: the system prompt, numbered passages, history, the message.

        A chat that has outgrown its share of the prompt is summed up soon; until then its oldest turns are left out.
        ``followed`` is a guide that the answer is given by.
        """
        turns = assistant.settings.history_turns
        history = [one for one in self._recall.before(message, turns) if one.number > chat.summary_turn]
        question = Question(
            followed.question if followed else message.content,
            tuple(history),
            model=message.requested_model,
            instructions=followed.instructions if followed else "",
            notes=chat.summary if turns else "",
            user_id=chat.channel.id,
            key_id=assistant.id,
            purpose="chat",
        )
        room = self._budget(assistant, message.requested_model).history
        if len(fit_history(history, room)) < len(history):
            self._summarise_soon(assistant, chat.id)
        grounded = self._ground.ground(assistant, question)
        grounded = replace(grounded, request=replace(grounded.request, chat_id=chat.id, is_counted=True))
        if followed or not assistant.settings.answer_cache or message.turn > 1 or grounded.ready is not None:
            return grounded
        place = self._answers.place(assistant, message.content, message.requested_model)
        kept = self._answers.find(place) if place else None
        if kept is None:
            return replace(grounded, place=place)
        return replace(grounded, sources=kept.sources, ready=kept.completion)

    def remember(self, message: Message, answer: str) -> None:
        """Keep a turn in mind for the next one."""
        self._recall.add(message, answer)

    def keep(self, prepared: Grounded, completion: Completion) -> None:
        """Keep an answer for whoever asks the same first, where the assistant wants that."""
        if prepared.place is not None and prepared.found.enough and completion.model != LIMIT_MESSAGE:
            self._answers.keep(prepared.place, completion, prepared.sources)

    def complete(self, prepared: Grounded) -> Completion:
        """The model's answer, without links and images that are not in the documents or the prompt.

        ``ModelAnswerBroken`` when nothing is left of it.
        """
        return self._ask.complete(prepared)

    def stream(self, prepared: Grounded) -> Iterator[str | Completion]:
        """The same as it comes, and last the whole."""
        return self._ask.stream(prepared)
