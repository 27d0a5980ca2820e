"""Ten thousand interactions at full speed, some twice and out of order, resent until acknowledged."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.support.partner import Partner, bulk_results

KINDS = ("view", "save", "unsave", "enroll", "withdraw", "complete", "dismiss")
LINES_PER_CALL = 250
CALLS_AT_ONCE = 4
SEND_SECONDS = 120
Line = dict[str, Any]


def events(
    seed: str, learners: list[str], credentials: list[str], count: int, duplicates: float = 0.05
) -> list[Line]:
    """`count` interactions in shuffled order, a share of which stands there twice."""
    draw = random.Random(seed)
    start = datetime.now(UTC) - timedelta(days=30)
    unique = [
        {
            "learner_id": draw.choice(learners),
            "credential_id": draw.choice(credentials),
            "kind": draw.choice(KINDS),
            "occurred_at": (start + timedelta(seconds=draw.randrange(2_000_000))).isoformat(),
        }
        for _ in range(round(count * (1 - duplicates)))
    ]
    lines = unique + draw.choices(unique, k=count - len(unique))
    draw.shuffle(lines)
    return lines


class Flood:
    """Sends lines through the gateway; a line that is not acknowledged is sent again."""

    def __init__(self, partner: Partner, lines: list[Line]) -> None:
        self._partner = partner
        self._waiting = list(reversed(lines))
        self.acknowledged = 0
        self._progress = asyncio.Condition()

    async def send(self) -> None:
        """Returns when every line has been acknowledged; TimeoutError when that takes too long."""
        async with asyncio.timeout(SEND_SECONDS), asyncio.TaskGroup() as group:
            for _ in range(CALLS_AT_ONCE):
                group.create_task(self._work())

    async def until(self, reached: int) -> None:
        """Returns when at least so many lines have been acknowledged."""
        async with self._progress:
            await self._progress.wait_for(lambda: self.acknowledged >= reached)

    async def _work(self) -> None:
        while self._waiting:
            lines = [self._waiting.pop() for _ in range(min(LINES_PER_CALL, len(self._waiting)))]
            again = await self._call(lines)
            async with self._progress:
                self.acknowledged += len(lines) - len(again)
                self._progress.notify_all()
            self._waiting.extend(again)
            if again:
                await asyncio.sleep(0.2)

    async def _call(self, lines: list[Line]) -> list[Line]:
        """The lines that were not acknowledged; a refusal other than `unavailable` fails the test."""
        try:
            answer = await self._partner.post_in_bulk(lines)
        except httpx.TransportError:
            return lines
        if answer.status_code == 503:
            return lines
        results = bulk_results(answer)
        codes = {result["line"]: result.get("code") for result in results}
        assert set(codes.values()) <= {None, "unavailable"}, codes
        return [line for number, line in enumerate(lines, 1) if codes.get(number, "unavailable")]


async def during(flood: Flood, reached: int, disturb: Callable[[], Any]) -> None:
    """Sends the flood and, when it has got so far, disturbs the system under it."""
    async with asyncio.TaskGroup() as group:
        group.create_task(flood.send())
        await flood.until(reached)
        await disturb()
