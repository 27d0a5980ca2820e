"""A gateway on fakes, and clients with each kind of key."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.unit.gateway.world import ORIGIN, World


@pytest.fixture
def world() -> World:
    return World()


def _client(world: World, key: str | None, **headers: str) -> httpx.AsyncClient:
    sent = headers if key is None else {**headers, "authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(app=world.app)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=sent)


@pytest.fixture
async def partner(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(world, world.secret) as client:
        yield client


@pytest.fixture
async def page(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(world, world.publishable, origin=ORIGIN) as client:
        yield client


@pytest.fixture
async def admin(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(world, world.admin) as client:
        yield client


@pytest.fixture
async def nobody(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(world, None) as client:
        yield client
