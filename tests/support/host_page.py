"""A job board on this machine: pages of an origin of its own, served from memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

Page = tuple[str, dict[str, str]]


class Host:
    """`origin` is as browsers send it; `page` adds a page and returns its address."""

    def __init__(self) -> None:
        self.origin = ""
        self._pages: dict[str, Page] = {}

    def page(self, body: str, *, head: str = "", html: str = 'lang="en"', **headers: str) -> str:
        """`headers` with underscores for hyphens."""
        path = f"/{len(self._pages) + 1}"
        text = (
            f"<!doctype html><html {html}><head><meta charset=utf-8><title>A job</title>"
            f"{head}</head><body><main><h1>A job</h1>{body}</main></body></html>"
        )
        self._pages[path] = text, {name.replace("_", "-"): each for name, each in headers.items()}
        return self.origin + path

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one page."""
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            found = self._pages.get(request.split()[1].decode())
            text, headers = found or ("", {})
            body = text.encode()
            lines = [f"HTTP/1.1 {200 if found else 404} _", f"content-length: {len(body)}"]
            lines += ["content-type: text/html; charset=utf-8", "connection: close"]
            lines += [f"{name}: {each}" for name, each in headers.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # The browser opens connections ahead and leaves them.
        finally:
            writer.close()


@asynccontextmanager
async def hosting() -> AsyncIterator[Host]:
    """A job board on a free port of the loopback interface."""
    host = Host()
    server = await asyncio.start_server(host.answer, "127.0.0.1", 0)
    host.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield host
