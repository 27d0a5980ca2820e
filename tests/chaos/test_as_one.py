"""Three workers and two gateways are to a partner what one of each is."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from deploy.local.keeper import Process
from tests.chaos.test_exact_states import lines_for, settle
from tests.flow.test_stream import Stream, stopped
from tests.support.flood import Flood, Line
from tests.support.flow import Flow
from tests.support.partner import Partner, client, event, path
from tests.support.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.kafka]

LINES = 2_000
ASKED = 20
PARTITIONS = 64
OWNED = "stackwise_recommender_partitions_owned"


async def test_workers_and_gateways_behave_as_one(storm: Flow) -> None:
    """The partitions are shared out; what either gateway accepts counts once; both serve the same list with the same
    ETag, and a stream of one shows what the other accepted."""
    async with another_gateway(storm) as other, more_workers(storm):
        await until(lambda: owned(storm.stack.workers), lambda seen: shared(seen, 3), seconds=60)
        lines = await lines_for(storm, LINES)
        await until(lambda: known(other, lines), bool)
        half = LINES // 2
        await asyncio.gather(
            Flood(storm.partner, lines[:half]).send(), Flood(other, lines[half:]).send()
        )
        await settle(storm, lines)
        for learner in sorted({line["learner_id"] for line in lines})[:ASKED]:
            await same_list(storm.partner.http, other.http, learner)
            await same_list(other.http, storm.partner.http, learner)
        await check_stream(storm, other, lines[0])
    await until(lambda: owned(storm.stack.workers), lambda seen: shared(seen, 1), seconds=60)


async def same_list(one: httpx.AsyncClient, two: httpx.AsyncClient, learner: str) -> None:
    """What one gateway has served is unchanged to the other; a list that was made anew between is asked for again."""
    target = path("learners", learner, "recommendations")

    async def look() -> int:
        first = await one.get(target)
        assert first.json()["items"], first.text
        tag = {"if-none-match": first.headers["etag"]}
        return (await two.get(target, headers=tag)).status_code

    await until(look, lambda status: status == 304)


async def check_stream(flow: Flow, other: Partner, line: Line) -> None:
    """An interaction through the first gateway arrives on a stream of the other."""
    learner, stream = line["learner_id"], Stream()
    following = asyncio.create_task(stream.follow(other.http, learner))

    async def position() -> int:
        return (stream.latest["freshness"]["position"] or -1) if stream.events else -1

    try:
        await until(position, lambda seen: seen >= 0)
        accepted = await flow.partner.interact(learner, event(line["credential_id"]))
        await until(position, lambda seen: seen >= accepted["position"])
    finally:
        await stopped(following)


@asynccontextmanager
async def another_gateway(flow: Flow) -> AsyncIterator[Partner]:
    """The same partner at a second gateway, until the block ends."""
    name = f"gateway {uuid.uuid4().hex[:8]}"
    url = await flow.stack.start_beside("gateway", name)
    try:
        async with client(url, flow.stack.partner.secret_key) as http:
            yield Partner(http)
    finally:
        await flow.stack.processes[name].stop()


@asynccontextmanager
async def more_workers(flow: Flow) -> AsyncIterator[None]:
    """Two more until the block ends."""
    workers = await asyncio.gather(*(flow.stack.start_worker() for _ in range(2)))
    try:
        yield
    finally:
        await asyncio.gather(*(worker.stop() for worker in workers))


async def known(gateway: Partner, lines: list[Line]) -> bool:
    """Whether a gateway knows every credential of the lines."""
    ids = {line["credential_id"] for line in lines}
    answers = await asyncio.gather(*(gateway.http.get(path("credentials", id)) for id in ids))
    return all(answer.status_code == 200 for answer in answers)


async def owned(workers: list[Process]) -> list[int]:
    """How many partitions each running worker projects."""
    async with httpx.AsyncClient() as http:
        ports = [
            (worker.program.environment or {})["STACKWISE_METRICS_PORT"]
            for worker in workers
            if worker.pid is not None
        ]
        answers = await asyncio.gather(
            *(http.get(f"http://127.0.0.1:{port}/metrics") for port in ports)
        )
    texts = [line for answer in answers for line in answer.text.splitlines()]
    return [int(float(line.split()[1])) for line in texts if line.startswith(f"{OWNED} ")]


def shared(seen: list[int], workers: int) -> bool:
    """Whether so many workers have all partitions between them, and each has some."""
    return len(seen) == workers and all(seen) and sum(seen) == PARTITIONS
