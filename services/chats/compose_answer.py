"""Make an answer: what is known about the question, the prompt, the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.assistants import Assistant
from models.chats import Message, Source
from models.completions import Completion, CompletionRequest
from models.documents import Passage, SearchResult
from models.model_errors import ModelAnswerBroken
from services.chats.recall_turns import RecallTurns
from services.documents.read_prompt import ReadPrompt
from services.llm.base import Model
from services.prompts.compile import PromptParts, compile_prompt, fit_passages
from services.prompts.link_guard import LinkGuard, guard_links
from services.retrieval.search_passages import SearchPassages

EXCERPT_CHARACTERS = 400


@dataclass(frozen=True)
class Prepared:
    """A prompt ready to be sent, the sources it shows, and the texts whose links an answer may carry.

    ``found`` is what the search for the message came to.
    """

    request: CompletionRequest
    sources: tuple[Source, ...]
    allowed: tuple[str, ...]
    found: SearchResult


class ComposeAnswer:
    """Searches, compiles the prompt and asks the model; stores nothing."""

    def __init__(
        self,
        *,
        recall: RecallTurns,
        search: SearchPassages,
        prompt: ReadPrompt,
        complete: Model,
    ) -> None:
        self._recall = recall
        self._search = search
        self._prompt = prompt
        self._complete = complete

    def prepare(self, assistant: Assistant, message: Message) -> Prepared:
        """The prompt for a message: the system prompt, numbered passages, history, the message."""
        settings = assistant.settings
        history = self._recall.before(message, settings.history_turns)
        asked = [turn.question for turn in history]
        found = self._search.search(assistant, message.content, settings.top_k, asked)
        passages = fit_passages(found.passages)
        prompt = self._prompt.read(assistant, message.content)
        parts = PromptParts(
            assistant_prompt=prompt.head,
            prompt_passages=tuple(one.text for one in prompt.relevant),
            passages=passages,
            enough=found.enough,
            history=tuple(history),
            message=message.content,
            company=settings.company,
            language=settings.language,
            no_answer=settings.no_answer_message,
        )
        request = CompletionRequest(
            messages=compile_prompt(parts),
            model=message.requested_model or settings.model,
            temperature=settings.temperature,
            top_p=settings.top_p,
            max_tokens=settings.max_tokens,
            question=message.content,
            passages=passages,
            enough=found.enough,
            no_answer=settings.no_answer_message,
            language=settings.language,
            fallback_models=settings.fallback_models,
            provider_keys=settings.provider_keys,
            assistant_id=assistant.id,
            owner_id=assistant.owner_id,
            purpose="chat",
        )
        allowed = (
            prompt.head,
            *parts.prompt_passages,
            *(one.text for one in passages),
            settings.no_answer_message,
        )
        return Prepared(request, _sources(passages), allowed, found)

    def remember(self, message: Message, answer: str) -> None:
        """Keep a turn in mind for the next one."""
        self._recall.add(message, answer)

    def complete(self, prepared: Prepared) -> Completion:
        """The model's answer, without links and images that are not in the documents or the prompt.

        ``ModelAnswerBroken`` when nothing is left of it.
        """
        completion = self._complete.complete(prepared.request)
        return replace(completion, text=_something(guard_links(completion.text, prepared.allowed)))

    def stream(self, prepared: Prepared) -> Iterator[str | Completion]:
        """The same as it comes, and last the whole."""
        guard, shown = LinkGuard(prepared.allowed), ""
        for step in self._complete.stream(prepared.request):
            text = guard.finish() if isinstance(step, Completion) else guard.feed(step)
            shown += text
            if text:
                yield text
            if isinstance(step, Completion):
                yield replace(step, text=_something(shown))


def _something(text: str) -> str:
    if not text.strip():
        raise ModelAnswerBroken
    return text


def _sources(passages: tuple[Passage, ...]) -> tuple[Source, ...]:
    return tuple(
        Source(
            n=n,
            document_id=one.document_id,
            filename=one.filename,
            heading=one.heading,
            page=one.page,
            excerpt=one.text[:EXCERPT_CHARACTERS],
            score=round(one.score, 4),
        )
        for n, one in enumerate(passages, start=1)
    )
