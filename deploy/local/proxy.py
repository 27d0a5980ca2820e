"""A TCP proxy on loopback that a chaos test can hold up or cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

_CHUNK = 65_536


class Proxy:
    """Passes connections to `port` on to `target`. `proxy` gives one that is open."""

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self.target = target
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Accepts connections (again)."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def sever(self) -> None:
        """Cuts every connection and refuses new ones until `open`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def pause(self) -> None:
        """Holds every byte up; connections stay and new ones are accepted."""
        self._flowing.clear()

    def resume(self) -> None:
        """Lets the bytes that were held up pass."""
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass_on(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            back, forth = await asyncio.open_connection("127.0.0.1", self.target)
            with contextlib.closing(forth):
                copies = [
                    asyncio.create_task(self._copy(*way))
                    for way in ((reader, forth), (back, writer))
                ]
                try:
                    await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for copy in copies:
                        copy.cancel()
                    await asyncio.gather(*copies, return_exceptions=True)

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(_CHUNK):
            await self._flowing.wait()
            sink.write(chunk)
            await sink.drain()


@contextlib.asynccontextmanager
async def proxy(port: int, target: int) -> AsyncIterator[Proxy]:
    """An open proxy, severed when the block ends."""
    opened = Proxy(port, target)
    await opened.open()
    try:
        yield opened
    finally:
        opened.resume()
        await opened.sever()
