"""Counters for Prometheus. No label has a contact, a text or a name that a caller made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from models.jobs import JobCount
from models.limits import MICRO, LimitName
from models.usage import ModelCall

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
CONTENT_TYPE = CONTENT_TYPE_LATEST
OTHER = "other"
WHOSE = ("", "user.", "token.")  # limits: an assistant's, its end user's, a personal token's
METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"})


class Metrics:
    """What this process has done since it started, and how things are at the moment that somebody asks.

    ``known`` says whether a model is in the catalogue: what has another name counts as ``other``, for callers may
    name whatever they like. ``ready`` says of each in it whether it is asked, and does not rest after failures.
    ``jobs`` counts what is open in the background, and ``under_way`` the turns that this process has admitted.
    ``count_calls`` hands in the calls that were recorded and not yet counted.
    """

    def __init__(
        self,
        *,
        known: Callable[[str], bool],
        ready: Callable[[], Mapping[str, bool]],
        jobs: Callable[[], Sequence[JobCount]] = tuple,
        under_way: Callable[[], int] = int,
        count_calls: Callable[[], object] = bool,
    ) -> None:
        self._known = known
        self._count_calls = count_calls
        self._registry = registry = CollectorRegistry()

        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"orquestra_{name}", says, labels, registry=registry)

        def seconds(name: str, says: str, *labels: str) -> Histogram:
            return Histogram(f"orquestra_{name}_seconds", says, labels, buckets=SECONDS, registry=registry)

        self._of_requests: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._requests = counter("requests", "HTTP requests.", "method", "route", "status")
        self._request_seconds = seconds("request", "Time to an answer.", "route")
        self._turns = counter("turns", "Turns of chats by what came of them.", "outcome")
        self._calls = counter(
            "model_calls", "Model calls by what came of them.", "model", "outcome", "purpose"
        )
        self._attempts = counter(
            "model_attempts",
            "Models tried in these calls, fall-backs too, by what came of each.",
            "model",
            "outcome",
        )
        self._tokens = counter("tokens", "Tokens read and written.", "model", "direction")
        self._money = counter("money", "Money, in the unit of the catalogue's prices.", "model")
        self._model_seconds = seconds("model", "Time of the model that answered.", "model")
        self._queue_seconds = seconds("queue", "Time that calls waited for a model.", "model")
        self._limits = counter("limits_reached", "Requests that a limit stood against.", "limit")
        # From the start: Prometheus sees no increase in what begins with 1.
        for limit in ("requests_per_caller", *(f"{whose}{name}" for whose in WHOSE for name in LimitName)):
            self._limits.labels(limit)
        self._cache = counter(
            "answer_cache",
            "Looks into the answer cache: the same question, one near it, or a miss.",
            "outcome",
        )
        registry.register(_AtTheMoment(ready, jobs, under_way))

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """An HTTP request was answered; ``route`` is its rule, never its path."""
        kind = (method if method in METHODS else OTHER, route, status)
        counters = self._of_requests.get(kind)
        if counters is None:  # to find them by their labels takes longer than to count
            counters = self._requests.labels(*map(str, kind)), self._request_seconds.labels(route)
            self._of_requests[kind] = counters
        counters[0].inc()
        counters[1].observe(seconds)

    def turned(self, outcome: str) -> None:
        """A turn of a chat is over."""
        self._turns.labels(outcome).inc()

    def called(self, call: ModelCall) -> None:
        """A model was asked."""
        model = self._named(call.model)
        for attempt in call.attempts:
            self._attempts.labels(self._named(attempt.model), attempt.outcome).inc()
        self._calls.labels(model, call.outcome, call.purpose).inc()
        self._tokens.labels(model, "in").inc(call.tokens.input)
        self._tokens.labels(model, "out").inc(call.tokens.output)
        self._money.labels(model).inc(call.money / MICRO)
        self._queue_seconds.labels(model).observe(call.queue_ms / 1000)
        if call.outcome == "answered":
            self._model_seconds.labels(model).observe(call.model_ms / 1000)

    def limited(self, limit: str) -> None:
        """A limit was reached."""
        self._limits.labels(limit).inc()

    def cache_looked(self, outcome: str) -> None:
        """An answer was looked for in the cache."""
        self._cache.labels(outcome).inc()

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        self._count_calls()
        return generate_latest(self._registry)

    def _named(self, model: str) -> str:
        return model if self._known(model) else OTHER


class _AtTheMoment(Collector):
    """What is looked up when it is asked for: several may ask at once."""

    def __init__(
        self,
        ready: Callable[[], Mapping[str, bool]],
        jobs: Callable[[], Sequence[JobCount]],
        under_way: Callable[[], int],
    ) -> None:
        self._ready = ready
        self._jobs = jobs
        self._under_way = under_way

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """A gauge for each."""
        ready = GaugeMetricFamily(
            "orquestra_model_ready",
            "1 for a model that is asked, 0 for one that rests after failures.",
            labels=("model",),
        )
        for model, is_ready in self._ready().items():
            ready.add_metric((model,), int(is_ready))
        yield ready
        yield GaugeMetricFamily(
            "orquestra_turns_under_way", "Turns and other answers under way.", value=self._under_way()
        )
        jobs = GaugeMetricFamily(
            "orquestra_jobs",
            "Background jobs that are not over, at most 1000 a kind.",
            labels=("kind", "state"),
        )
        oldest = GaugeMetricFamily(
            "orquestra_job_oldest_seconds",
            "How long the oldest of them has been in its state.",
            labels=("kind", "state"),
        )
        for count in self._jobs():
            jobs.add_metric((count.kind, count.state), count.jobs)
            oldest.add_metric((count.kind, count.state), count.oldest_s)
        yield jobs
        yield oldest
