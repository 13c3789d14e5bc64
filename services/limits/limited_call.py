"""One call of a limited model, from what is reserved for it to what it came to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Self

from kit.clock import Clock
from kit.errors import AppError
from kit.ids import new_id
from models.catalogue import ModelEntry
from models.chats import Tokens
from models.completions import Completion, CompletionRequest
from models.limits import Bounds, Cost
from models.routing import ANSWERED, Attempt
from models.tokens import estimate_prompt, estimate_tokens
from models.usage import LEFT_EARLY, LIMIT_MESSAGE, LONGEST_LOGGED_TEXT, ModelCall, money_of
from services.limits.keep_budgets import KeepBudgets
from services.limits.spender import Reservation, Spender
from services.prompts.scratchpad import split_scratchpad


class LimitedCall:
    """One call under way: what is asked, what is reserved for it, and what it came to, once.

    As a context, an error inside ends it; without one it goes on, as a stream does.
    """

    def __init__(
        self,
        request: CompletionRequest,
        of_key: Bounds,
        budgets: KeepBudgets,
        record: Callable[[ModelCall], object],
        clock: Clock,
    ) -> None:
        self.request = request
        self.spender = Spender(
            request.assistant_id, request.owner_id, request.limits, request.user_id, request.key_id, of_key
        )
        self.chain: tuple[ModelEntry, ...] = ()
        self.reservation: Reservation | None = None
        self.instead: Completion | None = None
        self._budgets = budgets
        self._record = record
        self._at = clock()
        self._began = time.perf_counter()
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, problem: BaseException | None, _frames: object) -> None:
        if problem is not None:
            self.end(None, problem)

    def end(self, completion: Completion | None, problem: BaseException | None, said: str = "") -> None:
        """The call is over: answered, failed, or (both ``None``) left; ``said`` is what came until then."""
        if self._ended:
            return
        self._ended = True
        tokens = Tokens()
        model = self.request.model or (self.chain[0].name if self.chain else "")
        if completion is not None:
            tokens, model, said = completion.tokens, completion.model, completion.text
        elif problem is None or said:
            tokens = Tokens(prompt_tokens(self.request), estimate_tokens(said), estimated=True)
        asked = next((one for one in self.chain if one.name == model), None)
        money = money_of(asked, tokens.input, tokens.output)
        if self.reservation is not None:
            self._budgets.settle(self.reservation, Cost(tokens.input + tokens.output, money))
        self._record(self._described(completion, problem, said, model, tokens, money))

    def _described(
        self,
        completion: Completion | None,
        problem: BaseException | None,
        said: str,
        model: str,
        tokens: Tokens,
        money: int,
    ) -> ModelCall:
        request = self.request
        routing = completion.routing if completion else None
        keeps = request.log_content
        return ModelCall(
            id=new_id(),
            at=self._at,
            assistant_id=request.assistant_id,
            owner_id=request.owner_id,
            key_id=request.key_id,
            user_id=request.user_id,
            chat_id=request.chat_id,
            purpose=request.purpose,
            model=model,
            outcome=_outcome(completion, problem),
            tokens=tokens,
            money=money,
            attempts=routing.attempts if routing else _attempts(problem),
            queue_ms=routing.queue_ms if routing else 0,
            retrieval_ms=request.retrieval_ms,
            model_ms=routing.model_ms if routing else 0,
            total_ms=round((time.perf_counter() - self._began) * 1000),
            question=_question(request) if keeps else None,
            response=split_scratchpad(said).answer[:LONGEST_LOGGED_TEXT] if keeps else None,
        )


def prompt_tokens(request: CompletionRequest) -> int:
    """About how many tokens a prompt has, with its tools and whatever else goes along."""
    extra = [one.extra for one in request.messages if one.extra]
    beside = json.dumps([*extra, request.extra], default=str) if extra or request.extra else ""
    return estimate_prompt(request.messages) + estimate_tokens(beside)


def _question(request: CompletionRequest) -> str:
    last = next((one.content for one in reversed(request.messages) if one.role == "user"), "")
    return (request.question or last)[:LONGEST_LOGGED_TEXT]


def _outcome(completion: Completion | None, problem: BaseException | None) -> str:
    if completion is not None:
        return LIMIT_MESSAGE if completion.model == LIMIT_MESSAGE else ANSWERED
    if problem is None or isinstance(problem, GeneratorExit):
        return LEFT_EARLY
    return problem.error_code if isinstance(problem, AppError) else type(problem).__name__


def _attempts(problem: BaseException | None) -> tuple[Attempt, ...]:
    tried = problem.details.get("attempts", ()) if isinstance(problem, AppError) else ()
    return tuple(Attempt(**one) for one in tried)
