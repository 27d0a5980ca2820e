import asyncio
from collections.abc import AsyncIterator

import pytest

from deploy.local.ports import free_port
from deploy.local.proxy import Proxy, proxy


@pytest.fixture
async def echo() -> AsyncIterator[Proxy]:
    """A proxy before a server that sends back what it gets."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(100):
            writer.write(chunk)
        writer.close()

    target, port = free_port(), free_port()
    server = await asyncio.start_server(answer, "127.0.0.1", target)
    async with proxy(port, target) as opened:
        yield opened
    server.close()


async def test_bytes_pass_both_ways(echo: Proxy) -> None:
    """What is sent comes back through the proxy."""
    reader, writer = await asyncio.open_connection("127.0.0.1", echo.port)
    writer.write(b"hello")
    assert await asyncio.wait_for(reader.readexactly(5), 5) == b"hello"
    writer.close()


async def test_a_paused_proxy_holds_bytes_up_and_loses_none(echo: Proxy) -> None:
    """While it is paused nothing arrives; afterwards all does, in order."""
    reader, writer = await asyncio.open_connection("127.0.0.1", echo.port)
    echo.pause()
    writer.write(b"one")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)
    writer.write(b"two")
    echo.resume()
    assert await asyncio.wait_for(reader.readexactly(6), 5) == b"onetwo"
    writer.close()


async def test_a_severed_proxy_cuts_and_refuses_until_it_is_opened(echo: Proxy) -> None:
    """Existing connections end, new ones are refused, and after `open` all is well again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", echo.port)
    writer.write(b"hello")
    await asyncio.wait_for(reader.readexactly(5), 5)
    await echo.sever()
    assert await asyncio.wait_for(reader.read(1), 5) == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", echo.port)
    await echo.open()
    await test_bytes_pass_both_ways(echo)
