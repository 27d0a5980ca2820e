"""A rolling restart of every process while a partner's requests go on.

Each process is replaced as Kubernetes does it: of what serves requests the new one is ready and gets the new
connections before the old one is asked to stop; a worker comes back to its place in the group; the trainer is alone.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import monotonic

import numpy as np
import pytest
from rich.console import Console

from tests.chaos.test_exact_states import settle
from tests.support.flow import Flow
from tests.support.partner import client
from tests.support.rollout import Service, addresses, ended, in_front
from tests.support.traffic import Traffic
from tests.support.waiting import until

pytestmark = pytest.mark.stack


async def test_nothing_fails_and_nothing_is_lost_while_every_process_is_replaced(
    storm: Flow,
) -> None:
    """No request fails at the gateway, every process ends by itself, and each accepted event is in the states."""
    async with in_front(storm.stack) as services, traffic_to(storm, services) as traffic:
        await more_served(traffic)
        for name, service in services.items():
            async with phase(traffic, name):
                await service.replace(**(addresses(services) if name == "gateway" else {}))
        workers = [worker for worker in storm.stack.workers if worker.pid is not None]
        for process in (*workers, storm.stack.processes["trainer"]):
            async with phase(traffic, process.name):
                await ended(process)
                await process.start()
                await storm.stack.until_ready()
        traffic.phase = "after"
        await more_served(traffic)
    assert traffic.failures == []
    await settle(storm, traffic.lines)


@asynccontextmanager
async def traffic_to(flow: Flow, services: Mapping[str, Service]) -> AsyncIterator[Traffic]:
    """Until the block ends, traffic of learners and credentials of its own, who are known already."""
    seed = uuid.uuid4().hex
    credentials = [f"{seed}/{number}" for number in range(20)]
    learners = [f"{seed}-{number}" for number in range(40)]
    await asyncio.gather(*(flow.publish(id) for id in credentials))
    await asyncio.gather(*(flow.partner.put_learner(id) for id in learners))
    over = asyncio.Event()
    async with client(services["gateway"].url, flow.stack.partner.secret_key) as http:
        traffic = Traffic(http, learners, credentials)
        running = asyncio.create_task(traffic.run(over))
        try:
            yield traffic
        finally:
            over.set()
            await running


@asynccontextmanager
async def phase(traffic: Traffic, name: str) -> AsyncIterator[None]:
    """While one process is replaced; what it did to freshness is printed."""
    traffic.phase = name
    began, first = monotonic(), (traffic.requests, len(traffic.lines), len(traffic.freshness))
    yield
    await more_served(traffic)
    seconds = monotonic() - began
    requests, events = traffic.requests - first[0], len(traffic.lines) - first[1]
    p50, p99, most = np.percentile(traffic.freshness[first[2] :], (50, 99, 100)) * 1000
    Console(soft_wrap=True).print(
        f"{name}: {seconds:.1f} s, {requests / seconds:.0f} requests/s, {events / seconds:.0f} events/s; "
        f"freshness p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {most:.0f} ms"
    )


async def more_served(traffic: Traffic, count: int = 3) -> None:
    """Returns when so many more of the events that are followed have been served."""
    wanted = len(traffic.freshness) + count

    async def look() -> int:
        return len(traffic.freshness)

    await until(look, lambda seen: seen >= wanted, seconds=240)
