"""What every answer carries: security headers, and the rate limit where a key was counted."""

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.auth.limits import Bucket

# For what is no page: nothing of it may run or be framed. A page says its own.
_DEFAULTS = [
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


def secured(app: ASGIApp) -> ASGIApp:
    """A layer around routing."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message["headers"]}
                missing = [each for each in _DEFAULTS if each[0] not in said]
                headers = [*message["headers"], *missing]
                bucket = scope.get("rate_limit")
                if isinstance(bucket, Bucket):
                    headers.extend(bucket.headers())
                message["headers"] = headers
            await send(message)

        await app(scope, receive, marked)

    return answering
