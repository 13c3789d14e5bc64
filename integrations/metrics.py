"""Counters for Prometheus. No label has a contact, a text or a name that a caller made up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from models.limits import MICRO
from models.usage import ModelCall

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
CONTENT_TYPE = CONTENT_TYPE_LATEST
OTHER = "other"
METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"})


class Metrics:
    """What this process has done since it started, and how its models are.

    ``known`` says whether a model is in the catalogue: what has another name counts as ``other``, for callers may
    name whatever they like. ``ready`` says of each in it whether it is asked, and does not rest after failures.
    """

    def __init__(self, known: Callable[[str], bool], ready: Callable[[], Mapping[str, bool]]) -> None:
        self._known = known
        self._all_ready = ready
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "orquestra_requests", "HTTP requests.", ("method", "route", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "orquestra_request_seconds", "Time to an answer.", ("route",), buckets=SECONDS, registry=registry
        )
        self._calls = Counter(
            "orquestra_model_calls",
            "Model calls by what came of them.",
            ("model", "outcome", "purpose"),
            registry=registry,
        )
        self._tokens = Counter(
            "orquestra_tokens", "Tokens read and written.", ("model", "direction"), registry=registry
        )
        self._money = Counter(
            "orquestra_money", "Money, in the unit of the catalogue's prices.", ("model",), registry=registry
        )
        self._model_seconds = Histogram(
            "orquestra_model_seconds",
            "Time of the model that answered.",
            ("model",),
            buckets=SECONDS,
            registry=registry,
        )
        self._queue_seconds = Histogram(
            "orquestra_queue_seconds",
            "Time that calls waited for a model.",
            ("model",),
            buckets=SECONDS,
            registry=registry,
        )
        self._ready = Gauge(
            "orquestra_model_ready",
            "1 for a model that is asked, 0 for one that rests after failures.",
            ("model",),
            registry=registry,
        )
        self._limits = Counter(
            "orquestra_limits_reached", "Requests that a limit stood against.", ("limit",), registry=registry
        )

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """An HTTP request was answered; ``route`` is its rule, never its path."""
        self._requests.labels(method if method in METHODS else OTHER, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def called(self, call: ModelCall) -> None:
        """A model was asked."""
        model = call.model if self._known(call.model) else OTHER
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

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        self._ready.clear()
        for model, is_ready in self._all_ready().items():
            self._ready.labels(model).set(int(is_ready))
        return generate_latest(self._registry)
