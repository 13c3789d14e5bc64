"""OpenTelemetry's SDK and exporter, which weigh what the rest of tracing does not."""

from __future__ import annotations

import os

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

SENT_WITHIN_S = 5


def sending_to(url: str, version: str) -> TracerProvider:
    """What makes spans and sends them to ``url`` in batches, under the name in ``OTEL_SERVICE_NAME``."""
    name = os.environ.get("OTEL_SERVICE_NAME") or "orquestra"
    resource = Resource.create({"service.name": name, "service.version": version})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=SENT_WITHIN_S)))
    return provider
