"""Cross-origin answers: a page of the partner may read what its publishable key got.

Every answer varies with `Origin`, also where none is said, or a cache would give a page what it may not
read. No credentials, since no cookie is ever used. A preflight carries no key, so it is answered for any
origin and allows nothing that the request itself is not checked for.
"""

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.auth.guard import header
from services.gateway.auth.principal import Principal

_EXPOSED = b"etag, ratelimit, ratelimit-policy, retry-after, x-request-id"
_ALLOWED = b"authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, traceparent, x-request-id"
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", _ALLOWED),
    (b"access-control-max-age", b"600"),
    (b"vary", b"Origin"),
    (b"content-length", b"0"),
]


def cors(app: ASGIApp) -> ASGIApp:
    """A layer around routing."""

    async def crossing(scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin")
        method = scope.get("method")
        asking = method == "OPTIONS" and header(scope, b"access-control-request-method")
        if origin is not None and asking:
            await _answer_preflight(origin, send)
        else:
            await app(scope, receive, _marking(scope, origin, send))

    return crossing


def _marking(scope: Scope, origin: str | None, send: Send) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = [(b"vary", b"Origin")]
            principal = scope.get("auth")
            if origin is not None and _is_partners(principal, origin):
                added.append((b"access-control-allow-origin", origin.encode("latin-1")))
                added.append((b"access-control-expose-headers", _EXPOSED))
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return marked


def _is_partners(principal: object, origin: str) -> bool:
    return isinstance(principal, Principal) and origin.lower() in principal.allowed_origins


async def _answer_preflight(origin: str, send: Send) -> None:
    headers = [*_PREFLIGHT, (b"access-control-allow-origin", origin.encode("latin-1"))]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
