"""The worker as a process: started, frozen, killed, stopped."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from deploy.local.child import Child, Program
from deploy.local.ports import free_port
from tests.support import waiting
from tests.unit.recommender.conftest import Stack
from tests.unit.recommender.events import interaction, message
from tests.unit.recommender.test_worker import applied, lives, population, publish, until, wrong


def worker(stack: Stack, folder: Path, name: str) -> Program:
    """A worker process with a static membership of its own."""
    port = free_port()

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"http://127.0.0.1:{port}/health/ready")
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    return Program(
        name=name,
        command=(sys.executable, "-m", "services.recommender", "worker"),
        log=folder / f"{name}.log",
        environment=stack.environment(port=str(port), worker_instance=name),
        ready=ready,
    )


@asynccontextmanager
async def started(program: Program) -> AsyncIterator[Child]:
    """The process, ready, until the block ends."""
    child = await Child.start(program)
    try:
        await child.until_ready(90)
        yield child
    finally:
        await child.stop()


async def test_a_worker_becomes_ready_and_stops_cleanly(stack: Stack, tmp_path: Path) -> None:
    """It applies what it was given before it was asked to stop, and exits with 0."""
    async with started(worker(stack, tmp_path, "w")) as child:
        await publish(stack, [interaction(key="a")])
        events = [interaction("last", key="a")]
        sent = await stack.send(*map(message, events))
        await child.stop()
        assert child.exit_code == 0, child.log_tail()
        assert await applied(stack, sent, events)


async def test_a_killed_worker_loses_nothing(stack: Stack, tmp_path: Path) -> None:
    """SIGKILL in the middle of a flood; its successor goes on where the offsets stand."""
    program = worker(stack, tmp_path, "w")
    events = [*population(), *lives(1200)]
    async with started(program) as child:
        sent = await stack.send(*map(message, events[:600]))
        await until(lambda: applied(stack, sent[:50], events[:50]))
        sent += await stack.send(*map(message, events[600:]))
        await child.kill()
    async with started(program):
        await until(lambda: applied(stack, sent, events), 60)
        assert await wrong(stack, sent, events) == []


async def test_a_frozen_worker_that_wakes_does_no_harm(stack: Stack, tmp_path: Path) -> None:
    """It slept beyond its session, another took its partitions; its late commits are refused."""
    first, second = worker(stack, tmp_path, "w1"), worker(stack, tmp_path, "w2")
    events = [*population(), *lives(600)]
    async with started(first) as sleeper, started(second):
        sent = await publish(stack, events)
        more = lives(600, seed=8)
        sent += await stack.send(*map(message, more[:300]))
        os.kill(sleeper.pid, signal.SIGSTOP)
        sent += await stack.send(*map(message, more[300:]))
        events += more
        await until(lambda: applied(stack, sent, events), 120)
        os.kill(sleeper.pid, signal.SIGCONT)
        last = lives(600, seed=9)
        sent += await stack.send(*map(message, last))
        events += last
        await until(lambda: applied(stack, sent, events), 120)

        async def found() -> list[str]:
            return await wrong(stack, sent, events)

        await waiting.until(found, lambda differing: not differing, seconds=30)
