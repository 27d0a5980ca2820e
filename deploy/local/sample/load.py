"""Loads the sample world through the public API, as a partner and an administrator would."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec
from rich.progress import Progress

from deploy.local.errors import StackFailure
from deploy.local.sample.world import World
from deploy.local.together import together
from libs.common.contracts.calls import NewInteraction

CONCURRENCY = 16
LINES_PER_CALL = 2_500
PATIENCE_SECONDS = 60.0
T = TypeVar("T")


class LoadingError(StackFailure):
    """The gateway refused something that the sample world holds; nothing more is sent."""


@dataclass(frozen=True)
class Door:
    """Where and as whom the world is loaded."""

    gateway_url: str
    admin_key: str
    secret_key: str


async def load(door: Door, world: World, progress: Progress) -> None:
    """Puts the catalog, then the learners with a profile, then all interactions.

    Raises LoadingError on the first refusal. Loading the same world again changes nothing.
    """
    async with _client(door, door.admin_key) as admin:
        for title, puts in _catalog(world).items():
            await _each(progress, title, puts, lambda put: _put(admin, *put))
    async with _client(door, door.secret_key) as partner:
        learners = [
            (_path("learners", learner.id), learner.profile)
            for learner in world.learners
            if learner.profile is not None
        ]
        await _each(progress, "learners", learners, lambda put: _put(partner, *put))
        await _interactions(partner, world, progress)


def _catalog(world: World) -> dict[str, list[tuple[str, msgspec.Struct]]]:
    return {
        "skills": [(_path("skills", id), body) for id, body in world.skills.items()],
        "occupations": [(_path("occupations", id), body) for id, body in world.occupations.items()],
        "credentials": [(_path("credentials", id), body) for id, body in world.credentials.items()],
        "regulations": [
            (_path("regulations", *ids), body) for ids, body in world.regulations.items()
        ],
        "local demand": [(_path("demand", *ids), body) for ids, body in world.demand.items()],
    }


async def _interactions(partner: httpx.AsyncClient, world: World, progress: Progress) -> None:
    task = progress.add_task("interactions", total=len(world.interactions))
    encode = msgspec.json.Encoder().encode
    # Learner by learner, as one hands over histories: a worker ranks for a learner once a batch.
    events = sorted(world.interactions, key=lambda event: event.learner_id)
    for lines in _batches(events, LINES_PER_CALL):
        content = b"\n".join(encode(_line(event)) for event in lines)
        answer = await _send(partner, "POST", "/v1/interactions", content, "application/x-ndjson")
        refused = [line for line in answer.text.splitlines() if '"code"' in line]
        if refused:
            raise LoadingError(f"{len(refused)} interactions were refused: {refused[0]}")
        progress.advance(task, len(lines))


def _line(event: NewInteraction) -> dict[str, object]:
    """What a partner knows of an interaction."""
    known = ("learner_id", "credential_id", "kind", "occurred_at")
    return {name: getattr(event, name) for name in known}


async def _put(client: httpx.AsyncClient, path: str, body: msgspec.Struct) -> None:
    await _send(client, "PUT", path, msgspec.json.encode(body), "application/json")


async def _send(
    client: httpx.AsyncClient, method: str, path: str, content: bytes, kind: str
) -> httpx.Response:
    """The answer, once the gateway can take it: like any partner we wait when it is too busy."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = await client.request(method, path, content=content, headers={"content-type": kind})
        if not answer.is_error:
            return answer
        if answer.status_code not in (429, 503) or time.monotonic() > deadline:
            raise LoadingError(f"{answer.request.url} answered {answer.status_code}: {answer.text}")
        await asyncio.sleep(float(answer.headers.get("retry-after", 1)))


async def _each(
    progress: Progress, title: str, items: list[T], act: Callable[[T], Awaitable[None]]
) -> None:
    task = progress.add_task(title, total=len(items))
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)
            progress.advance(task)

    await together(*(work() for _ in range(CONCURRENCY)))


def _path(*segments: str) -> str:
    return "/v1/" + "/".join(quote(segment, safe="") for segment in segments)


@asynccontextmanager
async def _client(door: Door, key: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=door.gateway_url,
        headers={"authorization": f"Bearer {key}"},
        limits=httpx.Limits(max_connections=CONCURRENCY),
        timeout=60,
    ) as client:
        yield client


def _batches(items: list[T], size: int) -> Iterator[list[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
