"""Give the next message of a conversation that a program keeps itself."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from kit.errors import NotFound
from models.callers import Caller
from models.catalogue import ModelEntry
from models.completions import Completion, CompletionRequest
from models.conversations import Conversation, Reply
from services.chats.turn_queue import TurnQueue
from services.generation.held_stream import HeldStream
from services.llm.base import Model
from services.llm.catalogue import Catalogue
from services.prompts.compile import Turn
from services.prompts.ground_prompt import AskGrounded, Grounded, GroundPrompt, Question

DEFAULT = "default"
PURPOSE = "openai"


class ModelNotFound(NotFound):
    """No model of this name is to be had."""

    code = "model_not_found"
    message = "There is no such model here."


class Converse:
    """Passes a person's conversation on; an assistant's is grounded in its documents. Stores nothing."""

    def __init__(
        self, *, complete: Model, catalogue: Catalogue, ground: GroundPrompt, turns: TurnQueue
    ) -> None:
        self._catalogue = catalogue
        self._ground = ground
        self._turns = turns
        self._ask = AskGrounded(complete)

    def models(self, caller: Caller) -> list[ModelEntry]:
        """What the caller may use, an assistant's own model first."""
        own = self._catalogue.find_or_pass_on(self._own(caller))
        others = [one for one in self._catalogue.entries() if own is None or one.name != own.name]
        return [*([own] if own else []), *others]

    def model(self, caller: Caller, name: str) -> ModelEntry:
        """One of them; ``ModelNotFound`` for another."""
        entry = next((one for one in self.models(caller) if one.name == name), None)
        if entry is None:
            raise ModelNotFound
        return entry

    def reply(self, caller: Caller, said: Conversation) -> Reply:
        """The whole message; ``ServerBusy`` at once when every slot is taken."""
        model = self.named(caller, said.model)
        with self._turns.slot():
            grounded = self._grounded(caller, said, model)
            return Reply(self._ask.complete(grounded), grounded.sources)

    def stream(self, caller: Caller, said: Conversation) -> HeldStream[Reply]:
        """Texts as they come and at last the ``Reply``, which has the calls of tools too."""
        model = self.named(caller, said.model)
        return HeldStream.begun(self._turns, lambda: self._stream(caller, said, model))

    def named(self, caller: Caller, name: str) -> str:
        """The model of this name; ``default`` and nothing stand for the caller's own. Else ``ModelNotFound``."""
        if name in ("", DEFAULT) and self._catalogue.find(name) is None:
            return self._own(caller)
        if self._catalogue.find_or_pass_on(name) is None:
            raise ModelNotFound
        return name

    def _own(self, caller: Caller) -> str:
        return (caller.assistant.settings.model if caller.assistant else "") or self._catalogue.default_model

    def _stream(self, caller: Caller, said: Conversation, model: str) -> Generator[str | Reply]:
        grounded = self._grounded(caller, said, model)
        with contextlib.closing(self._ask.stream(grounded)) as steps:
            for step in steps:
                yield Reply(step, grounded.sources) if isinstance(step, Completion) else step

    def _grounded(self, caller: Caller, said: Conversation, model: str) -> Grounded:
        if caller.assistant is not None:
            return self._ground.ground(caller.assistant, _question(caller, said, model))
        return Grounded(
            CompletionRequest(
                messages=said.messages,
                model=model,
                temperature=said.temperature,
                top_p=said.top_p,
                max_tokens=said.max_tokens,
                question=said.question,
                extra=said.extra,
                owner_id=caller.owner_id,
                user_id=said.user_id,
                key_id=caller.key_id,
                purpose=PURPOSE,
            )
        )


def _question(caller: Caller, said: Conversation, model: str) -> Question:
    conversation = tuple(one for one in said.messages if one.role != "system")
    return Question(
        said.question,
        _turns(said),
        model=model,
        temperature=said.temperature,
        top_p=said.top_p,
        max_tokens=said.max_tokens,
        instructions="\n\n".join(one.content for one in said.messages if one.role == "system"),
        conversation=conversation,
        extra=said.extra,
        user_id=said.user_id,
        key_id=caller.key_id,
        purpose=PURPOSE,
    )


def _turns(said: Conversation) -> tuple[Turn, ...]:
    """What was asked and answered before the last thing that the user said."""
    turns: list[Turn] = []
    for one in said.messages:
        if one.role == "user":
            turns.append(Turn(one.content, ""))
        elif one.role == "assistant" and turns and one.content:
            turns[-1] = Turn(turns[-1].question, one.content)
    return tuple(turns[:-1])
