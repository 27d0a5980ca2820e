"""A job board in Chromium, before the system that all tests share."""

import uuid
from collections.abc import AsyncIterator

import pytest

from tests.support.flow import Flow
from tests.support.widget import Board, boarding

HOSTILE_NAME = "<img src=x onerror=\"document.body.innerHTML='broken'\"> & co"


@pytest.fixture(scope="session")
async def board(flow: Flow) -> AsyncIterator[Board]:
    """A job board, and six credentials to be recommended, one of which has HTML in its name."""
    world = f"browser {uuid.uuid4()}"
    put = await flow.admin.put(f"/v1/skills/{world}", json={"name": "Juggling"})
    assert put.status_code in (201, 202), put.text
    for number in range(6):
        name = HOSTILE_NAME if number == 0 else f"Juggling, part {number}"
        await flow.publish(f"{world}/{number}", name=name, skills=[{"id": world, "level": 0.5}])
    async with boarding(flow) as made:
        yield made


@pytest.fixture
async def skill(board: Board) -> str:
    """The skill that the credentials teach."""
    found = await board.flow.admin.get("/v1/skills", params={"q": "Juggling"})
    return str(found.json()["items"][0]["id"])
