"""Answer a prompt without a chat."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator

from kit.errors import Invalid, NotFound
from models.assistants import Assistant
from models.callers import Caller
from models.chats import Source
from models.completions import Completion, CompletionRequest, PromptMessage
from models.generation import Asked, Generated
from models.usage import LIMIT_MESSAGE
from services.assistants.check_models import check_named
from services.assistants.find_assistants import FindAssistants
from services.chats.turn_queue import TurnQueue
from services.generation.held_stream import HeldStream
from services.llm.base import Model
from services.llm.catalogue import Catalogue
from services.prompts.ground_prompt import AskGrounded, Grounded, GroundPrompt, Question
from services.prompts.own_ways import in_the_way_of


class Generate:
    """Asks the model a prompt, plain or grounded in an assistant's documents; stores nothing."""

    def __init__(
        self,
        *,
        complete: Model,
        catalogue: Catalogue,
        ground: GroundPrompt,
        assistants: FindAssistants,
        turns: TurnQueue,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalogue = catalogue
        self._ground = ground
        self._assistants = assistants
        self._turns = turns
        self._clock = clock
        self._ask = AskGrounded(complete)

    def check(self, caller: Caller, asked: Asked) -> Assistant | None:
        """Whose settings count, and whose documents; ``None`` when a person asks a plain prompt.

        ``NotFound`` for an assistant that is not the caller's, ``Invalid`` when a person must name one, for a
        model that nobody serves, and for more tokens than the model can write.
        """
        assistant = self._assistant(caller, asked)
        check_named(self._catalogue, asked.model)
        wanted = asked.model or (assistant.settings.model if assistant else "")
        entry = self._catalogue.find(wanted or self._catalogue.default_model)
        if entry and entry.context and asked.max_tokens and asked.max_tokens > entry.context:
            raise Invalid.field("max_tokens", f"The model {entry.name} takes at most {entry.context}.")
        return assistant

    def generate(self, caller: Caller, asked: Asked) -> Generated:
        """The whole answer; ``ServerBusy`` at once when every slot is taken."""
        assistant = self.check(caller, asked)
        with self._turns.slot():
            return self.answer(caller, assistant, asked)

    def answer(self, caller: Caller, assistant: Assistant | None, asked: Asked) -> Generated:
        """The same without a slot, and checked before: for work in the background."""
        began = self._clock()
        grounded = self._grounded(caller, assistant, asked)
        return self._generated(self._ask.complete(grounded), grounded.sources, began)

    def stream(self, caller: Caller, asked: Asked) -> HeldStream[Generated]:
        """Texts as they come and at last the ``Generated``; every refusal comes before it."""
        assistant = self.check(caller, asked)
        return HeldStream.begun(self._turns, lambda: self._stream(caller, assistant, asked))

    def _assistant(self, caller: Caller, asked: Asked) -> Assistant | None:
        if caller.assistant is not None:
            if asked.assistant_id not in ("", caller.assistant.id):
                raise NotFound
            return caller.assistant
        if not asked.grounded:
            return None
        if not asked.assistant_id:
            raise Invalid.field("assistant_id", "Is needed: say whose documents to answer from.")
        return self._assistants.get(caller.actor, asked.assistant_id)

    def _stream(
        self, caller: Caller, assistant: Assistant | None, asked: Asked
    ) -> Generator[str | Generated]:
        began = self._clock()
        grounded = self._grounded(caller, assistant, asked)
        with contextlib.closing(self._ask.stream(grounded)) as steps:
            for step in steps:
                if isinstance(step, Completion):
                    yield self._generated(step, grounded.sources, began)
                else:
                    yield step

    def _grounded(self, caller: Caller, assistant: Assistant | None, asked: Asked) -> Grounded:
        if not asked.grounded or assistant is None:
            return Grounded(_plain(caller, assistant, asked))
        question = Question(
            asked.prompt,
            model=asked.model,
            temperature=asked.temperature,
            top_p=asked.top_p,
            max_tokens=asked.max_tokens,
            instructions=asked.system,
            user_id=asked.user_id,
            key_id=caller.key_id,
            purpose="rag",
            about=asked.about,
        )
        return self._ground.ground(assistant, question)

    def _generated(self, completion: Completion, sources: tuple[Source, ...], began: float) -> Generated:
        seconds = self._clock() - began
        shown = () if completion.model == LIMIT_MESSAGE else sources
        return Generated(
            completion.text, completion.model, seconds, completion.tokens, shown, completion.routing
        )


def _plain(caller: Caller, assistant: Assistant | None, asked: Asked) -> CompletionRequest:
    """The prompt as it is; an assistant's model and ways to sample count where the caller names none."""
    system = [PromptMessage("system", asked.system)] if asked.system.strip() else []
    request = CompletionRequest(
        messages=(*system, PromptMessage("user", asked.prompt)),
        model=asked.model,
        temperature=asked.temperature,
        top_p=asked.top_p,
        max_tokens=asked.max_tokens,
        question=asked.prompt,
        owner_id=caller.owner_id,
        user_id=asked.user_id,
        key_id=caller.key_id,
        purpose="generate",
    )
    return request if assistant is None else in_the_way_of(assistant, request)
