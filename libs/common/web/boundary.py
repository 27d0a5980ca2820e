"""The outermost layer of a service: request id, trace, metrics, and an answer whatever happens.

One plain ASGI layer does all of it, because each layer costs microseconds per request.
"""

import asyncio
import itertools
import re
import secrets
from time import perf_counter
from typing import Any

import structlog
from litestar.exceptions import LitestarException
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from libs.common import context, problems
from libs.common.web.exchange import CLOSED, Exchange
from libs.common.web.metrics import observe

log = structlog.get_logger()

_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{7,127}")
_PROPAGATOR = TraceContextTextMapPropagator()
_WANTED = frozenset(
    (b"x-request-id", b"traceparent", b"tracestate", b"content-length", b"transfer-encoding")
)


class Boundary:
    """Wraps an app; `idle` is set while no request is being answered, `asked` counts requests. `refusing` is `refuse`
    with the app's layers around it, so that what fails before or around routing is answered with the same headers.
    Once `stopping` is set, each answer closes its connection."""

    def __init__(self, app: ASGIApp, refusing: ASGIApp, stopping: asyncio.Event) -> None:
        self._app = app
        self._refusing = refusing
        self._stopping = stopping
        self._tracer = (
            trace.get_tracer("stackwise.web")
            if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
            else None
        )
        # Unique among processes, and a system call cheaper than a random id for each request.
        self._ids = map(f"{secrets.token_hex(8)}{{:08x}}".format, itertools.count())
        self._tasks: set[asyncio.Task[Any] | None] = set()
        self.asked = 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        headers = {name: value for name, value in scope["headers"] if name in _WANTED}
        name = _given_id(headers) or next(self._ids)
        exchange = Exchange(
            receive, send, name.encode(), has_body=_has_body(headers), stopping=self._stopping
        )
        self.asked += 1
        token = context.request_id.set(name)
        task = asyncio.current_task()
        self._tasks.add(task)
        self.idle.clear()
        try:
            if self._tracer is None and b"traceparent" not in headers:
                await self._answer(scope, exchange)
            else:
                await self._traced(scope, exchange, headers)
        finally:
            self._tasks.discard(task)
            if not self._tasks:
                self.idle.set()
            context.request_id.reset(token)
            template = scope.get("path_template", "unmatched")
            observe(scope["method"], template, exchange.status, perf_counter() - began)

    async def _answer(self, scope: HTTPScope, exchange: Exchange) -> None:
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            exchange.status = CLOSED
            raise
        except Exception as raised:  # noqa: BLE001 - the last resort: it answers, and logs the unexpected
            await self._failed(scope, exchange, _origin(raised))
        await exchange.linger()

    async def _failed(self, scope: HTTPScope, exchange: Exchange, raised: Exception) -> None:
        """A problem document where that is still possible; else the answer is cut off, so that nobody
        takes it for whole."""
        if not exchange.started:
            scope["problem"] = problems.of(raised)  # type: ignore[typeddict-unknown-key]
            await self._refuse(scope, exchange)
            return
        exchange.status = CLOSED if exchange.gone else 500
        if not exchange.gone:
            log.error("failed after the answer began", exc_info=raised)
        raise raised

    async def _refuse(self, scope: HTTPScope, exchange: Exchange) -> None:
        try:
            await self._refusing(scope, exchange.receive, exchange.send)
        except Exception:
            if exchange.started:
                raise
            # A layer that refused the request refuses this too: then without the layers.
            await refuse(scope, exchange.receive, exchange.send)

    def cut_off(self) -> int:
        """Cancels the requests being answered; how many there were."""
        for task in self._tasks:
            if task is not None:
                task.cancel()
        return len(self._tasks)

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


def _origin(raised: Exception) -> Exception:
    """Litestar wraps what is raised once it has begun to answer."""
    cause = raised.__cause__
    wrapped = type(raised) is LitestarException and isinstance(cause, Exception)
    return cause if wrapped and isinstance(cause, Exception) else raised


def _given_id(headers: dict[bytes, bytes]) -> str | None:
    """The caller's own id where it is sane, so that one id follows a request through services."""
    given = headers.get(b"x-request-id")
    return given.decode() if given is not None and _SANE_REQUEST_ID.fullmatch(given) else None


def _has_body(headers: dict[bytes, bytes]) -> bool:
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


async def refuse(scope: Scope, _receive: Receive, send: Send) -> None:
    """An app that answers `scope["problem"]`."""
    problem: problems.Problem = scope["problem"]  # type: ignore[typeddict-item]
    body = problem.encode()
    headers = [
        (b"content-type", problems.MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.encode(), value.encode()) for name, value in problem.headers.items()),
    ]
    shown = b"" if scope["method"] == "HEAD" else body  # type: ignore[typeddict-item]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": shown, "more_body": False})
