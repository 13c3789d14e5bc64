"""Fall-backs, breakers, queues and what is told of them; scripted models, and real ones where it counts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from integrations.llm.choose import connect
from kit.errors import TooManyRequests
from models.catalogue import ModelEntry, Provider
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import (
    ModelAnswerBroken,
    ModelBusy,
    ModelError,
    ModelQueueFull,
    ModelRefused,
    ModelResting,
    ModelUnavailable,
)
from models.routing import Attempt
from services.llm.base import NO_HEADERS
from services.llm.breakers import Breakers
from services.llm.catalogue import Catalogue
from services.llm.complete import CompletePrompt
from services.llm.servers import Servers
from tests.servers.openai_server import OpenAIServer, Reply
from tests.servers.scripted_server import Scripted
from tests.unit.services.llm.test_complete import ScriptedModel, Step, Timeline

MESSAGES = (PromptMessage("user", "oi"),)
FIRST = ModelEntry("first", Provider.OPENAI, base_url="http://first/v1", fallbacks=("second",))
SECOND = ModelEntry("second", Provider.OPENAI, base_url="http://second/v1")


@pytest.fixture
def time() -> Timeline:
    return Timeline()


def completing(time: Timeline, models: dict[ModelEntry, ScriptedModel], **more: object) -> CompletePrompt:
    by_name = {entry.name: model for entry, model in models.items()}
    return CompletePrompt(
        catalogue=Catalogue(fixed=tuple(models), default_model="first", clock=time),
        servers=Servers(lambda entry: by_name[entry.name]),
        **{
            "timeout_s": 60.0,
            "breakers": Breakers(clock=time),
            "clock": time,
            "sleep": time.sleep,
            "chance": lambda: 1.0,
            **more,
        },  # type: ignore[arg-type]  # values of several types
    )


def ask(service: CompletePrompt, *, stream: bool = False, **more: object) -> Completion:
    request = CompletionRequest(MESSAGES, "first", **more)  # type: ignore[arg-type]  # values of several types
    if not stream:
        return service.complete(request)
    *_, last = service.stream(request)
    assert isinstance(last, Completion)
    return last


def failing(times: int, problem: type[ModelError]) -> list[list[Step]]:
    return [[problem()] for _ in range(times)]


def answering(times: int) -> list[list[Step]]:
    return [["ok"] for _ in range(times)]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("problem", [ModelUnavailable, ModelBusy, ModelAnswerBroken, ModelRefused])
def test_whatever_goes_wrong_the_next_model_answers_at_once(
    time: Timeline, problem: type[ModelError], *, stream: bool
) -> None:
    first, second = ScriptedModel(time, [problem()], seconds=2.0), ScriptedModel(time, ["ok"], seconds=1.0)
    completion = ask(completing(time, {FIRST: first, SECOND: second}), stream=stream)

    assert (completion.text, completion.model) == ("ok", "second")
    assert completion.routing.attempts == (
        Attempt("first", problem.code, 2000),
        Attempt("second", "answered", 1000),
    )
    assert completion.routing.model_ms == 1000
    assert time.slept == []


def test_the_assistants_fall_backs_come_after_the_models_own(time: Timeline) -> None:
    third = ModelEntry("third", Provider.OPENAI, base_url="http://third/v1")
    models = {
        FIRST: ScriptedModel(time, [ModelRefused()]),
        SECOND: ScriptedModel(time, [ModelRefused()]),
        third: ScriptedModel(time, ["ok"]),
    }
    completion = ask(completing(time, models), fallback_models=("nobody", "first", "third"))
    assert [one.model for one in completion.routing.attempts] == ["first", "second", "third"]


def test_a_model_with_another_behind_it_may_use_half_of_the_time_or_its_own_bound(time: Timeline) -> None:
    first, second = ScriptedModel(time, [ModelUnavailable()], seconds=30.0), ScriptedModel(time, ["ok"])
    ask(completing(time, {FIRST: first, replace(SECOND, timeout_s=7.0): second}))
    assert [left for _, left in first.asked + second.asked] == [30.0, 7.0]


def test_when_all_fail_all_are_asked_again_after_a_pause(time: Timeline) -> None:
    first = ScriptedModel(time, [ModelUnavailable()], [ModelUnavailable()])
    second = ScriptedModel(time, [ModelUnavailable()], ["ok"])
    completion = ask(completing(time, {FIRST: first, SECOND: second}))
    assert len(completion.routing.attempts) == 4
    assert time.slept == [0.5]


def test_a_server_that_asked_for_time_is_not_asked_before(time: Timeline) -> None:
    first = ScriptedModel(time, [ModelBusy(retry_after=20.0)], ["no"])
    second = ScriptedModel(time, [ModelUnavailable()], ["ok"])
    assert ask(completing(time, {FIRST: first, SECOND: second})).model == "second"
    assert len(first.asked) == 1


def test_after_the_first_text_nobody_else_goes_on(time: Timeline) -> None:
    first, second = ScriptedModel(time, ["half ", ModelAnswerBroken()]), ScriptedModel(time, ["no"])
    stream = completing(time, {FIRST: first, SECOND: second}).stream(CompletionRequest(MESSAGES, "first"))
    assert next(stream) == "half "
    with pytest.raises(ModelAnswerBroken):
        next(stream)
    assert second.asked == []


def test_an_error_says_who_was_asked(time: Timeline) -> None:
    models = {FIRST: ScriptedModel(time, [ModelRefused()]), SECOND: ScriptedModel(time, [ModelRefused()])}
    with pytest.raises(ModelRefused) as caught:
        ask(completing(time, models))
    assert caught.value.details["attempts"] == [
        {"model": "first", "outcome": "model_refused", "ms": 0},
        {"model": "second", "outcome": "model_refused", "ms": 0},
    ]


class TestTheBreaker:
    def test_rests_after_five_failures_and_lets_one_try_afterwards(self, time: Timeline) -> None:
        first = ScriptedModel(time, *failing(6, ModelUnavailable), ["back"])
        second = ScriptedModel(time, *answering(30))
        service = completing(time, {FIRST: first, SECOND: second})

        assert {ask(service).model for _ in range(20)} == {"second"}
        assert len(first.asked) == 5
        assert not service.ready(FIRST)
        assert ask(service).routing.attempts[0] == Attempt("first", "resting")
        time.now += 10.0
        assert ask(service).model == "second"
        assert len(first.asked) == 6
        time.now += 10.0
        assert ask(service).text == "back"
        assert service.ready(FIRST)

    def test_where_there_is_nobody_else_one_call_tries_a_second_later(self, time: Timeline) -> None:
        alone = replace(FIRST, fallbacks=())
        model = ScriptedModel(time, *failing(6, ModelUnavailable), ["back"])
        service = completing(time, {alone: model})
        for _ in range(3):
            with pytest.raises(ModelUnavailable):
                ask(service)
        assert len(model.asked) == 6  # three, two until it rests, and one alone
        before = time.now
        assert ask(service).text == "back"
        assert time.now - before == 0.5  # and half a second had passed before the last one gave up
        assert service.ready(alone)

    @pytest.mark.parametrize("well", [True, False])
    def test_while_another_call_tries_it_waits_a_moment_for_what_comes_of_that(
        self, time: Timeline, *, well: bool
    ) -> None:
        alone = replace(FIRST, fallbacks=())
        breakers = Breakers(clock=time)
        breaker = breakers.of(alone)

        def sleep(seconds: float) -> None:
            time.sleep(seconds)
            if well:
                breaker.succeeded()

        service = completing(time, {alone: ScriptedModel(time, ["back"])}, breakers=breakers, sleep=sleep)
        for _ in range(5):
            breaker.failed()
        time.now += 1.0
        assert breaker.allows(early=True)
        if well:
            assert ask(service).text == "back"
            return
        with pytest.raises(ModelResting) as caught:
            ask(service)
        assert caught.value.retry_after == 8.0

    def test_does_not_count_what_was_refused(self, time: Timeline) -> None:
        model = ScriptedModel(time, *failing(9, ModelRefused), ["ok"])
        service = completing(time, {replace(FIRST, fallbacks=()): model})
        for _ in range(9):
            with pytest.raises(ModelRefused):
                ask(service)
        assert ask(service).text == "ok"


class Gate:
    """A model that answers once it is let; it notes whose calls came in which order."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.arrived = threading.Semaphore(0)
        self.let = threading.Semaphore(0)

    def with_key(self, _api_key: str) -> Gate:
        return self

    def close(self) -> None:
        """Nothing is open."""

    def complete(self, request: CompletionRequest, _timeout_s: float) -> Completion:
        self.came.append(request.assistant_id)
        self.arrived.release()
        assert self.let.acquire(timeout=10)
        return Completion("ok", request.model)

    def stream(self, request: CompletionRequest, timeout_s: float) -> object:
        yield self.complete(request, timeout_s)


class TestTheQueue:
    def test_serves_assistants_in_turn(self) -> None:
        gate, entry = Gate(), ModelEntry("first", Provider.OPENAI, max_concurrent=1)
        service = CompletePrompt(
            catalogue=Catalogue(fixed=(entry,), default_model="first"),
            servers=Servers(lambda _: gate),  # type: ignore[arg-type,return-value]  # as much of one as is asked
            timeout_s=20.0,
        )
        queue = service._ask._queues.of("first")
        with ThreadPoolExecutor(8) as pool:
            calls = []
            for n, who in enumerate(["a", "a", "a", "a", "b", "c"]):
                calls.append(pool.submit(ask, service, assistant_id=who))
                if n == 0:
                    assert gate.arrived.acquire(timeout=10)
                while sum(map(len, queue._waiting.values())) < n:
                    threading.Event().wait(0.001)
            for _ in calls:
                gate.let.release()
            completions = [one.result(10) for one in calls]
        assert gate.came == ["a", "a", "b", "c", "a", "a"]
        assert completions[-1].routing.queue_ms >= 0
        assert queue._taken == 0

    def test_is_left_when_the_time_is_up_and_that_is_no_failure_of_the_model(self, time: Timeline) -> None:
        entry = replace(FIRST, max_concurrent=1, fallbacks=())
        service = completing(time, {entry: ScriptedModel(time, ["half", "whole"], ["ok"])}, timeout_s=0.01)
        held = service.stream(CompletionRequest(MESSAGES, "first"))
        time.now = 0.0
        with pytest.raises(ModelQueueFull):
            service.complete(CompletionRequest(MESSAGES, "first"))
        held.close()
        assert ask(service).text == "ok"
        assert service._ask._queues.of("first")._taken == 0


class Watch:
    """An observer that writes down what it is told."""

    headers = NO_HEADERS

    def __init__(self, *, refuses: bool = False) -> None:
        self.told: list[str] = []
        self._refuses = refuses

    def begins(self, _request: CompletionRequest, chain: Sequence[ModelEntry]) -> Watch:
        if self._refuses:
            raise TooManyRequests
        self.told.append("begins " + " ".join(one.name for one in chain))
        return self

    def attempted(self, entry: ModelEntry, attempt: Attempt) -> None:
        self.told.append(f"{entry.name} {attempt.outcome}")

    def ended(self, completion: Completion | None, problem: BaseException | None) -> None:
        self.told.append(f"ended {completion.model if completion else type(problem).__name__}")


class TestObservers:
    @pytest.mark.parametrize("stream", [False, True])
    def test_are_told_all_of_a_call(self, time: Timeline, *, stream: bool) -> None:
        watch = Watch()
        models = {FIRST: ScriptedModel(time, [ModelBusy()]), SECOND: ScriptedModel(time, ["ok"])}
        ask(completing(time, models, observers=(watch,)), stream=stream)
        assert watch.told == ["begins first second", "first model_busy", "second answered", "ended second"]

    @pytest.mark.parametrize("stream", [False, True])
    def test_are_told_of_the_end_once_when_all_fail(self, time: Timeline, *, stream: bool) -> None:
        watch = Watch()
        models = {FIRST: ScriptedModel(time, [ModelRefused()]), SECOND: ScriptedModel(time, [ModelRefused()])}
        with pytest.raises(ModelRefused):
            ask(completing(time, models, observers=(watch,)), stream=stream)
        assert [one for one in watch.told if one.startswith("ended")] == ["ended ModelRefused"]

    def test_are_told_of_a_stream_that_is_left(self, time: Timeline) -> None:
        watch = Watch()
        service = completing(time, {FIRST: ScriptedModel(time, ["a", "b"])}, observers=(watch,))
        stream = service.stream(CompletionRequest(MESSAGES, "first"))
        stream.close()
        stream.close()
        assert watch.told == ["begins first", "ended NoneType"]

    def test_may_refuse_a_call_before_any_model_is_asked(self, time: Timeline) -> None:
        watch, model = Watch(), ScriptedModel(time, ["no"])
        service = completing(time, {FIRST: model}, observers=(watch, Watch(refuses=True)))
        with pytest.raises(TooManyRequests):
            ask(service)
        assert model.asked == []
        assert watch.told == ["begins first", "ended TooManyRequests"]


def test_while_the_first_server_answers_503_everybody_is_answered_by_the_second() -> None:
    requests = 200
    with OpenAIServer(Reply(status=503)) as down, OpenAIServer(Reply("Olá.")) as up:
        fixed = (replace(FIRST, base_url=down.base_url), replace(SECOND, base_url=up.base_url))
        servers = Servers(lambda entry: connect(entry, 16))
        service = CompletePrompt(
            catalogue=Catalogue(fixed=fixed, default_model="first"), servers=servers, timeout_s=30.0
        )
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: ask(service).model, range(requests)))
        servers.close()
        assert answers == ["second"] * requests
        assert down.served <= 1.1 * requests
        assert up.served == requests


@pytest.mark.parametrize("stream", [False, True])
def test_nobody_sees_that_a_server_closed_a_kept_connection_as_it_was_asked(
    time: Timeline, *, stream: bool
) -> None:
    body = b'{"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    whole = head % len(body) + body
    with Scripted([whole, None, whole]) as server:
        servers = Servers(lambda entry: connect(entry, calls=1))
        fixed = (ModelEntry("first", Provider.OPENAI, base_url=f"{server.url}/v1"),)
        catalogue = Catalogue(fixed=fixed, default_model="first", clock=time)
        service = CompletePrompt(catalogue=catalogue, servers=servers, timeout_s=5.0, sleep=time.sleep)
        assert ask(service, stream=stream).text == "ok"
        again = ask(service, stream=stream)
        servers.close()
    assert again.text == "ok"
    assert [one.outcome for one in again.routing.attempts] == [ModelUnavailable.code, "answered"]
    assert server.connections == 2
