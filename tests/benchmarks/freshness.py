"""Freshness: from an interaction's sending and acceptance to the first served list that includes it.

At a rate most interactions come as NDJSON batches for one half of the learners; those that are
followed are posted one by one for the other half.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from deploy.local.errors import Stalled
from deploy.local.keeper import Say
from deploy.local.readiness import lag
from tests.benchmarks.machine import Machine, machine
from tests.benchmarks.pace import Load, one_by_one
from tests.benchmarks.plain import plain_seconds
from tests.benchmarks.probe import Followed, Missed, budget, follow
from tests.benchmarks.processes import cpu_of, means, scrape
from tests.benchmarks.spread import Spread, ratio, spread
from tests.benchmarks.target import Target
from tests.benchmarks.wire import Client
from tests.benchmarks.world import World, event
from tests.support.partner import path

FOLLOWED_PER_SECOND = 10
DRAIN_SECONDS = 20.0
WARM_UP = 20
READS = 200


class Ceiling(Struct, frozen=True):
    """What the same machine does without us: a record from a producer through Kafka into Redis, and
    one read of a list that is ready."""

    kafka_to_redis: Spread | None
    gateway_read: Spread | None


class FreshnessRun(Struct, frozen=True):
    """`rate` None: one interaction at a time. `acknowledged`: bulk interactions a second. `ratio`:
    the median from sending to served over the sum of the ceiling's medians. `drain_seconds`: how long
    after the last sending everything was applied, None: not in time. `cores`: CPU seconds a second
    by process. `means`: milliseconds on average of what the processes measure themselves."""

    rate: float | None
    acknowledged: float | None
    errors: dict[str, int]
    sent_to_accepted: Spread | None
    sent_to_served: Spread | None
    accepted_to_served: Spread | None
    stages: dict[str, Spread | None]
    ceiling: Ceiling
    ratio: float | None
    drain_seconds: float | None
    cores: dict[str, float]
    means: dict[str, float]


class FreshnessReport(Struct, frozen=True):
    """What `--json` writes."""

    machine: Machine
    credentials: int
    learners: int
    runs: list[FreshnessRun]
    benchmark: str = "freshness"


class Freshness:
    """Measures one stack."""

    def __init__(
        self, target: Target, world: World, partner: Client, *, count: int, seconds: float
    ) -> None:
        self._target = target
        self._credentials = world.credentials
        half = len(world.learners) // 2
        self._followed, self._crowd = world.learners[:half], world.learners[half:]
        self._partner = partner
        self._count = count
        self._seconds = seconds
        self._draw = random.Random(7)
        self._turn = 0

    async def report(self, rates: Sequence[float | None], say: Say) -> FreshnessReport:
        """One run for each rate."""
        where = machine()
        say("warming up")
        await one_by_one(WARM_UP, lambda: self._follow([], Counter()), self._seconds)
        runs = []
        for rate in rates:
            say("one at a time" if rate is None else f"{rate:g} interactions a second")
            runs.append(await self._run(rate))
        learners = len(self._followed) + len(self._crowd)
        return FreshnessReport(where, len(self._credentials), learners, runs)

    async def _run(self, rate: float | None) -> FreshnessRun:
        followed: list[Followed] = []
        errors: Counter[str] = Counter()
        metrics, cpu, began = (
            await scrape(self._target.metrics),
            cpu_of(self._target.pids),
            time.perf_counter(),
        )
        acknowledged = None
        if rate is None:
            await one_by_one(self._count, lambda: self._follow(followed, errors), self._seconds)
        else:
            acknowledged = await self._at(rate, followed, errors)
        took = time.perf_counter() - began
        used = {name: seconds - cpu[name] for name, seconds in cpu_of(self._target.pids).items()}
        drained = await self._drained()
        stages = means(metrics, await scrape(self._target.metrics))
        ceiling = await self._ceiling(rate)
        whole = spread([each.served for each in followed])
        return FreshnessRun(
            rate=rate,
            acknowledged=acknowledged,
            errors=dict(errors),
            sent_to_accepted=spread([each.accepted for each in followed]),
            sent_to_served=whole,
            accepted_to_served=spread([each.served - each.accepted for each in followed]),
            stages=budget(followed),
            ceiling=ceiling,
            ratio=ratio(_median(whole), _median(ceiling.kafka_to_redis, ceiling.gateway_read)),
            drain_seconds=drained,
            cores={name: round(seconds / took, 3) for name, seconds in used.items()},
            means=stages,
        )

    async def _at(self, rate: float, followed: list[Followed], errors: Counter[str]) -> float:
        """Runs load and followed interactions together; how many of the load were acknowledged a second."""
        singles = min(float(FOLLOWED_PER_SECOND), rate / 2)
        load = Load(rate - singles, self._post)
        follows = Load(singles, lambda count: self._follow_some(count, followed, errors))
        await asyncio.gather(load.run(self._seconds), follows.run(self._seconds))
        errors.update({f"bulk: {name}": count for name, count in load.errors.items()})
        errors.update(follows.errors)
        return round(load.acted / load.seconds, 1)

    async def _post(self, count: int) -> int:
        """Posts interactions of the crowd at once; how many were acknowledged."""
        draw = self._draw
        lines = [
            msgspec.json.encode(
                event(draw.choice(self._credentials), draw, draw.choice(self._crowd))
            )
            for _ in range(count)
        ]
        request = self._partner.encode(
            "POST", "/v1/interactions", b"\n".join(lines), "application/x-ndjson"
        )
        reply = await self._partner.send(request)
        if reply.status != 200:
            raise ConnectionError(f"answered {reply.status}")
        return sum(b'"code"' not in line for line in reply.body.splitlines())

    async def _follow_some(self, count: int, followed: list[Followed], errors: Counter[str]) -> int:
        await asyncio.gather(*(self._follow(followed, errors) for _ in range(count)))
        return count

    async def _follow(self, followed: list[Followed], errors: Counter[str]) -> None:
        self._turn += 1
        learner = self._followed[self._turn % len(self._followed)]
        interaction = event(self._draw.choice(self._credentials), self._draw)
        try:
            followed.append(await follow(self._partner, learner, interaction))
        except Missed as missed:
            errors[str(missed)] += 1
        except (OSError, EOFError) as error:
            errors[type(error).__name__] += 1

    async def _drained(self) -> float | None:
        began = time.perf_counter()
        file = self._target.file
        async with lag(file.kafka, file.redis_url) as behind:
            try:
                await behind.until_none(patience=DRAIN_SECONDS)
            except Stalled:
                return None
        return round(time.perf_counter() - began, 3)

    async def _ceiling(self, rate: float | None) -> Ceiling:
        file = self._target.file
        plain = await plain_seconds(
            file.kafka, file.redis_url, rate=rate, count=self._count, seconds=self._seconds / 2
        )
        reads: list[float] = []
        request = self._partner.encode(
            "GET", f"{path('learners', self._followed[0])}/recommendations"
        )
        for _ in range(READS):
            began = time.perf_counter()
            await self._partner.send(request)
            reads.append(time.perf_counter() - began)
        return Ceiling(spread(plain), spread(reads))


def _median(*spreads: Spread | None) -> float | None:
    """The sum of medians; None where one is unknown."""
    medians = [each.p50 for each in spreads if each is not None]
    return sum(medians) if len(medians) == len(spreads) else None
