"""The benchmarks' own HTTP client, against a server that writes what it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.benchmarks.wire import Client, Reply


@asynccontextmanager
async def _answering(*answers: bytes, seen: list[bytes]) -> AsyncIterator[str]:
    """A server that gives these answers to the requests of a connection, then closes it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_bodies_of_both_kinds_are_read_on_one_connection() -> None:
    """A length and chunks end where they say, so that the connection can be used again."""
    seen: list[bytes] = []
    answers = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
    )
    async with _answering(*answers, seen=seen) as url, Client(url, "sk_key") as client:
        assert await client.get("/a") == Reply(200, b"{}")
        assert await client.get("/b") == Reply(404, b"abcde")
        assert await client.get("/c") == Reply(304, b"")
    assert seen[0].startswith(b"GET /a HTTP/1.1\r\nhost: 127.0.0.1")
    assert b"authorization: Bearer sk_key\r\n" in seen[0]


@pytest.mark.parametrize(
    "cut", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"]
)
async def test_an_answer_cut_off_is_an_error(cut: bytes) -> None:
    """Half an answer is never taken for one, and its connection is not used again."""
    seen: list[bytes] = []
    async with _answering(cut, seen=seen) as url, Client(url) as client:
        for _ in range(2):
            with pytest.raises(EOFError):
                await client.get("/")
    assert len(seen) == 2


async def test_a_kept_connection_that_was_closed_is_replaced() -> None:
    """A server may close what is idle; the next request is answered all the same, and sent once."""
    seen: list[bytes] = []
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
    async with _answering(answer, seen=seen) as url, Client(url) as client:
        assert await client.get("/a") == Reply(200, b"{}")
        assert await client.get("/b") == Reply(200, b"{}")
    assert [request.split()[1] for request in seen] == [b"/a", b"/b"]
