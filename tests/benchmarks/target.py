"""What is measured: a stack of its own, or one that runs."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from deploy.local.keeper import Say
from deploy.local.run import running_stack
from deploy.local.stack import Stack
from deploy.local.state import StackFile
from tests.benchmarks.processes import pid_on


class Target(NamedTuple):
    """`pids` and `metrics` (URLs) by process, as far as they can be known from here."""

    file: StackFile
    pids: Mapping[str, int]
    metrics: Mapping[str, str]


@asynccontextmanager
async def target(stack: Path | None, *, sample: bool, say: Say) -> AsyncIterator[Target]:
    """The stack that `stack` (a `stack.json`) tells of, else one started for the block."""
    if stack is not None:
        yield _running(stack)
        return
    with temporary_folder() as folder:
        async with running_stack(folder, sample=sample, durable=False, say=say) as started:
            yield _own(started)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed again."""
    folder = Path(tempfile.mkdtemp(prefix="stackwise-benchmark-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _own(stack: Stack) -> Target:
    processes = stack.processes.values()
    ports = {
        process.name: (process.program.environment or {}).get("STACKWISE_METRICS_PORT")
        for process in processes
    }
    return Target(
        stack.file(),
        {process.name: process.pid for process in processes if process.pid is not None},
        {name: f"http://127.0.0.1:{port}/metrics" for name, port in ports.items() if port},
    )


def _running(stack: Path) -> Target:
    file = msgspec.json.decode(stack.read_bytes(), type=StackFile)
    places = {
        "gateway": file.gateway_url,
        "catalog": file.catalog_url,
        "profile": file.profile_url,
        "recommender": file.recommender_url,
        "broker": file.kafka,
        "redis": file.redis_url,
    }
    pids = {name: pid for name, place in places.items() if (pid := pid_on(place)) is not None}
    return Target(file, pids, {})
