"""Make an answer: what is known about the question, the prompt, the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.assistants import Assistant
from models.chats import Message, Source
from models.completions import Completion, CompletionRequest, PromptMessage
from models.documents import Passage, SearchResult
from models.model_errors import ModelAnswerBroken
from services.chats.curated_answer import MODEL, curated_answer
from services.chats.recall_turns import RecallTurns
from services.documents.read_prompt import ReadPrompt
from services.llm.base import Model
from services.prompts import wording
from services.prompts.compile import PromptParts, compile_prompt, fit_passages
from services.prompts.link_guard import LinkGuard, guard_links
from services.prompts.scratchpad import Said, asks_for_it, split_scratchpad, without_quotes
from services.retrieval.search_passages import SearchPassages

EXCERPT_CHARACTERS = 400


@dataclass(frozen=True)
class Prepared:
    """A prompt ready to be sent, the sources it shows, and the texts whose links an answer may carry.

    ``found`` is what the search for the message came to; ``thinks`` as in ``PromptParts``; ``ready`` is an answer
    that needs no model.
    """

    request: CompletionRequest
    sources: tuple[Source, ...]
    allowed: tuple[str, ...]
    found: SearchResult
    thinks: bool | None = None
    ready: Completion | None = None


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
        thinks = not asks_for_it(message.content) if settings.has_scratchpad else None
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
            persona=settings.persona,
            thinks=thinks,
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
            *(vars(settings.persona).values() if settings.persona else ()),
            settings.no_answer_message,
        )
        curated = curated_answer(message.content, found.passages)
        if curated is not None:
            ready = Completion(curated.text, MODEL)
            return Prepared(request, _sources((curated,)), allowed, replace(found, enough=True), ready=ready)
        return Prepared(request, _sources(passages), allowed, found, thinks)

    def remember(self, message: Message, answer: str) -> None:
        """Keep a turn in mind for the next one."""
        self._recall.add(message, answer)

    def complete(self, prepared: Prepared) -> Completion:
        """The answer that is ready, or the model's without links and images of its own making.

        ``ModelAnswerBroken`` when nothing is left of it.
        """
        if prepared.ready is not None:
            return prepared.ready
        completion = self._complete.complete(prepared.request)
        if prepared.thinks is not None:
            completion = self._apart(prepared, completion)
        return replace(completion, text=_something(guard_links(completion.text, prepared.allowed)))

    def stream(self, prepared: Prepared) -> Iterator[str | Completion]:
        """The same as it comes, and last the whole.

        With a scratchpad it comes in one piece: until the model has ended, nobody knows whether it will think again.
        """
        if prepared.thinks is not None or prepared.ready is not None:
            completion = self.complete(prepared)
            yield completion.text
            yield completion
            return
        guard, shown = LinkGuard(prepared.allowed), ""
        for step in self._complete.stream(prepared.request):
            text = guard.finish() if isinstance(step, Completion) else guard.feed(step)
            shown += text
            if text:
                yield text
            if isinstance(step, Completion):
                yield replace(step, text=_something(shown))

    def _apart(self, prepared: Prepared, completion: Completion) -> Completion:
        """The completion with its scratchpad set apart; asked once more where nothing else was written."""
        said = split_scratchpad(completion.text)
        tokens = completion.tokens
        if not said.answer and said.scratchpad:
            thought = PromptMessage("assistant", f"<scratchpad>{said.scratchpad}</scratchpad>")
            go_on = (*prepared.request.messages, thought, PromptMessage("user", wording.ONLY_ANSWER))
            completion = self._complete.complete(replace(prepared.request, messages=go_on))
            again = split_scratchpad(completion.text)
            scratchpad = "\n\n".join(part for part in (said.scratchpad, again.scratchpad) if part)
            said, tokens = Said(again.answer, scratchpad), tokens + completion.tokens
        if not prepared.thinks:
            said = without_quotes(said)
        return replace(completion, text=said.answer, scratchpad=said.scratchpad, tokens=tokens)


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
            faq_id=one.faq_id,
        )
        for n, one in enumerate(passages, start=1)
    )
