"""A client that costs little: HTTP/1.1 on kept connections, requests as the bytes they are."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import NamedTuple
from urllib.parse import urlsplit

LONGEST_HEAD = 64 * 1024


class Reply(NamedTuple):
    status: int
    body: bytes


class Client(AbstractAsyncContextManager["Client"]):
    """As many connections as there are requests at once."""

    def __init__(self, url: str, key: str | None = None) -> None:
        parts = urlsplit(url)
        self._place = parts.hostname, parts.port
        self._fixed = f"host: {parts.netloc}\r\n" + (
            f"authorization: Bearer {key}\r\n" if key else ""
        )
        self._idle: list[Connection] = []

    def encode(
        self, method: str, path: str, body: bytes = b"", media: str = "application/json"
    ) -> bytes:
        """A request as it is sent."""
        content = f"content-type: {media}\r\ncontent-length: {len(body)}\r\n" if body else ""
        return f"{method} {path} HTTP/1.1\r\n{self._fixed}{content}\r\n".encode() + body

    async def send(self, request: bytes) -> Reply:
        """The answer. A connection that failed is not used again; a kept one that the server has closed
        meanwhile is replaced."""
        while self._idle:
            try:
                return await self._send(self._idle.pop(), request)
            except (ConnectionResetError, asyncio.IncompleteReadError) as closed:
                if getattr(closed, "partial", b""):
                    raise
        return await self._send(await Connection.open(*self._place), request)

    async def _send(self, connection: "Connection", request: bytes) -> Reply:
        try:
            reply = await connection.send(request)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return reply

    async def get(self, path: str) -> Reply:
        return await self.send(self.encode("GET", path))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._idle:
            self._idle.pop().close()


class Connection:
    """One request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, host: str | None, port: int | None) -> "Connection":
        return cls(*await asyncio.open_connection(host, port, limit=LONGEST_HEAD))

    async def send(self, request: bytes) -> Reply:
        """Raises OSError or EOFError when the server goes away."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (s.partition(":") for s in lines)
        }
        return Reply(int(first.split(" ", 2)[1]), await self._body(headers))

    async def _body(self, headers: Mapping[str, str]) -> bytes:
        if "content-length" in headers:
            return await self._reader.readexactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return b""
        chunks = []
        while size := int(await self._reader.readline(), 16):
            chunks.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readline()
        return b"".join(chunks)

    def close(self) -> None:
        self._writer.close()
