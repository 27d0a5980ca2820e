"""The gateway's CPU time for a recommendation that is ready, over the least that it could be.

The ceilings are a constant answer of the same size by Litestar and by no framework, on granian like
the gateway. All take turns in short rounds, so that a busy moment of the machine meets all of them.
"""

import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from msgspec import Struct

from deploy.local.child import Program, running
from deploy.local.keeper import Say
from deploy.local.ports import accepts, free_port
from tests.benchmarks.constant import APPS
from tests.benchmarks.machine import Machine, machine
from tests.benchmarks.processes import cpu_seconds
from tests.benchmarks.spread import Spread, median_ratio, spread
from tests.benchmarks.target import Target
from tests.benchmarks.wire import Client
from tests.benchmarks.world import World
from tests.support.partner import path

AT_LEAST, AIM = 1.6, 1.15
ROUNDS = 5
# Another round is begun only before then; on a busy machine there are fewer.
MOST_SECONDS = 30.0
AT_ONCE = 32
ALONE = 60
IDLE_SECONDS = 2.0
RECOMMENDATIONS, SEARCH = "recommendations", "search"
LITESTAR = "litestar constant"


class Case(NamedTuple):
    """A server and what it is asked, in turn."""

    client: Client
    pid: int
    requests: Iterator[bytes]


class Cost(Struct, frozen=True):
    """`cpu_microseconds` of the server for a request while 32 are under way, the median of the rounds;
    `over_litestar` the median of the rounds' ratios; `latency` of single requests."""

    cpu_microseconds: float
    rounds: list[float]
    over_litestar: float | None
    latency: Spread | None


class GatewayReport(Struct, frozen=True):
    """What `--json` writes. `answer_bytes`: the median of the learners' answers, and the constants'.
    `idle_cores`: what the gateway uses without requests. `stored`: whether the lists were the same
    before and after, so that none was ranked again."""

    machine: Machine
    answer_bytes: int
    requests: int
    idle_cores: float
    stored: bool
    errors: dict[str, int]
    costs: dict[str, Cost]
    at_least: float = AT_LEAST
    aim: float = AIM
    benchmark: str = "gateway"


async def measure(
    target: Target, world: World, partner: Client, *, requests: int, folder: Path, say: Say
) -> GatewayReport:
    """Measures each case in rounds, `requests` of each case in all."""
    where = machine()
    pid = target.pids["gateway"]
    lists = [f"{path('learners', id)}/recommendations" for id in world.learners]
    before = [(await partner.get(url)).body for url in lists]
    middle = sorted(before, key=len)[len(before) // 2]
    say("measuring")
    async with _constants(middle, folder) as constants:
        cases = {
            RECOMMENDATIONS: Case(partner, pid, _cycle(partner, lists)),
            SEARCH: Case(partner, pid, _cycle(partner, ["/v1/credentials?q=data&limit=10"])),
            **constants,
        }
        idle = await _idle(pid)
        errors: Counter[str] = Counter()
        rounds, latencies = await _rounds(cases, requests // ROUNDS, errors)
    after = [(await partner.get(url)).body for url in lists]
    return GatewayReport(
        machine=where,
        answer_bytes=len(middle),
        requests=requests,
        idle_cores=idle,
        stored=before == after,
        errors=dict(errors),
        costs={
            name: Cost(
                cpu_microseconds=round(median(rounds[name]), 1),
                rounds=[round(each, 1) for each in rounds[name]],
                over_litestar=median_ratio(rounds[name], rounds[LITESTAR]),
                latency=spread(latencies[name]),
            )
            for name in cases
        },
    )


async def _rounds(
    cases: Mapping[str, Case], requests: int, errors: Counter[str]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """By case: CPU microseconds for a request in each round, and the seconds of single requests."""
    costs: dict[str, list[float]] = {name: [] for name in cases}
    latencies: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        await _many(case, requests // 4, errors)
    first = time.perf_counter()
    for number in range(ROUNDS):
        if number and time.perf_counter() - first > MOST_SECONDS:
            break
        for name, case in cases.items():
            used = cpu_seconds(case.pid)
            await _many(case, requests, errors)
            costs[name].append((cpu_seconds(case.pid) - used) / requests * 1e6)
            for _ in range(ALONE):
                began = time.perf_counter()
                await _one(case, errors)
                latencies[name].append(time.perf_counter() - began)
    return costs, latencies


async def _many(case: Case, count: int, errors: Counter[str]) -> None:
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            await _one(case, errors)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def _one(case: Case, errors: Counter[str]) -> None:
    try:
        reply = await case.client.send(next(case.requests))
    except (OSError, EOFError) as error:
        errors[type(error).__name__] += 1
        return
    if reply.status != 200:
        errors[f"answered {reply.status}"] += 1


async def _idle(pid: int) -> float:
    used = cpu_seconds(pid)
    await asyncio.sleep(IDLE_SECONDS)
    return round((cpu_seconds(pid) - used) / IDLE_SECONDS, 4)


@asynccontextmanager
async def _constants(body: bytes, folder: Path) -> AsyncIterator[dict[str, Case]]:
    """Both ceilings, running."""
    file = folder / "answer"
    file.write_bytes(body)
    async with AsyncExitStack() as opened:
        cases = {}
        for kind in APPS:
            port = free_port()
            program = Program(
                name=kind,
                command=(
                    sys.executable,
                    "-m",
                    "tests.benchmarks.constant",
                    kind,
                    str(port),
                    str(file),
                ),
                log=folder / f"{kind}.log",
                ready=accepts(port),
            )
            child = await opened.enter_async_context(running(program))
            # The key is of no use there, but reading it is a part of the work.
            client = await opened.enter_async_context(
                Client(f"http://127.0.0.1:{port}", "sk_" + "x" * 43)
            )
            cases[f"{kind} constant"] = Case(client, child.pid, _cycle(client, ["/"]))
        yield cases


def _cycle(client: Client, paths: list[str]) -> Iterator[bytes]:
    return itertools.cycle([client.encode("GET", each) for each in paths])
