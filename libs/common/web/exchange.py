"""One request and its answer, watched: what is unread is drained, what is sent gets its headers."""

import asyncio
from typing import Any, cast

from litestar.types import HTTPReceiveMessage, Message, Receive, Send

DRAIN_LIMIT = 16_000_000
LINGER_LIMIT = 64_000_000
_DRAIN_SECONDS = 10.0
_LINGER_SECONDS = 5.0
CLOSED = 499  # the answer was not finished, because the client left or the process did


class Exchange:
    """`status` is that of the answer, 0 before it; `started` whether any of it has left; `gone`
    whether the client has."""

    __slots__ = (
        "_read",
        "_receive",
        "_send",
        "_start",
        "_stopping",
        "_unread",
        "gone",
        "request_id",
        "started",
        "status",
    )

    def __init__(
        self,
        receive: Receive,
        send: Send,
        request_id: bytes,
        *,
        has_body: bool,
        stopping: asyncio.Event,
    ) -> None:
        self._receive = receive
        self._send = send
        self._unread = has_body
        self._read = 0
        self._start: Message | None = None
        self._stopping = stopping
        self.gone = False
        self.request_id = request_id
        self.started = False
        self.status = 0

    async def receive(self) -> HTTPReceiveMessage:
        """The next message, counted."""
        message = cast("dict[str, Any]", await self._receive())
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            self._unread = message.get("more_body", False)
        else:
            self._unread = False
            self.gone = True
        return cast("HTTPReceiveMessage", message)

    async def send(self, message: Message) -> None:
        """Sends. The start waits for the first of the body, so that what fails between them is still
        answered with a problem."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None:
            await self._begin(self._start)
            self._start = None
        await self._send(message)

    async def _begin(self, start: Any) -> None:
        """Before a refusal the rest of the body is drained, since a client that is still writing
        would see a broken pipe instead of the answer."""
        self.status = start["status"]
        if self._unread and self.status >= 400:
            await self._drain(DRAIN_LIMIT, _DRAIN_SECONDS)
        start["headers"] = [
            *start.get("headers", ()),
            (b"x-request-id", self.request_id),
            (b"x-content-type-options", b"nosniff"),
        ]
        if self._stopping.is_set():
            start["headers"].append((b"connection", b"close"))
        self.started = True
        await self._send(start)

    async def linger(self) -> None:
        """After a refusal of a body beyond the drained: reads on for a moment, so that the client
        gets to the answer before the connection closes."""
        if self._unread and self.status >= 400:
            await self._drain(LINGER_LIMIT, _LINGER_SECONDS)

    async def _drain(self, limit: int, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while self._unread and self._read < limit:
                    await self.receive()
        except TimeoutError:
            return
