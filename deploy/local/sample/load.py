"""Loads the sample world through the public API, as a partner and an administrator would."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec
from rich.progress import Progress

from deploy.local.sample.world import World

CONCURRENCY = 48
LINES_PER_CALL = 2_500
T = TypeVar("T")


class LoadingError(Exception):
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
    for lines in _batches(world.interactions, LINES_PER_CALL):
        answer = await partner.post(
            "/v1/interactions",
            content=b"\n".join(encode(line) for line in lines),
            headers={"content-type": "application/x-ndjson"},
        )
        _refuse_errors(answer)
        refused = [line for line in answer.text.splitlines() if '"code"' in line]
        if refused:
            raise LoadingError(f"{len(refused)} interactions were refused: {refused[0]}")
        progress.advance(task, len(lines))


async def _put(client: httpx.AsyncClient, path: str, body: msgspec.Struct) -> None:
    answer = await client.put(
        path, content=msgspec.json.encode(body), headers={"content-type": "application/json"}
    )
    _refuse_errors(answer)


def _refuse_errors(answer: httpx.Response) -> None:
    if answer.is_error:
        raise LoadingError(f"{answer.request.url} answered {answer.status_code}: {answer.text}")


async def _each(
    progress: Progress, title: str, items: list[T], act: Callable[[T], Awaitable[None]]
) -> None:
    task = progress.add_task(title, total=len(items))
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)
            progress.advance(task)

    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(work())


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
