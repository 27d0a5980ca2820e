"""The outermost layer of a service: request id, trace, metrics, and an answer whatever happens.

One plain ASGI layer does all of it, because each layer costs microseconds per request.
"""

import asyncio
import re
import secrets
from time import perf_counter
from typing import Any

import structlog
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Send
from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from libs.common import context, problems
from libs.common.web.exchange import Exchange
from libs.common.web.metrics import observe

log = structlog.get_logger()

_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{7,127}")
_PROPAGATOR = TraceContextTextMapPropagator()
_WANTED = frozenset(
    (b"x-request-id", b"traceparent", b"tracestate", b"content-length", b"transfer-encoding")
)


class Boundary:
    """Wraps an app; `in_flight` is the number of requests being answered, `idle` set when it is 0."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tracer = (
            trace.get_tracer("stackwise.web")
            if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
            else None
        )
        self.in_flight = 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        headers = {name: value for name, value in scope["headers"] if name in _WANTED}
        name = _request_id(headers.get(b"x-request-id"))
        exchange = Exchange(receive, send, name, has_body=_has_body(headers))
        token = context.request_id.set(name.decode())
        self.in_flight += 1
        self.idle.clear()
        try:
            if self._tracer is None and b"traceparent" not in headers:
                await self._answer(scope, exchange)
            else:
                await self._traced(scope, exchange, headers)
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self.idle.set()
            context.request_id.reset(token)
            template = scope.get("path_template", "unmatched")
            observe(scope["method"], template, exchange.status, perf_counter() - began)

    async def _answer(self, scope: HTTPScope, exchange: Exchange) -> None:
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            exchange.abandon()
            raise
        except Exception as raised:
            if exchange.started:
                log.error("failed after the answer began", exc_info=raised)
                raise
            await _send_problem(exchange, problems.of(raised))
        await exchange.linger()

    async def _traced(
        self, scope: HTTPScope, exchange: Exchange, headers: dict[bytes, bytes]
    ) -> None:
        carrier = {name.decode(): value.decode("latin-1") for name, value in headers.items()}
        parent = _PROPAGATOR.extract(carrier, otel.Context())
        if self._tracer is None:
            token = otel.attach(parent)
            try:
                await self._answer(scope, exchange)
            finally:
                otel.detach(token)
            return
        method = scope["method"]
        with self._tracer.start_as_current_span(
            method, parent, trace.SpanKind.SERVER, attributes={"http.request.method": method}
        ) as span:
            await self._answer(scope, exchange)
            _describe(span, scope, exchange.status)


def _describe(span: trace.Span, scope: HTTPScope, status: int) -> None:
    template = scope.get("path_template")
    if template is not None:
        span.update_name(f"{scope['method']} {template}")
        span.set_attribute("http.route", template)
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(trace.StatusCode.ERROR)


def _request_id(given: bytes | None) -> bytes:
    """The caller's own id where it is sane, so that one id follows a request through services."""
    if given is not None and _SANE_REQUEST_ID.fullmatch(given):
        return given
    return secrets.token_hex(12).encode()


def _has_body(headers: dict[bytes, bytes]) -> bool:
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


async def _send_problem(exchange: Exchange, problem: problems.Problem) -> None:
    body = problem.encode()
    headers = [
        (b"content-type", problems.MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.encode(), value.encode()) for name, value in problem.headers.items()),
    ]
    start: dict[str, Any] = {
        "type": "http.response.start",
        "status": problem.status,
        "headers": headers,
    }
    end: Message = {"type": "http.response.body", "body": body, "more_body": False}
    await exchange.send(start)  # type: ignore[arg-type]
    await exchange.send(end)
