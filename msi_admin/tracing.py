"""
Traces for OpenTelemetry: requests, tasks, calls to providers, the database and Redis, by the instrumentations of its
people. Imported only where OTEL_EXPORTER_OTLP_ENDPOINT is set.

What libraries write into a span may hold whatever passes through them: addresses with tokens, statements with names,
messages with answers. Of that nothing is sent but what is known to be a word of ours, a number or a kind.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, SpanKind, Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from msi_admin.probes import PROBES

# In the old and the new words of OpenTelemetry's semantic conventions.
KEPT = frozenset(
    {
        "http.method",
        "http.request.method",
        "http.route",
        "http.status_code",
        "http.response.status_code",
        "http.scheme",
        "url.scheme",
        "db.system",
        "db.system.name",
        "messaging.destination",
        "messaging.destination.name",
        "celery.action",
        "celery.state",
        "celery.task_name",
        "error.type",
        "exception.type",
    }
)
# Whose server it was, in the old and the new words; the name of an org or an instance before it is the customer's.
ADDRESSES = ("http.url", "url.full")
SITES = (
    "mktorest.com",
    "salesforce.com",
    "salesforce.mil",
    "crmforce.mil",
    "sfcrmproducts.cn",
    "force.com",
    "cloudforce.com",
    "slack.com",
)


def start() -> None:
    """Make traces in this process and those that it forks, and send them to the collector."""
    # OpenTelemetry reads these itself; the address may have come from a file.
    os.environ.setdefault("OTEL_SERVICE_NAME", "msi-admin")
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = settings.TRACES_ENDPOINT
    resource = Resource.create({"service.version": settings.VERSION})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(SparingExporter(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    # Not also baggage, by which anybody could put words of theirs into our calls.
    propagate.set_global_textmap(TraceContextTextMapPropagator())
    # It asks for the host, which probes may name as they like.
    behind_probes = settings.MIDDLEWARE.index("msi_admin.middleware.ProbesMiddleware") + 1
    DjangoInstrumentor().instrument(excluded_urls=",".join(PROBES), middleware_position=behind_probes)
    for instrumentor in (CeleryInstrumentor, PsycopgInstrumentor, RequestsInstrumentor, RedisInstrumentor):
        instrumentor().instrument()


class SparingExporter(SpanExporter):
    """Hands on what may leave of each span."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([spared(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def spared(span: ReadableSpan) -> ReadableSpan:
    """The span with what is known to be harmless."""
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_kept(span.attributes) | (_site(span.attributes) if span.kind == SpanKind.CLIENT else {}),
        events=[Event(event.name, _kept(event.attributes), event.timestamp) for event in span.events],
        links=[Link(link.context) for link in span.links],
        kind=span.kind,
        # Its description is the text of an exception.
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _kept(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in KEPT}


def _site(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    address = next((str(value) for name in ADDRESSES if (value := (attributes or {}).get(name))), "")
    return {"server.address": site_of(address)} if address else {}


def site_of(address: str) -> str:
    """The provider whom an address belongs to; "other" for servers that customers have chosen."""
    host = urlsplit(address).hostname or ""
    return next((site for site in SITES if f".{host}".endswith(f".{site}")), "other")
