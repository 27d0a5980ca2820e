"""The gateway on a real socket when it is asked to stop."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest

from deploy.local.ports import accepts, free_port
from libs.common.settings import HttpSettings
from libs.common.web import serve
from services.gateway.routes import stream as stream_route
from services.gateway.usecases.streaming import MOST_SOURCES
from tests.factories.catalog import credential
from tests.support.waiting import until
from tests.unit.gateway.world import World, ranked

LEARNER = "/v1/learners/ana"


@asynccontextmanager
async def served(world: World) -> AsyncIterator[tuple[httpx.AsyncClient, "asyncio.Task[None]"]]:
    """A partner's client of the served gateway, and the serving."""
    world.publish(credential("a"))
    world.rank("ana", ranked("a"))
    port = free_port()
    serving = asyncio.create_task(serve(world.app, HttpSettings(port=port)))
    await until(accepts(port), bool)
    headers = {"authorization": f"Bearer {world.secret}"}
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        yield client, serving
    await asyncio.wait_for(serving, 20)


async def test_a_stream_ends_after_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks has to come back and show that they still may."""
    monkeypatch.setattr(stream_route, "LONGEST_SECONDS", 0.0)
    async with served(world) as (client, _):
        answer = await client.get(f"{LEARNER}/recommendations/stream")
        assert (answer.status_code, answer.content) == (200, b"")
        os.kill(os.getpid(), signal.SIGTERM)


async def test_what_is_asked_of_a_stream_is_bounded(world: World) -> None:
    """HEAD has its headers and ends; a learner's list is followed in a few lengths at once, not in every one."""
    url = f"{LEARNER}/recommendations/stream"
    async with served(world) as (client, _), AsyncExitStack() as open_ones:
        assert (await client.head(url)).status_code == 200
        for limit in range(1, MOST_SOURCES + 1):
            stream = client.stream("GET", url, params={"limit": limit})
            assert (await open_ones.enter_async_context(stream)).status_code == 200
        refused = await client.get(url, params={"limit": MOST_SOURCES + 1})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        os.kill(os.getpid(), signal.SIGTERM)


async def test_streams_end_whole_and_requests_in_flight_are_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SIGTERM: readiness is off, a stream gets its last chunk, who waits for a position gets the list, and
    nobody new is let in."""
    waited, arrived = asyncio.Event(), asyncio.Event()

    async def wait(partition: int, learner_key: str, *_: Any) -> Any:
        waited.set()
        await arrived.wait()
        return world.lists.lists[partition, learner_key]

    async with served(world) as (client, serving):
        async with client.stream("GET", f"{LEARNER}/recommendations/stream") as stream:
            chunks = stream.aiter_text()
            assert "event: recommendations" in await anext(chunks)
            monkeypatch.setattr(world.lists, "wait", wait)
            query = {"min_position": 99}
            asking = asyncio.create_task(client.get(f"{LEARNER}/recommendations", params=query))
            await asyncio.wait_for(waited.wait(), 10)
            os.kill(os.getpid(), signal.SIGTERM)
            assert [chunk async for chunk in chunks] == []
        transport = httpx.ASGITransport(app=world.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as within:
            unready = await within.get("/health/ready")
        assert (unready.status_code, unready.json()["problems"]) == (503, {"process": "stopping"})
        assert not serving.done()
        arrived.set()
        assert (await asking).json()["items"][0]["rank"] == 1
        await asyncio.wait_for(asyncio.shield(serving), 20)
        with pytest.raises(httpx.ConnectError):
            await client.get("/health/live")
