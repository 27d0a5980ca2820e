"""Server spans, when there is somewhere to send them."""

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.common.health import Health
from libs.common.web import create_app
from tests.unit.common.sample_routes import ROUTES

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return exporter


@pytest.fixture
def traced(spans: InMemorySpanExporter) -> httpx.AsyncClient:
    app = create_app(routes=ROUTES, health=Health())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://app")


async def test_a_request_is_a_span_of_its_callers_trace(
    traced: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    """The span is named by the route's template and hangs below the caller's."""
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    await traced.get("/v1/learners/some%2Fone/recommendations", headers=headers)
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /v1/learners/{learner_id}/recommendations"
    assert span.kind is trace.SpanKind.SERVER
    assert span.context is not None
    assert trace.format_trace_id(span.context.trace_id) == TRACE
    assert span.parent is not None
    assert trace.format_span_id(span.parent.span_id) == PARENT
    assert span.attributes is not None
    assert span.attributes["http.response.status_code"] == 200
    assert "some" not in str(dict(span.attributes))


async def test_a_failure_marks_the_span(
    traced: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    """5xx is an error of ours, 4xx is not; without a caller's trace a new one begins."""
    await traced.get("/v1/raises/unexpected")
    await traced.get("/nowhere")
    failed, unmatched = spans.get_finished_spans()
    assert failed.status.status_code is trace.StatusCode.ERROR
    assert unmatched.status.status_code is trace.StatusCode.UNSET
    assert unmatched.name == "GET"
    assert failed.parent is None
