"""Answers as bytes straight out, without Litestar's serialisation."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

_encoder = msgspec.json.Encoder()


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """A Struct, anything msgspec encodes, or JSON bytes as they are."""
    content = value if isinstance(value, bytes) else _encoder.encode(value)
    return Response(
        content, status_code=status, media_type="application/json", headers=dict(headers or {})
    )


class Answer(ASGIResponse):
    """Bytes and encoded headers, for hot paths: a third cheaper than Litestar's Response.

    The handler's return annotation must be this class. `content-length` is added.
    """

    __slots__ = ("_headers",)

    def __init__(
        self,
        body: bytes,
        status: int = 200,
        headers: tuple[tuple[bytes, bytes], ...] = ((b"content-type", b"application/json"),),
    ) -> None:
        self.body = body
        self.status_code = status
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        headers = list(self._headers)
        if self.status_code not in (204, 304):
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


class Streamed(ASGIResponse):
    """Chunks as they come, until the client has gone; the request's body must have been read.

    What is raised before the first chunk is answered as a problem, which Litestar's Stream cannot do;
    later it cuts the answer off, so the chunks should say what went wrong. The handler's return
    annotation must be this class.
    """

    __slots__ = ("_chunks", "_media_type")

    def __init__(self, chunks: AsyncGenerator[bytes, None], media_type: str) -> None:
        self._chunks = chunks
        self._media_type = media_type.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        async with aclosing(self._chunks) as chunks:
            first = await anext(chunks, b"")
            headers = [(b"content-type", self._media_type), (b"x-accel-buffering", b"no")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": first, "more_body": True})
            gone = asyncio.ensure_future(_gone(receive))
            try:
                async for chunk in chunks:
                    if gone.done():
                        return
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            finally:
                gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    """Returns when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
