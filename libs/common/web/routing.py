"""Ids of any kind in paths: routed on the raw path, each parameter unquoted exactly once.

Litestar routes on the decoded path, where `%2F` splits an id and `//` collapses. Here its router
gets the path as it was sent, and what it finds is decoded afterwards. The same place knows the
handler, so unknown query parameters are refused here too.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from litestar import Litestar
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.errors import InvalidRequest
from libs.common.web import query

LONGEST_ID = 500
_MALFORMED_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

Resolved = tuple[ASGIApp, Any, str, dict[str, Any], str]


class Query(NamedTuple):
    """The query parameters of one handler, and which of them are lists."""

    names: frozenset[str]
    lists: frozenset[str]


def install(app: Litestar) -> None:
    """Makes the router of a finished app resolve raw paths."""
    queries = _declared_queries(app)
    allowed = {r.path_format: _allow(r.route_handler_map) for r in _http_routes(app)}
    resolve: Callable[..., Resolved] = app.asgi_router._handle_routing

    @lru_cache(1024)
    def handle_routing(path: str, method: Any) -> Resolved:
        try:
            handled_by, handler, matched, parameters, template = resolve(path=path, method=method)
        except MethodNotAllowedException as refused:
            names = (refused.headers or {})["allow"].split(", ")
            raise MethodNotAllowedException(headers={"allow": _allow(names)}) from refused
        decoded = {name: _unquoted(name, value) for name, value in parameters.items()}
        known = queries.get((template, str(method)))
        guarded = handled_by if known is None else _checking(handled_by, known)
        if method == "OPTIONS":
            guarded = _telling(allowed[template])
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
    if _MALFORMED_ESCAPE.search(value):
        raise InvalidRequest(f"{name} in the path has a % that is no escape; write %25.")
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError as bad:
        raise InvalidRequest(f"{name} in the path is not UTF-8.") from bad
    if "\0" in text:
        raise InvalidRequest(f"{name} in the path holds a NUL character.")
    if len(text) > LONGEST_ID:
        raise InvalidRequest(f"{name} in the path is longer than {LONGEST_ID} characters.")
    return text


def _allow(methods: Iterable[str]) -> str:
    """The `Allow` of a path; whatever takes GET takes HEAD."""
    names = set(methods)
    return ", ".join(sorted(names | {"HEAD"} if "GET" in names else names))


def _telling(allow: str) -> ASGIApp:
    """Litestar's own answer to OPTIONS knows one method of a path that has several."""

    async def tell(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"allow", allow.encode())]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return tell


def without_body(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Sends what HEAD answers: all of GET's but the body. One that would not end is left once its headers are sent."""
    ended = False

    async def leaving() -> Any:
        return {"type": "http.disconnect"} if ended else await receive()

    async def bare(message: Message) -> None:
        nonlocal ended
        if message["type"] != "http.response.body":
            await send(message)
        elif not ended:
            ended = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return leaving, bare


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
        for route in _http_routes(app)
        for method, (handler, model) in route.route_handler_map.items()
    }


def _http_routes(app: Litestar) -> list[HTTPRoute]:
    return [route for route in app.routes if isinstance(route, HTTPRoute)]


def _query(handler: HTTPRouteHandler, declared: set[Any]) -> Query:
    names = {parameter.field_alias for parameter in declared}
    lists = {parameter.field_alias for parameter in declared if parameter.is_sequence}
    return Query(frozenset(names | set(handler.opt.get("query", ()))), frozenset(lists))
