"""Steady traffic of one partner: requests at a rate, whatever the answers take, and what became of each."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.support.flood import Line
from tests.support.partner import path

EVENTS_PER_POST = 5
READS, POSTS, FOLLOWED = 75, 20, 5
"""Requests a second; those followed are posts that are read back. An event a follow, five a post: 105 events."""
KINDS = ("view", "save", "enroll", "complete")
FOLLOW_SECONDS = 180.0
MOST_FOLLOWED = 40
"""At once: each of them waits on a connection, of which a client has a hundred."""


class Traffic:
    """`run` until the event; then `failures` in words, `lines` that were acknowledged, `freshness` in seconds."""

    def __init__(
        self, http: httpx.AsyncClient, learners: list[str], credentials: list[str]
    ) -> None:
        self._http = http
        self._learners = learners
        self._credentials = credentials
        self._began = datetime.now(UTC) - timedelta(days=1)
        self.requests = 0
        self.failures: list[str] = []
        self.lines: list[Line] = []
        self.freshness: list[float] = []
        self.phase = "before"
        self._following = 0

    async def run(self, over: asyncio.Event) -> None:
        """Returns when it is over and every request has been answered."""
        async with asyncio.TaskGroup() as group:
            for rate, act in ((READS, self._read), (POSTS, self._post), (FOLLOWED, self._follow)):
                group.create_task(_paced(rate, act, over))

    async def _read(self) -> None:
        learner = random.choice(self._learners)
        await self._send("GET", path("learners", learner, "recommendations"))

    async def _post(self) -> None:
        await self._interact(EVENTS_PER_POST)

    async def _follow(self) -> None:
        """Freshness: from the acceptance of an interaction to the first answer that covers it."""
        accepted = await self._interact(1)
        if accepted is None or self._following == MOST_FOLLOWED:
            return
        self._following += 1
        try:
            await self._served(*accepted)
        finally:
            self._following -= 1

    async def _served(self, learner: str, position: int) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - began < FOLLOW_SECONDS:
            target = path("learners", learner, "recommendations")
            body = await self._send("GET", target, params={"min_position": position})
            if body is None:
                return
            covered = body["freshness"]["position"]
            if covered is not None and covered >= position:
                self.freshness.append(loop.time() - began)
                return
            await asyncio.sleep(0.05)
        self.failures.append(f"{self.phase}: not served within {FOLLOW_SECONDS:g} s")

    async def _interact(self, count: int) -> tuple[str, int] | None:
        """The learner and the position at which the events stand, None where they were not accepted."""
        learner = random.choice(self._learners)
        events = [self._event() for _ in range(count)]
        target = path("learners", learner, "interactions")
        body = await self._send("POST", target, json={"events": events})
        if body is None:
            return None
        self.lines += [{"learner_id": learner, **event} for event in events]
        return learner, body["position"]

    def _event(self) -> dict[str, Any]:
        self._began += timedelta(seconds=1)
        return {
            "credential_id": random.choice(self._credentials),
            "kind": random.choice(KINDS),
            "occurred_at": self._began.isoformat(),
        }

    async def _send(self, method: str, target: str, **more: Any) -> Any | None:
        """The body; a failure is noted, and nothing is sent twice."""
        self.requests += 1
        try:
            answer = await self._http.request(method, target, **more)
        except httpx.TransportError as error:
            self.failures.append(f"{self.phase}: {method}: {error!r}")
            return None
        if answer.is_error:
            self.failures.append(f"{self.phase}: {method}: {answer.status_code} {answer.text}")
            return None
        return answer.json()


async def _paced(rate: float, act: Callable[[], Awaitable[None]], over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as calls:
        due = loop.time()
        while not over.is_set():
            calls.create_task(act())
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - loop.time()))
