"""Traces with OpenTelemetry: spans that cost next to nothing until a collector is named."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from kit.errors import SettingsError

Value = str | bool | int | float | tuple[str, ...]
_KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT, "internal": SpanKind.INTERNAL}


class Tracing:
    """Where spans are begun. Off, as it is made, every span is a shared empty one."""

    def __init__(self) -> None:
        self._tracer: trace.Tracer | None = None

    @property
    def is_on(self) -> bool:
        """Whether anybody reads the spans."""
        return self._tracer is not None

    def start(self, endpoint: str, version: str) -> Callable[[], None]:
        """Send spans to the collector at ``endpoint`` (OTLP over HTTP), in batches from a thread of its own.

        Returns what sends the rest and ends it. What OpenTelemetry reads from the environment besides
        (``OTEL_SERVICE_NAME``, ``OTEL_TRACES_SAMPLER``, ``OTEL_EXPORTER_OTLP_HEADERS``, …) counts.
        ``SettingsError`` for an ``endpoint`` that is no URL.
        """
        from kit.otlp import sending_to  # noqa: PLC0415  # heavy, for whoever wants traces

        if not endpoint.startswith(("http://", "https://")):
            raise SettingsError("OTEL_EXPORTER_OTLP_ENDPOINT: must begin with http:// or https://")
        provider = sending_to(f"{endpoint.rstrip('/')}/v1/traces", version)
        self._tracer = provider.get_tracer("orquestra")

        def stop() -> None:
            self._tracer = None
            provider.shutdown()

        return stop

    @contextlib.contextmanager
    def span(
        self, name: str, attributes: Mapping[str, Value] | None = None, kind: str = "internal"
    ) -> Iterator[Span]:
        """A part of what is under way; an exception that goes through it marks it as failed."""
        if self._tracer is None:
            yield trace.INVALID_SPAN
            return
        with self._tracer.start_as_current_span(
            name, kind=_KINDS[kind], attributes=attributes, record_exception=False
        ) as span:
            yield span

    def headers(self) -> dict[str, str]:
        """What tells another server which span of this thread it works for; nothing while there is none."""
        return _headers_of(trace.get_current_span()) if self.is_on else {}

    def begin(
        self,
        name: str,
        kind: str,
        attributes: Mapping[str, Value] | None = None,
        carrier: Mapping[str, str] | None = None,
    ) -> OpenSpan:
        """A span that somebody ends: a request (``server``, continued from the ``carrier``'s headers) or a call."""
        if self._tracer is None:
            return OpenSpan(trace.INVALID_SPAN)
        parent = propagate.extract(carrier) if carrier is not None else None
        return OpenSpan(
            self._tracer.start_span(name, context=parent, kind=_KINDS[kind], attributes=attributes)
        )


class OpenSpan:
    """A span until its end."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._token: object | None = None

    def enter(self) -> None:
        """Have what this thread begins from now on stand below it."""
        self._token = context.attach(trace.set_span_in_context(self._span))

    def leave(self) -> None:
        """The opposite, in the same thread."""
        if self._token is not None:
            context.detach(self._token)  # type: ignore[arg-type]  # what attach gave
            self._token = None

    def headers(self) -> dict[str, str]:
        """What tells another server that it works for this span."""
        return _headers_of(self._span)

    def note(self, name: str, attributes: Mapping[str, Value]) -> None:
        """Something that happened meanwhile."""
        self._span.add_event(name, attributes)

    def end(self, attributes: Mapping[str, Value] | None = None, *, error: str = "") -> None:
        """It is over; ``error`` is a machine code of what went wrong."""
        if attributes:
            self._span.set_attributes(dict(attributes))
        if error:
            self._span.set_attribute("error.type", error)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _headers_of(span: Span) -> dict[str, str]:
    """``traceparent`` and ``tracestate``; nothing else of a request goes along (no baggage)."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier, trace.set_span_in_context(span, context.Context()))
    return carrier


tracing = Tracing()
