"""Traces by OpenTelemetry, for who installs `bookbridge[telemetry]` and sets OTEL_EXPORTER_OTLP_ENDPOINT. Else nothing.

Spans: request, run, phase, package_call, sweep. No trace goes along to a package: it is nobody's business there.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from bookbridge.kit import watching

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

WISHES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_log = structlog.get_logger("bookbridge.telemetry")


def start(process: str) -> Callable[[], None]:
    """Send this process's spans from here on; what is returned sends the last ones and ends it."""
    if not any(os.environ.get(name) for name in WISHES) or os.environ.get("OTEL_SDK_DISABLED", "") == "true":
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        _log.warning("telemetry_not_installed", remedy="pip install bookbridge[telemetry]")
        return lambda: None
    resource = Resource.create({"service.name": "bookbridge", "service.namespace": "bookbridge", "process": process})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    remove = watching.add(_spans(provider.get_tracer("bookbridge")))

    def stop() -> None:
        remove()
        provider.shutdown()

    return stop


def _spans(tracer: "Tracer") -> watching.Watcher:
    from opentelemetry.trace import Status, StatusCode

    @contextmanager
    def span(name: str, facts: watching.Facts) -> Iterator[None]:
        # An exception's text may hold what a package said of a document, so only its type is told.
        with tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as open_span:
            trace = format(open_span.get_span_context().trace_id, "032x")
            try:
                with structlog.contextvars.bound_contextvars(trace=trace):
                    yield
            except BaseException as error:
                open_span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise
            finally:
                for fact, value in facts.items():
                    if isinstance(value, str | int | float | bool):
                        open_span.set_attribute(f"bookbridge.{fact}", value)

    return span
