"""Logs, traces and metrics of a process, set up once from its composition root.

Everyone logs through `structlog.get_logger()`; a line is one JSON object on stderr.
"""

import logging
import sys
from typing import Any

import msgspec
import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from prometheus_client import start_http_server
from structlog.typing import EventDict, Processor, WrappedLogger

from libs.common import context
from libs.common.settings import ProcessSettings


def configure(service: str, process: str, settings: ProcessSettings) -> None:
    """Call first: what is built later takes the tracer that is set here."""
    configure_logs(service, process, settings)
    if settings.otlp_endpoint is not None:
        trace.set_tracer_provider(
            _tracer_provider(service, process, settings, settings.otlp_endpoint)
        )
    if settings.metrics_port is not None:
        start_http_server(settings.metrics_port, settings.metrics_host)


def configure_logs(service: str, process: str, settings: ProcessSettings) -> None:
    """structlog and the standard library's loggers, both as JSON lines on stderr."""
    level = logging.getLevelName(settings.log_level.upper())
    structlog.configure(
        processors=[*_shared(service, process), _render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_shared(service, process)],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    logging.basicConfig(level=max(level, logging.INFO), handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "aiokafka", "alembic"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))


def _shared(service: str, process: str) -> list[Processor]:
    def name_origin(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"], event["process"] = service, process
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_origin,
        add_request,
        structlog.processors.format_exc_info,
    ]


def add_request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The request id and the trace that the line belongs to, where there are any."""
    if (request_id := context.request_id.get()) is not None:
        event.setdefault("request_id", request_id)
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace_id"] = trace.format_trace_id(span.trace_id)
        event["span_id"] = trace.format_span_id(span.span_id)
    return event


def _render(_: WrappedLogger, __: str, event: EventDict) -> str:
    return msgspec.json.encode(event, enc_hook=_as_text).decode()


def _as_text(value: Any) -> str:
    return str(value)


def _tracer_provider(
    service: str, process: str, settings: ProcessSettings, endpoint: str
) -> TracerProvider:
    provider = TracerProvider(
        resource=Resource.create(
            {
                "service.namespace": "stackwise",
                "service.name": f"{service}-{process}",
                "deployment.environment.name": settings.environment,
            }
        ),
        sampler=ParentBased(TraceIdRatioBased(settings.trace_ratio)),
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
    return provider
