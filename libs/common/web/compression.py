"""Answers compressed as the client accepts (RFC 9110, 12.5.3): Brotli, else gzip.

Whole answers only: a stream's chunks have to leave at once. Not tiny ones, which gain nothing, and not where
`Cache-Control: no-transform` says that the bytes, and so the strong ETag, are meant.
"""

import asyncio
import gzip
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import brotli
from litestar.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST = 1_000
# Beyond this the event loop would notice; about a millisecond.
SLOW = 50_000
_TEXT = (b"application/json", b"application/problem+json", b"application/ld+json", b"text/")
_CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=3),
    "gzip": lambda body: gzip.compress(body, compresslevel=1, mtime=0),
}
_VARY = (b"vary", b"Accept-Encoding")
Headers = list[tuple[bytes, bytes]]


def compressed(app: ASGIApp) -> ASGIApp:
    """A layer around routing."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        accepted = [value for name, value in scope["headers"] if name == b"accept-encoding"]
        weakly = any(
            name == b"if-none-match" and b"W/" in value for name, value in scope["headers"]
        )
        packing = _Packing(chosen(b",".join(accepted)), send, weakly=weakly)
        await app(scope, receive, packing.send)

    return answering


@lru_cache(256)
def chosen(accepted: bytes) -> str | None:
    """The coding that an `Accept-Encoding` weighs most, Brotli before gzip; None where it names neither."""
    weights = dict(_weighted(each) for each in accepted.decode("latin-1").lower().split(","))
    weight = {name: weights.get(name, weights.get("*", 0.0)) for name in _CODINGS}
    best = max(weight, key=weight.__getitem__)
    wanted = weight[best] > 0 and weight[best] >= weights.get("identity", 0.0)
    return best if wanted else None


def _weighted(each: str) -> tuple[str, float]:
    name, _, parameter = each.partition(";")
    given = parameter.strip().removeprefix("q=")
    try:
        return name.strip(), float(given) if given else 1.0
    except ValueError:
        return name.strip(), 0.0


class _Packing:
    """Holds the start of an answer until its first part tells whether that is all of it. `weakly`: the client has
    the compressed answer, by its weak ETag, which is what a 304 has to name."""

    def __init__(self, coding: str | None, send: Send, *, weakly: bool) -> None:
        self._coding = coding
        self._weakly = weakly
        self._send = send
        self._start: Any = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None and message["type"] == "http.response.body":
            start, self._start = self._start, None
            message["body"] = await self._begun(start, message)
            await self._send(start)
        await self._send(message)

    async def _begun(self, start: Any, message: Any) -> bytes:
        """The body to send; `start` has the headers of it."""
        body: bytes = message["body"]
        headers = dict(start["headers"])
        whole = not message.get("more_body", False)
        if not whole or not _may_vary(start["status"], headers):
            return body
        start["headers"] = [*start["headers"], _VARY]
        if start["status"] == 304 and self._weakly:
            start["headers"] = _weak(start["headers"])
        if self._coding is None or len(body) < SMALLEST:
            return body
        pack = _CODINGS[self._coding]
        packed = pack(body) if len(body) < SLOW else await asyncio.to_thread(pack, body)
        start["headers"] = _of_packed(start["headers"], self._coding, len(packed))
        return packed


def _may_vary(status: int, headers: dict[bytes, bytes]) -> bool:
    """Whether an answer like this is compressed for who accepts it."""
    if b"content-encoding" in headers or b"no-transform" in headers.get(b"cache-control", b""):
        return False
    return status == 304 or headers.get(b"content-type", b"").startswith(_TEXT)


def _of_packed(headers: Headers, coding: str, length: int) -> Headers:
    kept = [each for each in _weak(headers) if each[0] != b"content-length"]
    return [
        *kept,
        (b"content-encoding", coding.encode()),
        (b"content-length", str(length).encode()),
    ]


def _weak(headers: Headers) -> Headers:
    """The same bytes no longer, the same content still (RFC 9110, 8.8.1)."""
    return [
        (name, b"W/" + value if name == b"etag" and not value.startswith(b"W/") else value)
        for name, value in headers
    ]
