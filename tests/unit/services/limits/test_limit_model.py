"""What a call reserves, what it settles, and what is recorded of it; budgets and models are made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from integrations.counters.memory import CountsInMemory
from kit.clock import utc_now
from models.catalogue import ModelEntry, Provider
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, PromptMessage
from models.limits import Bounds, Cost, LimitName, LimitReached, Limits, Over
from models.model_errors import ModelUnavailable
from models.usage import ModelCall
from services.limits.count_requests import CountRequests
from services.limits.limit_model import LimitModel
from services.limits.spender import Reservation, Spender

BIG = ModelEntry("big", Provider.OPENAI, price_in=2.0, price_out=10.0)
SMALL = ModelEntry("small", Provider.OPENAI, price_in=0.5, price_out=1.0)
FREE = ModelEntry("free", Provider.OLLAMA)
CHAINS = {"big": (BIG, SMALL), "small": (SMALL,), "free": (FREE,)}
TOKENS = Tokens(100, 50)
REQUEST = CompletionRequest(
    (PromptMessage("system", "s" * 35), PromptMessage("user", "u" * 35)),  # 10 tokens each, and 4 around it
    "big",
    assistant_id="a" * 24,
    owner_id="b" * 24,
    max_tokens=1000,
    limits=Limits(money_per_month=1),
)


@dataclass
class Budgets:
    """Room for so much of each; keeps what was reserved and settled."""

    room: Cost = field(default_factory=lambda: Cost(10**9, 10**9))
    reserved: list[Cost] = field(default_factory=list)
    settled: list[Cost] = field(default_factory=list)
    was_final: bool = False
    forgotten: list[str] = field(default_factory=list)

    def forget(self, assistant_id: str) -> None:
        self.forgotten.append(assistant_id)

    def reserve(
        self,
        spender: Spender,
        cost: Cost,
        *,
        only: tuple[LimitName, ...] = tuple(LimitName),
        final: bool = True,
    ) -> Reservation:
        self.was_final = final
        for name in (LimitName.TOKENS_PER_DAY, LimitName.MONEY_PER_MONTH):
            if name in only and cost.of(name) > self.room.of(name):
                raise LimitReached(name, of_user=False, used=1, allowed=1, resets_at=utc_now(), now=utc_now())
        self.reserved.append(cost)
        return Reservation("r", spender, 1, cost)

    def settle(self, _reservation: Reservation, cost: Cost) -> None:
        self.settled.append(cost)


@dataclass
class Answering:
    """Answers with the model that is asked, or fails."""

    problem: Exception | None = None
    text: str = "Olá!"
    asked: list[CompletionRequest] = field(default_factory=list)
    closed: bool = False

    def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request)
        if self.problem is not None:
            raise self.problem
        return Completion(self.text, request.model, TOKENS)

    def stream(self, request: CompletionRequest) -> Steps:
        return Steps(self, request)


class Steps:
    def __init__(self, model: Answering, request: CompletionRequest) -> None:
        self._model = model
        self._steps = self._run(request)

    def _run(self, request: CompletionRequest) -> Iterator[str | Completion]:
        yield "Olá"
        yield self._model.complete(request)

    def __iter__(self) -> Iterator[str | Completion]:
        return self

    def __next__(self) -> str | Completion:
        return next(self._steps)

    def close(self) -> None:
        self._model.closed = True


@dataclass
class Scene:
    budgets: Budgets = field(default_factory=Budgets)
    model: Answering = field(default_factory=Answering)
    calls: list[ModelCall] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.limited = LimitModel(
            model=self.model,
            chain=lambda request: CHAINS[request.model],
            requests=CountRequests(counter=CountsInMemory(), clock=utc_now),
            budgets=self.budgets,  # type: ignore[arg-type]  # made up
            record=self.calls.append,
            clock=utc_now,
        )


@pytest.fixture
def scene() -> Scene:
    return Scene()


def over(**chosen: str) -> CompletionRequest:
    return replace(REQUEST, limits=replace(REQUEST.limits, over=Over(**chosen)))


@pytest.mark.parametrize(("letters", "reserved"), [(2, 13), (210, 64), (2100, 604)])
def test_of_a_short_prompt_more_is_reserved_than_its_own_tokens(
    scene: Scene, letters: int, reserved: int
) -> None:
    scene.limited.complete(replace(REQUEST, messages=(PromptMessage("user", "a" * letters),)))

    assert scene.budgets.reserved[0].tokens == reserved + 1000


def test_what_the_dearest_model_may_cost_is_reserved_and_what_it_cost_is_settled(scene: Scene) -> None:
    assert scene.limited.complete(REQUEST).text == "Olá!"

    assert scene.budgets.reserved == [Cost(33 + 1000, 33 * 2 + 1000 * 10)]
    assert scene.budgets.settled == [Cost(150, 100 * 2 + 50 * 10)]
    [call] = scene.calls
    assert (call.outcome, call.model, call.tokens, call.money) == ("answered", "big", TOKENS, 700)
    assert call.question is None


def test_an_answer_is_as_long_as_there_is_room_for(scene: Scene) -> None:
    scene.budgets.room = Cost(1100, 10**9)
    scene.limited.complete(replace(REQUEST, max_tokens=None))

    assert scene.model.asked[0].max_tokens == 1024
    with pytest.raises(LimitReached):
        scene.limited.complete(replace(REQUEST, max_tokens=2000))


def test_without_a_budget_nothing_is_reserved_and_no_length_is_set(scene: Scene) -> None:
    scene.limited.complete(replace(REQUEST, limits=Limits(), max_tokens=None))

    assert (scene.budgets.reserved, scene.budgets.forgotten) == ([], [REQUEST.assistant_id])
    assert scene.model.asked[0].max_tokens is None


def test_a_failed_call_costs_nothing_and_is_recorded(scene: Scene) -> None:
    scene.model.problem = ModelUnavailable(
        details={"attempts": [{"model": "big", "outcome": "model_unavailable", "ms": 3}]}
    )
    with pytest.raises(ModelUnavailable):
        scene.limited.complete(REQUEST)

    assert scene.budgets.settled == [Cost()]
    [call] = scene.calls
    assert (call.outcome, call.attempts[0].ms) == ("model_unavailable", 3)


def test_a_stream_is_settled_once_at_its_end(scene: Scene) -> None:
    steps = scene.limited.stream(REQUEST)
    assert [step if isinstance(step, str) else step.text for step in steps] == ["Olá", "Olá!"]
    steps.close()

    assert scene.budgets.settled == [Cost(150, 700)]
    assert [one.outcome for one in scene.calls] == ["answered"]


def test_a_stream_that_is_left_costs_its_prompt_and_what_came(scene: Scene) -> None:
    steps = scene.limited.stream(REQUEST)
    next(steps)
    steps.close()

    assert scene.model.closed
    assert scene.budgets.settled == [Cost(28 + 2, 28 * 2 + 2 * 10)]
    assert [one.outcome for one in scene.calls] == ["left"]


def test_a_stream_that_breaks_costs_what_came(scene: Scene) -> None:
    scene.model.problem = ModelUnavailable()
    with pytest.raises(ModelUnavailable):
        list(scene.limited.stream(REQUEST))

    assert scene.budgets.settled == [Cost(28 + 2, 28 * 2 + 2 * 10)]
    assert [one.outcome for one in scene.calls] == ["model_unavailable"]


@pytest.mark.parametrize("stream", [False, True])
def test_over_a_budget_an_owners_text_answers_for_nothing(scene: Scene, *, stream: bool) -> None:
    scene.budgets.room = Cost()
    request = over(message="Amanhã.")
    last = list(scene.limited.stream(request))[-1] if stream else scene.limited.complete(request)

    assert isinstance(last, Completion)
    assert (last.text, last.model, last.tokens) == ("Amanhã.", "limit_message", Tokens())
    assert (scene.model.asked, scene.budgets.settled) == ([], [])
    assert [one.outcome for one in scene.calls] == ["limit_message"]


def test_over_a_budget_of_tokens_another_model_answers_within_the_money(scene: Scene) -> None:
    scene.budgets.room = Cost(0, 5000)
    assert scene.limited.complete(over(model="small")).model == "small"
    assert scene.budgets.reserved == [Cost(1033, 17 + 1000)]

    scene.budgets.room = Cost(0, 0)
    with pytest.raises(LimitReached) as reached:
        scene.limited.complete(over(model="small"))
    assert reached.value.name is LimitName.TOKENS_PER_DAY
    assert scene.limited.complete(over(model="free")).model == "free"


def test_requests_are_counted_where_the_door_has_not(scene: Scene) -> None:
    one = replace(
        REQUEST, user_id="ana", limits=Limits(requests_per_minute=2, user=Bounds(requests_per_minute=1))
    )
    scene.limited.complete(one)
    with pytest.raises(LimitReached) as of_ana:
        scene.limited.complete(one)
    scene.limited.complete(replace(one, user_id="rui"))
    with pytest.raises(LimitReached) as of_all:
        scene.limited.complete(
            replace(one, user_id="bia", limits=replace(one.limits, over=Over(message="x")))
        )
    scene.limited.complete(replace(one, is_counted=True))

    assert of_ana.value.details["limit"] == "user.requests_per_minute"
    assert of_all.value.details["limit"] == "requests_per_minute"
    assert [one.outcome for one in scene.calls].count("limit_reached") == 2


def test_texts_are_recorded_where_they_may_be(scene: Scene) -> None:
    scene.limited.complete(replace(REQUEST, log_content=True, question="Quanto?"))

    assert (scene.calls[0].question, scene.calls[0].response) == ("Quanto?", "Olá!")


def test_what_stood_on_the_scratchpad_is_not_logged(scene: Scene) -> None:
    scene.model.text = "<scratchpad>hidden</scratchpad>Olá!"
    scene.limited.complete(replace(REQUEST, log_content=True))
    assert scene.calls[0].response == "Olá!"
