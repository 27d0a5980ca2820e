"""A service's HTTP application, built in its composition root."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Litestar, Response, get
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.openapi import OpenAPIConfig
from litestar.types import (
    ASGIApp,
    ControllerRouterHandler,
    LifeSpanReceive,
    LifeSpanScope,
    LifeSpanSend,
    Middleware,
    Receive,
    Scope,
    Send,
)

from libs.common import problems
from libs.common.health import Health
from libs.common.web import routing
from libs.common.web.body import BODY_LIMIT
from libs.common.web.boundary import Boundary, refuse
from libs.common.web.responses import json_response

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
Wrapper = Callable[[ASGIApp], ASGIApp]


class App(Litestar):
    """Litestar behind the boundary. `stopping` is set when the process is asked to stop: streams
    end then, and `/health/ready` says so."""

    stopping: asyncio.Event
    boundary: Boundary

    async def __call__(
        self,
        scope: Scope | LifeSpanScope,
        receive: Receive | LifeSpanReceive,
        send: Send | LifeSpanSend,
    ) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self.boundary(scope, receive, send)  # type: ignore[arg-type]
        else:
            await super().__call__(scope, receive, send)

    async def route_raw(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Litestar itself, on the path as it was sent; HEAD is GET without the body."""
        scope["path"] = routing.raw_path(scope)
        if scope["method"] == "HEAD":  # type: ignore[typeddict-item]
            scope["method"] = "GET"  # type: ignore[typeddict-unknown-key]
            receive, send = routing.without_body(receive, send)
        await super().__call__(scope, receive, send)


def create_app(
    *,
    routes: Sequence[ControllerRouterHandler],
    health: Health,
    lifespan: Sequence[Lifespan] = (),
    middleware: Sequence[Middleware] = (),
    wrappers: Sequence[Wrapper] = (),
    dependencies: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
    body_limit: int = BODY_LIMIT,
    openapi: OpenAPIConfig | None = None,
) -> App:
    """The app with `/health/live` and `/health/ready`, problem documents, raw path routing.

    `middleware` is Litestar's, run per route with `scope["route_handler"]` known; `wrappers` are
    plain ASGI layers around routing (the first is the outermost), where Refusals may be raised too;
    they are around the problem documents that are answered without routing as well.
    `state` becomes `request.app.state`; `body_limit` (bytes) is that of `data` parameters.
    """
    app = App(
        route_handlers=[*routes, *_health_routes(health)],
        lifespan=list(lifespan),
        middleware=list(middleware),
        dependencies=dict(dependencies or {}),
        state=State(dict(state or {})),
        exception_handlers={Exception: problems.respond},
        request_max_body_size=body_limit,
        openapi_config=openapi,
        logging_config=None,
        debug=False,
    )
    routing.install(app)
    app.stopping = asyncio.Event()
    app.boundary = Boundary(
        _wrapped(app.route_raw, wrappers), _wrapped(refuse, wrappers), app.stopping
    )
    health.add("process", lambda: "stopping" if app.stopping.is_set() else None)
    return app


def _wrapped(app: ASGIApp, wrappers: Sequence[Wrapper]) -> ASGIApp:
    for wrap in reversed(wrappers):
        app = wrap(app)
    return app


def _health_routes(health: Health) -> list[ControllerRouterHandler]:
    @get("/health/live", include_in_schema=False)
    async def live() -> Response[bytes]:
        if reasons := health.failures():
            return json_response({"status": "stuck", "problems": reasons}, status=503)
        return json_response({"status": "live"})

    @get("/health/ready", include_in_schema=False)
    async def ready() -> Response[bytes]:
        reasons = health.problems()
        answer: dict[str, Any] = {"status": "unready" if reasons else "ready", "problems": reasons}
        if warnings := health.warnings():
            answer["warnings"] = warnings
        return json_response(answer, status=503 if reasons else 200)

    return [live, ready]
