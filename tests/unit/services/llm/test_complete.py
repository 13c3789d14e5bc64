"""Routing, retries and deadlines, with scripted models and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from integrations.llm.base import ModelServer
from models.catalogue import ModelEntry, Provider
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import (
    ModelAnswerBroken,
    ModelBusy,
    ModelError,
    ModelNotConfigured,
    ModelRefused,
    ModelTimedOut,
    ModelUnavailable,
)
from services.llm.breakers import Breakers
from services.llm.catalogue import Catalogue
from services.llm.complete import CompletePrompt
from services.llm.servers import Servers

MESSAGES = (PromptMessage("user", "oi"),)
Step = ModelError | str


class Timeline:
    """A clock that only sleeping and scripted calls move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class ScriptedModel:
    """Plays one script after another; each is errors and texts, and takes ``seconds`` on the clock."""

    def __init__(self, time: Timeline, *scripts: list[Step], seconds: float = 0.0) -> None:
        self.scripts = list(scripts)
        self.asked: list[tuple[str, float]] = []
        self.closed = 0
        self._time = time
        self._seconds = seconds

    def with_key(self, _api_key: str) -> ScriptedModel:
        return self

    def close(self) -> None:
        """Nothing is open."""

    def complete(self, request: CompletionRequest, timeout_s: float) -> Completion:
        *_, last = self.stream(request, timeout_s)
        assert isinstance(last, Completion)
        return last

    def stream(self, request: CompletionRequest, timeout_s: float) -> Iterator[str | Completion]:
        self.asked.append((request.model, timeout_s))
        self._time.now += self._seconds
        texts = []
        try:
            for step in self.scripts.pop(0):
                if isinstance(step, ModelError):
                    raise step
                texts.append(step)
                yield step
            if texts:
                yield Completion("".join(texts), request.model)
        finally:
            self.closed += 1


@pytest.fixture
def time() -> Timeline:
    return Timeline()


def completing(
    time: Timeline,
    provider: ScriptedModel | None,
    *,
    default: str = "big",
    timeout_s: float = 120.0,
    chance: Callable[[], float] = lambda: 1.0,
) -> CompletePrompt:
    offline = ScriptedModel(time, ["offline answer"])
    pass_on = None if provider is None else ModelEntry(name="", provider=Provider.OPENAI)
    catalogue = Catalogue(fixed=(), default_model=default, pass_on=pass_on, clock=time)

    def connect(entry: ModelEntry) -> ModelServer:
        if entry.provider is Provider.OFFLINE:
            return offline
        assert provider is not None
        return provider

    return CompletePrompt(
        catalogue=catalogue,
        servers=Servers(connect),
        timeout_s=timeout_s,
        breakers=Breakers(clock=time),
        clock=time,
        sleep=time.sleep,
        chance=chance,
    )


def ask(service: CompletePrompt, model: str = "", *, stream: bool = False) -> Completion:
    request = CompletionRequest(MESSAGES, model)
    if not stream:
        return service.complete(request)
    *_, last = service.stream(request)
    assert isinstance(last, Completion)
    return last


@pytest.mark.parametrize(
    ("named", "default", "served"),
    [
        ("", "big", "big"),
        ("small", "big", "small"),
        ("offline", "big", "offline"),
        ("", "offline", "offline"),
    ],
)
def test_a_model_is_served_by_whom_its_name_says(
    time: Timeline, named: str, default: str, served: str
) -> None:
    completion = ask(completing(time, ScriptedModel(time, ["real answer"]), default=default), named)
    assert completion.model == served
    assert completion.text == ("offline answer" if served == "offline" else "real answer")


def test_a_model_without_a_server_is_never_answered_by_the_offline_one(time: Timeline) -> None:
    with pytest.raises(ModelNotConfigured, match="gpt-x"):
        ask(completing(time, None, default="offline"), "gpt-x")


def test_a_server_without_a_named_model_says_which_setting_is_missing(time: Timeline) -> None:
    provider = ScriptedModel(time)
    with pytest.raises(ModelNotConfigured, match="LLM_MODEL"):
        ask(completing(time, provider, default=""))
    assert not provider.asked


def test_a_failing_model_is_not_replaced_by_the_offline_one(time: Timeline) -> None:
    provider = ScriptedModel(time, [ModelUnavailable()], [ModelUnavailable()], [ModelUnavailable()])
    with pytest.raises(ModelUnavailable):
        ask(completing(time, provider))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("problem", [ModelUnavailable, ModelBusy, ModelAnswerBroken, ModelTimedOut])
def test_what_passes_is_tried_three_times_with_growing_pauses(
    time: Timeline, problem: type[ModelError], *, stream: bool
) -> None:
    provider = ScriptedModel(time, [problem()], [problem()], ["at last"])
    assert ask(completing(time, provider), stream=stream).text == "at last"
    assert time.slept == [0.5, 1.0]
    assert [left for _, left in provider.asked] == [120.0, 119.5, 118.5]


def test_after_three_attempts_the_last_error_is_raised(time: Timeline) -> None:
    provider = ScriptedModel(
        time, [ModelUnavailable()], [ModelUnavailable()], [ModelBusy(retry_after=3)], ["no"]
    )
    with pytest.raises(ModelBusy) as caught:
        ask(completing(time, provider))
    assert caught.value.retry_after == 3
    assert len(provider.asked) == 3


def test_pauses_are_fully_jittered(time: Timeline) -> None:
    chances = iter([0.0, 0.25])
    provider = ScriptedModel(time, [ModelUnavailable()], [ModelUnavailable()], ["ok"])
    ask(completing(time, provider, chance=lambda: next(chances)))
    assert time.slept == [0.0, 0.25]


@pytest.mark.parametrize("problem", [ModelRefused, ModelNotConfigured])
def test_what_does_not_pass_is_not_tried_again(time: Timeline, problem: type[ModelError]) -> None:
    provider = ScriptedModel(time, [problem()], ["no"])
    with pytest.raises(problem):
        ask(completing(time, provider))
    assert len(provider.asked) == 1
    assert not time.slept


def test_the_server_is_given_the_time_it_asked_for(time: Timeline) -> None:
    provider = ScriptedModel(time, [ModelBusy(retry_after=7.0)], ["ok"])
    assert ask(completing(time, provider)).text == "ok"
    assert time.slept == [7.0]


@pytest.mark.parametrize("stream", [False, True])
def test_a_wait_beyond_the_deadline_is_not_begun(time: Timeline, *, stream: bool) -> None:
    provider = ScriptedModel(time, [ModelBusy(retry_after=120.0)], ["no"])
    with pytest.raises(ModelBusy) as caught:
        ask(completing(time, provider), stream=stream)
    assert caught.value.retry_after == 120.0
    assert not time.slept


def test_attempts_share_one_deadline(time: Timeline) -> None:
    provider = ScriptedModel(time, [ModelUnavailable()], [ModelUnavailable()], ["no"], seconds=5.0)
    with pytest.raises(ModelUnavailable):
        ask(completing(time, provider, timeout_s=10.4))
    assert [left for _, left in provider.asked] == [10.4, pytest.approx(4.9)]


def test_a_stream_that_breaks_after_its_first_text_is_not_begun_again(time: Timeline) -> None:
    provider = ScriptedModel(time, ["half ", ModelAnswerBroken()], ["no"])
    stream = completing(time, provider).stream(CompletionRequest(MESSAGES, ""))
    assert next(stream) == "half "
    with pytest.raises(ModelAnswerBroken):
        next(stream)
    assert len(provider.asked) == 1


def test_a_stream_that_says_nothing_is_broken(time: Timeline) -> None:
    with pytest.raises(ModelAnswerBroken):
        completing(time, ScriptedModel(time, [], [], [])).stream(CompletionRequest(MESSAGES, ""))


@pytest.mark.parametrize("taken", [0, 1])
def test_closing_a_stream_ends_the_call_behind_it(time: Timeline, taken: int) -> None:
    provider = ScriptedModel(time, ["a ", "b"])
    stream = completing(time, provider).stream(CompletionRequest(MESSAGES, ""))
    for _ in range(taken):
        next(stream)
    stream.close()
    stream.close()
    assert provider.closed == 1
    assert list(stream) == []
