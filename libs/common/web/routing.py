"""Ids of any kind in paths: routed on the raw path, each parameter unquoted exactly once.

Litestar routes on the decoded path, where `%2F` splits an id and `//` collapses. Here its router
gets the path as it was sent, and what it finds is decoded afterwards. The same place knows the
handler, so unknown query parameters are refused here too.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from litestar import Litestar
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from libs.common.errors import InvalidRequest
from libs.common.web import query

LONGEST_ID = 500

Resolved = tuple[ASGIApp, Any, str, dict[str, Any], str]


class Query(NamedTuple):
    """The query parameters of one handler, and which of them are lists."""

    names: frozenset[str]
    lists: frozenset[str]


def install(app: Litestar) -> None:
    """Makes the router of a finished app resolve raw paths."""
    queries = _declared_queries(app)
    resolve: Callable[..., Resolved] = app.asgi_router._handle_routing

    @lru_cache(1024)
    def handle_routing(path: str, method: Any) -> Resolved:
        handled_by, handler, matched, parameters, template = resolve(path=path, method=method)
        decoded = {name: _unquoted(name, value) for name, value in parameters.items()}
        known = queries.get((template, str(method)))
        guarded = handled_by if known is None else _checking(handled_by, known)
        return guarded, handler, matched, decoded, template

    app.asgi_router.handle_routing = handle_routing


def raw_path(scope: Scope) -> str:
    """The path as it was sent. Raises NotFoundException for an empty segment: no id is empty."""
    raw: bytes = scope["raw_path"]
    path = _utf8(raw.partition(b"?")[0])
    if "//" in path or (path.endswith("/") and path != "/"):
        raise NotFoundException
    return path


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as bad:
        raise InvalidRequest("The path is not UTF-8.") from bad


def _unquoted(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError as bad:
        raise InvalidRequest(f"{name} in the path is not UTF-8.") from bad
    if "\0" in text:
        raise InvalidRequest(f"{name} in the path holds a NUL character.")
    if len(text) > LONGEST_ID:
        raise InvalidRequest(f"{name} in the path is longer than {LONGEST_ID} characters.")
    return text


def _checking(handled_by: ASGIApp, known: Query) -> ASGIApp:
    async def check_query(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["query_string"]:
            query.parse(scope["query_string"], known.names, known.lists)
        await handled_by(scope, receive, send)

    return check_query


def _declared_queries(app: Litestar) -> dict[tuple[str, str], Query]:
    """By path template and method. A handler that reads the query itself names the parameters in
    `opt={"query": [...]}`."""
    return {
        (route.path_format, method): _query(handler, model.expected_query_params)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, model) in route.route_handler_map.items()
    }


def _query(handler: HTTPRouteHandler, declared: set[Any]) -> Query:
    names = {parameter.field_alias for parameter in declared}
    lists = {parameter.field_alias for parameter in declared if parameter.is_sequence}
    return Query(frozenset(names | set(handler.opt.get("query", ()))), frozenset(lists))
