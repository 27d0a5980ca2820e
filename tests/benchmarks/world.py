"""The catalog and the learners that are measured with."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
import msgspec

from deploy.local.keeper import Say
from deploy.local.together import together
from tests.benchmarks.target import Target
from tests.support.partner import client, path

AT_ONCE = 16
HISTORY = 6
_WORDS = [
    "data",
    "cloud",
    "care",
    "design",
    "trade",
    "safety",
    "energy",
    "finance",
    "media",
    "language",
    "network",
    "quality",
]
T = TypeVar("T")


class World(msgspec.Struct, frozen=True):
    """Ids of credentials and of learners with a profile and a history."""

    credentials: list[str]
    learners: list[str]


@asynccontextmanager
async def world(
    target: Target, *, credentials: int, learners: int, say: Say
) -> AsyncIterator[World]:
    """Uses the catalog that there is, or publishes one; the learners are erased at the end."""
    file, draw = target.file, random.Random(11)
    async with (
        client(file.gateway_url, file.admin_key) as admin,
        client(file.gateway_url, file.partner.secret_key) as partner,
    ):
        occupation, offered = None, await _search(admin, credentials)
        if not offered:
            say(f"publishing {credentials} credentials")
            occupation = await _publish(admin, credentials, draw)
            offered = await _search(admin, credentials)
        ids = [f"benchmark-{draw.randrange(2**40):x}-{number}" for number in range(learners)]
        say(f"registering {learners} learners with a history")
        await _register(partner, ids, offered, occupation, draw)
        try:
            yield World(offered, ids)
        finally:
            await each(ids, lambda id: _sent(partner, "DELETE", path("learners", id)))


def event(credential_id: str, draw: random.Random, learner_id: str | None = None) -> dict[str, Any]:
    """An interaction of now, as it is posted."""
    return {
        **({} if learner_id is None else {"learner_id": learner_id}),
        "credential_id": credential_id,
        "kind": draw.choice(("view", "view", "view", "save", "enroll")),
        "occurred_at": datetime.now(UTC).isoformat(),
    }


async def each(items: Iterable[T], act: Callable[[T], Awaitable[object]]) -> None:
    """Acts on every item, some at once."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)

    await together(*(work() for _ in range(AT_ONCE)))


async def _publish(admin: httpx.AsyncClient, count: int, draw: random.Random) -> str:
    """Skills, an occupation that needs some of them, and credentials that teach three each."""
    skills = [f"skill/{number}" for number in range(max(20, count // 20))]
    named = {id: f"{draw.choice(_WORDS)} skill {id[6:]}" for id in skills}
    await each(skills, lambda id: _sent(admin, "PUT", path("skills", id), {"name": named[id]}))
    occupation, needed = "occupation/1", draw.sample(skills, 12)
    body = {"name": "Analyst", "skills": [{"id": id, "level": 0.66} for id in needed]}
    await _sent(admin, "PUT", path("occupations", occupation), body)
    bodies = {f"credential/{number}": _credential(skills, draw) for number in range(count)}
    await each(
        bodies.items(), lambda pair: _sent(admin, "PUT", path("credentials", pair[0]), pair[1])
    )
    return occupation


def _credential(skills: list[str], draw: random.Random) -> dict[str, Any]:
    first, second = draw.sample(_WORDS, 2)
    return {
        "type": "MicroCredential",
        "name": f"{first.title()} and {second}",
        "status": "active",
        "issuer": {"id": f"org/{draw.randrange(20)}", "name": "Benchmark College"},
        "url": "https://benchmark.example/credential",
        "cost": [{"amount": f"{draw.randrange(10, 400)}.00", "currency": "USD", "kind": "tuition"}],
        "workload_hours": draw.randrange(5, 120),
        "delivery": ["online"],
        "languages": ["en"],
        "skills": [{"id": id, "level": 0.66} for id in draw.sample(skills, 3)],
    }


async def _search(admin: httpx.AsyncClient, most: int) -> list[str]:
    """Ids of credentials that can be earned."""
    ids: list[str] = []
    query: dict[str, Any] = {"limit": 100}
    while len(ids) < most:
        page = (await _sent(admin, "GET", "/v1/credentials", params=query)).json()
        ids.extend(card["id"] for card in page["items"])
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    return ids[:most]


async def _register(
    partner: httpx.AsyncClient,
    learners: list[str],
    credentials: list[str],
    occupation: str | None,
    draw: random.Random,
) -> None:
    profile = {"languages": ["en"], "target_occupation": occupation}
    await each(learners, lambda id: _sent(partner, "PUT", path("learners", id), profile))
    start = datetime.now(UTC) - timedelta(days=20)

    async def act(id: str) -> None:
        events = [
            {
                **event(draw.choice(credentials), draw),
                "occurred_at": (start + timedelta(minutes=draw.randrange(20_000))).isoformat(),
            }
            for _ in range(HISTORY)
        ]
        await _sent(partner, "POST", path("learners", id, "interactions"), {"events": events})

    await each(learners, act)


async def _sent(
    http: httpx.AsyncClient, method: str, url: str, body: Any = None, **more: Any
) -> httpx.Response:
    answer = await http.request(method, url, json=body, **more)
    return answer.raise_for_status()
