"""Ground a question in what its assistant knows: the prompt to be sent, and the sources it shows."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kit.tracing import tracing
from models.assistants import Assistant, AssistantSettings
from models.chats import Source
from models.completions import Completion, CompletionRequest, PromptMessage
from models.documents import Passage, SearchResult
from models.model_errors import ModelAnswerBroken
from models.text.language import LANGUAGES, detect_language
from models.usage import LIMIT_MESSAGE
from services.chats.answer_cache import Place
from services.chats.curated_answer import MODEL, curated_answer
from services.documents.read_prompt import PromptText, ReadPrompt
from services.llm.base import Model
from services.prompts import wording
from services.prompts.compile import PromptBudget, PromptParts, Turn, compile_prompt, fit_passages
from services.prompts.link_guard import LinkGuard, guard_links
from services.prompts.own_ways import in_the_way_of
from services.prompts.scratchpad import Said, asks_for_it, split_scratchpad, without_quotes
from services.retrieval.search_passages import SearchPassages

EXCERPT_CHARACTERS = 400


@dataclass(frozen=True)
class Question:
    """What an assistant is asked, and what was said before, oldest first.

    ``model`` and the ways to sample stand before the assistant's own where they are given; ``instructions``
    are those of the program that asks, and come below the assistant's; ``conversation`` is what it keeps itself,
    with all that was said. ``notes`` sum up what came before the history. ``extra``, ``user_id``, ``key_id`` and
    ``purpose`` are those of ``CompletionRequest``. ``about`` is looked for where too little is found for the text: of
    one that tells the model what to do, what it is to be about.
    """

    text: str
    history: tuple[Turn, ...] = ()
    model: str = ""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    instructions: str = ""
    notes: str = ""
    conversation: tuple[PromptMessage, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    user_id: str = ""
    key_id: str = ""
    purpose: str = ""
    about: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether the model has begun to answer it already, with calls of tools."""
        return bool(self.conversation) and self.conversation[-1].role != "user"


@dataclass(frozen=True)
class Grounded:
    """A prompt ready to be sent, the sources it shows, and the texts whose links an answer may carry.

    ``allowed`` is ``None`` where an answer may carry any. ``found`` is what the search came to;
    ``thinks`` as in ``PromptParts``; ``ready`` is an answer that needs no model,
    ``place`` where the model's is kept for others.
    """

    request: CompletionRequest
    sources: tuple[Source, ...] = ()
    allowed: tuple[str, ...] | None = None
    found: SearchResult = field(default_factory=SearchResult)
    thinks: bool | None = None
    ready: Completion | None = None
    place: Place | None = None


BudgetFor = Callable[[Assistant, str], PromptBudget]


def _usual(_assistant: Assistant, _model: str) -> PromptBudget:
    return PromptBudget()


class GroundPrompt:
    """Searches an assistant's documents and compiles the prompt; asks no model and stores nothing.

    ``budget`` tells what the prompt may take, by the assistant and the model that was named.
    """

    def __init__(self, *, search: SearchPassages, prompt: ReadPrompt, budget: BudgetFor = _usual) -> None:
        self._search = search
        self._prompt = prompt
        self._budget = budget

    def ground(
        self, assistant: Assistant, question: Question, budget: PromptBudget | None = None
    ) -> Grounded:
        """The prompt: instructions, numbered passages, history, the question; ``budget`` where it is known."""
        found, retrieval_ms = self._search_for(assistant, question)
        budget = budget or self._budget(assistant, question.model)
        passages = fit_passages(found.passages, budget)
        prompt = self._prompt.read(assistant, question.text)
        parts = _parts(assistant.settings, question, prompt, passages, found)
        request = _request(question, parts, budget, retrieval_ms)
        if not found.asked:
            request = replace(request, language=_language(question, parts.language, found.language))
        allowed = _allowed(assistant.settings, question, parts)
        curated = None if question.goes_on else curated_answer(question.text, found.passages)
        if curated is not None:
            ready = Completion(curated.text, MODEL)
            return Grounded(request, _sources((curated,)), allowed, replace(found, enough=True), ready=ready)
        return Grounded(in_the_way_of(assistant, request), _sources(passages), allowed, found, parts.thinks)

    def _search_for(self, assistant: Assistant, question: Question) -> tuple[SearchResult, int]:
        """What the assistant knows about it, and the milliseconds that took."""
        asked = [turn.question for turn in question.history]
        began = time.perf_counter()
        with tracing.span("retrieval", {"gen_ai.operation.name": "retrieval"}) as span:
            found = self._search.search(
                assistant,
                question.text,
                assistant.settings.top_k,
                asked,
                last_answer=question.history[-1].answer if question.history else "",
            )
            if question.about and not found.enough:
                of_it = self._search.search(assistant, question.about, assistant.settings.top_k)
                found = of_it if of_it.enough else found
            span.set_attribute("orquestra.passages", len(found.passages))
            span.set_attribute("orquestra.enough", found.enough)
        return found, round((time.perf_counter() - began) * 1000)


def _parts(
    settings: AssistantSettings,
    question: Question,
    prompt: PromptText,
    passages: tuple[Passage, ...],
    found: SearchResult,
) -> PromptParts:
    told = f"{question.text}\n{question.instructions}"
    return PromptParts(
        assistant_prompt=prompt.head,
        prompt_passages=tuple(one.text for one in prompt.relevant),
        passages=passages,
        enough=found.enough,
        asks=found.asked,
        history=question.history,
        message=question.text,
        company=settings.company,
        language=settings.language,
        no_answer=settings.no_answer_message,
        persona=settings.persona,
        thinks=not asks_for_it(told) if settings.has_scratchpad else None,
        client_instructions=question.instructions,
        notes=question.notes,
        conversation=question.conversation,
    )


def _request(
    question: Question, parts: PromptParts, budget: PromptBudget, retrieval_ms: int
) -> CompletionRequest:
    return CompletionRequest(
        messages=compile_prompt(parts, budget),
        model=question.model,
        temperature=question.temperature,
        top_p=question.top_p,
        max_tokens=question.max_tokens,
        question=question.text,
        passages=parts.passages,
        enough=parts.enough,
        no_answer=parts.no_answer,
        language=parts.language,
        extra=question.extra,
        user_id=question.user_id,
        key_id=question.key_id,
        purpose=question.purpose,
        retrieval_ms=retrieval_ms,
    )


def _language(question: Question, chosen: str, of_documents: str) -> str:
    """The language for a message too short to tell its own, and without passages: the chat's, or the documents'."""
    if chosen in LANGUAGES:
        return chosen
    said = (question.text, *(turn.question for turn in reversed(question.history)))
    return next(filter(None, map(detect_language, said)), of_documents)


def _allowed(settings: AssistantSettings, question: Question, parts: PromptParts) -> tuple[str, ...]:
    """The texts whose links an answer may carry."""
    return (
        parts.assistant_prompt,
        *parts.prompt_passages,
        *(one.text for one in parts.passages),
        *(vars(settings.persona).values() if settings.persona else ()),
        settings.no_answer_message,
        settings.limits.over.message if settings.limits.over else "",
        question.instructions,
        *(one.content for one in question.conversation if one.role == "tool"),
    )


class AskGrounded:
    """Asks the model a grounded prompt; links and images that none of its texts holds are left out."""

    def __init__(self, complete: Model) -> None:
        self._complete = complete

    def complete(self, grounded: Grounded) -> Completion:
        """The answer that is ready, or the model's; ``ModelAnswerBroken`` when nothing is left of it."""
        if grounded.ready is not None:
            return grounded.ready
        completion = self._complete.complete(grounded.request)
        if grounded.allowed is None or completion.model == LIMIT_MESSAGE:
            return completion
        if grounded.thinks is not None:
            completion = self._apart(grounded, completion)
        return _something(replace(completion, text=guard_links(completion.text, grounded.allowed)))

    def stream(self, grounded: Grounded) -> Generator[str | Completion]:
        """The same as it comes, and last the whole.

        With a scratchpad it comes in one piece: until the model has ended, nobody knows whether it will think again.
        """
        if grounded.thinks is not None or grounded.ready is not None:
            completion = self.complete(grounded)
            yield completion.text
            yield completion
            return
        with contextlib.closing(self._complete.stream(grounded.request)) as steps:
            if grounded.allowed is None:
                yield from steps
                return
            guard, shown = LinkGuard(grounded.allowed), ""
            for step in steps:
                text = guard.finish() if isinstance(step, Completion) else guard.feed(step)
                shown += text
                if text:
                    yield text
                if isinstance(step, Completion):
                    yield _something(replace(step, text=shown))

    def _apart(self, grounded: Grounded, completion: Completion) -> Completion:
        """The completion with its scratchpad set apart; asked once more where nothing else was written."""
        said = split_scratchpad(completion.text)
        tokens = completion.tokens
        if not said.answer and said.scratchpad and not completion.tool_calls:
            thought = PromptMessage("assistant", f"<scratchpad>{said.scratchpad}</scratchpad>")
            go_on = (*grounded.request.messages, thought, PromptMessage("user", wording.ONLY_ANSWER))
            completion = self._complete.complete(replace(grounded.request, messages=go_on, is_counted=True))
            again = split_scratchpad(completion.text)
            scratchpad = "\n\n".join(part for part in (said.scratchpad, again.scratchpad) if part)
            said, tokens = Said(again.answer, scratchpad), tokens + completion.tokens
        if not grounded.thinks:
            said = without_quotes(said)
        return replace(completion, text=said.answer, scratchpad=said.scratchpad, tokens=tokens)


def _something(completion: Completion) -> Completion:
    if not completion.text.strip() and not completion.tool_calls:
        raise ModelAnswerBroken
    return completion


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
            faq_id=one.faq_id,
        )
        for n, one in enumerate(passages, start=1)
    )
