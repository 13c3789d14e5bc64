"""Sum up what a chat has outgrown, so that it is remembered in few words."""

from __future__ import annotations

from dataclasses import replace

from kit.errors import AppError
from kit.logging import get_logger
from models.assistants import Assistant
from models.catalogue import Provider
from models.chats import Chat
from models.completions import CompletionRequest, PromptMessage
from models.tokens import fit_tokens
from repositories.chats import ChatRepository
from repositories.scope import Scope
from services.chats.recall_turns import RecallTurns
from services.llm.base import Model
from services.llm.catalogue import Catalogue
from services.prompts import wording
from services.prompts.compile import PromptBudget, Turn, fit_history
from services.prompts.own_ways import in_the_way_of

SUMMARY_TOKENS = 500
AT_ONCE_TOKENS = 8_000  # of a chat that are summed up in one call
MOST_TURNS = 200
_log = get_logger("chats")


class SummariseChat:
    """Has the model sum up the older turns of a chat and keeps what it wrote on the chat.

    The newest turns, half of what history may take, stay as they are. With the built-in model nothing is summed
    up: there the oldest turns are left out.
    """

    def __init__(
        self, *, chats: ChatRepository, recall: RecallTurns, complete: Model, catalogue: Catalogue
    ) -> None:
        self._chats = chats
        self._recall = recall
        self._complete = complete
        self._catalogue = catalogue

    def run(self, assistant: Assistant, chat_id: str) -> bool:
        """Whether there is another summary now. What a model refuses is left for the next turn to try again."""
        chat = self._chats.get(Scope(assistant_id=assistant.id), chat_id)
        if chat is None or not self._can(assistant):
            return False
        budget = budget_for(assistant, self._catalogue)
        turns = self._recall.all_after(chat.id, chat.summary_turn, MOST_TURNS)
        if len(fit_history(turns, budget.history)) == len(turns):
            return False
        older = turns[: len(turns) - len(fit_history(turns, budget.history // 2))]
        if not older:
            return False
        try:
            text = self._summary(assistant, chat, older)
        except AppError as problem:
            _log.warning("not summarised", chat_id=chat.id, code=problem.error_code)
            return False
        return bool(text) and self._chats.set_summary(chat, text, older[-1].number)

    def _can(self, assistant: Assistant) -> bool:
        entry = self._catalogue.find_or_pass_on(assistant.settings.model or self._catalogue.default_model)
        return entry is not None and entry.provider is not Provider.OFFLINE

    def _summary(self, assistant: Assistant, chat: Chat, turns: list[Turn]) -> str:
        said = "\n".join(line for turn in turns for line in _lines(turn))
        notes = wording.NOTES_SO_FAR.format(notes=chat.summary) if chat.summary else ""
        request = CompletionRequest(
            messages=(
                PromptMessage("system", wording.SUMMARISE),
                PromptMessage("user", notes + fit_tokens(said, AT_ONCE_TOKENS)),
            ),
            model="",
            temperature=0.2,
            max_tokens=SUMMARY_TOKENS,
            purpose="summary",
        )
        request = in_the_way_of(assistant, request)
        # No contact asked for it, and an owner's text at the end of a budget is no summary.
        request = replace(
            request, chat_id=chat.id, is_counted=True, limits=replace(request.limits, over=None)
        )
        return fit_tokens(self._complete.complete(request).text.strip(), SUMMARY_TOKENS)


def budget_for(assistant: Assistant, catalogue: Catalogue, model: str = "") -> PromptBudget:
    """What a prompt of the assistant's may take, by the model that it is for."""
    name = model or assistant.settings.model or catalogue.default_model
    entry = catalogue.known().get(name)
    return PromptBudget.within(entry.context if entry else None, assistant.settings.max_tokens)


def _lines(turn: Turn) -> list[str]:
    said = (("Contact", turn.question), ("Assistant", turn.answer))
    return [f"{who}: {text}" for who, text in said if text]
