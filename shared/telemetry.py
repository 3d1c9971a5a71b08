"""Logs and traces. A log line is a constant sentence with data in fields; never a name, a contact or a note."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import structlog
from opentelemetry import context, propagate, trace

tracer = trace.get_tracer("weefsel")


def configure(service: str, *, log_format: str, log_level: str) -> None:
    """Set up logs (JSON, or readable in a terminal), and traces when `OTEL_EXPORTER_OTLP_ENDPOINT` is set."""
    level = logging.getLevelName(log_level.upper())
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.getLogger("faststream").setLevel(logging.WARNING)
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _export_traces(service)


def logger(name: str) -> Any:
    """A logger for one module."""
    return structlog.get_logger(module=name)


def traceparent() -> str:
    """The W3C `traceparent` of the present span; empty when nothing is traced."""
    if not trace.get_current_span().get_span_context().is_valid:
        return ""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent", "")


def handling(type_: str, parent: str) -> AbstractContextManager[object]:
    """A span around the handling of a message, in the trace that its `traceparent` names; none when nobody traces."""
    if not parent and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return nullcontext()
    whole = propagate.extract({"traceparent": parent}) if parent else context.get_current()
    return tracer.start_as_current_span(f"handle {type_}", whole, kind=trace.SpanKind.CONSUMER)


def _add_trace(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace_id"] = f"{span.trace_id:032x}"
    return event


def _export_traces(service: str) -> None:
    # Imported here: the exporter costs 20 MB that a service without a collector need not carry.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service, "service.namespace": "weefsel"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
