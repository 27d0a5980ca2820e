"""What each process of Stackwise is told by its environment on this machine."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from deploy.local.child import Program, dying_with_us
from deploy.local.errors import CommandFailed
from deploy.local.ports import accepts
from deploy.local.state import DEMO, Secrets, StateFolder

SERVICES = ("catalog", "profile", "recommender", "gateway")
# With a database of its own; the same names are the databases'.
STORING = ("catalog", "profile", "gateway")
_ROOT = Path(__file__).parents[2]
# Copies of status lists, named by their quoted URL: what a badge is checked by on a machine without the Web.
BADGE_MIRROR = "badge-mirror"
# Settings of the whole stack that whoever starts it may choose.
_INHERITED = ("STACKWISE_LOG_LEVEL", "STACKWISE_OTLP_ENDPOINT", "STACKWISE_TRACE_RATIO")


@dataclass(frozen=True)
class Surroundings:
    """What the processes are started in.

    ports: by process, the port of its HTTP interface. overrides: by process, variables that win.
    """

    state: StateFolder
    secrets: Secrets
    databases: Mapping[str, str]
    redis_url: str
    kafka: str
    idempotence: bool
    ports: Mapping[str, int]
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def url(self, process: str) -> str:
        """The base URL of a process."""
        return f"http://127.0.0.1:{self.ports[process]}"


def programs(around: Surroundings) -> list[Program]:
    """The processes of a running stack but for its workers."""
    return [
        program(around, "catalog", "catalog", "api"),
        program(
            *(around, "profile", "profile", "api"),
            STACKWISE_BADGE_MIRROR=str(around.state.folder(BADGE_MIRROR)),
            STACKWISE_BADGE_WEB="false",
        ),
        program(around, "recommender", "recommender", "api"),
        program(around, "trainer", "recommender", "trainer"),
        program(around, "gateway", "gateway", "api", STACKWISE_DEMO=str(around.state.path / DEMO)),
    ]


def worker(around: Surroundings, name: str) -> Program:
    """A worker; its name is its identity in the consumer group."""
    return program(around, name, "recommender", "worker", STACKWISE_WORKER_INSTANCE=name)


def program(around: Surroundings, name: str, service: str, process: str, **more: str) -> Program:
    """A process that listens."""
    port = around.ports[name]
    return Program(
        name=name,
        command=command(service, process),
        log=around.state.log(name),
        environment={
            **environment(around, service),
            "STACKWISE_PORT": str(port),
            "STACKWISE_METRICS_PORT": str(around.ports[f"{name} metrics"]),
            "STACKWISE_SCRATCH": str(around.state.folder(f"scratch-{name}")),
            **more,
            **around.overrides.get(name, {}),
        },
        directory=_ROOT,
        ready=accepts(port),
    )


def beside(around: Surroundings, first: Program, name: str, **more: str) -> Program:
    """The same process once more, on ports and scratch of its own."""
    port = around.ports[name]
    return replace(
        first,
        name=name,
        log=around.state.log(name),
        environment={
            **(first.environment or {}),
            "STACKWISE_PORT": str(port),
            "STACKWISE_METRICS_PORT": str(around.ports[f"{name} metrics"]),
            "STACKWISE_SCRATCH": str(around.state.folder(f"scratch-{name}")),
            **more,
        },
        ready=accepts(port),
    )


async def output(around: Surroundings, service: str, *words: str) -> str:
    """What `python -m services.SERVICE WORDS` writes; CommandFailed with its errors when it fails."""
    process = await asyncio.create_subprocess_exec(
        *dying_with_us(command(service, *words)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(around, service),
        cwd=_ROOT,
    )
    try:
        out, errors = await process.communicate()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise CommandFailed(f"services.{service} {' '.join(words)}: {errors.decode()}")
    return out.decode()


def command(service: str, *words: str) -> tuple[str, ...]:
    """The command line of a service."""
    return (sys.executable, "-m", f"services.{service}", *words)


def environment(around: Surroundings, service: str) -> dict[str, str]:
    """All variables of a service's processes."""
    return inherited() | settings(around, service)


def inherited() -> dict[str, str]:
    """This process's own variables; of its Stackwise settings few pass."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("STACKWISE_") or name in _INHERITED
    }


def settings(around: Surroundings, service: str) -> dict[str, str]:
    """What a service is told."""
    database = {"STACKWISE_POSTGRES_URL": around.databases[service]} if service in STORING else {}
    return {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "STACKWISE_KAFKA_BOOTSTRAP": around.kafka,
        "STACKWISE_KAFKA_IDEMPOTENCE": str(around.idempotence).lower(),
        "STACKWISE_KAFKA_FETCH_WAIT_MS": "100" if around.idempotence else "10",
        "STACKWISE_REDIS_URL": around.redis_url,
        "STACKWISE_LOOKUP_PEPPER": around.secrets.lookup_pepper,
        "STACKWISE_CATALOG_URL": around.url("catalog"),
        "STACKWISE_PROFILE_URL": around.url("profile"),
        "STACKWISE_RECOMMENDER_URL": around.url("recommender"),
        "STACKWISE_KEY_PER_SECOND": "2000",
        "STACKWISE_ADDRESS_PER_SECOND": "2000",
        "STACKWISE_MODEL_STORE": str(around.state.folder("models")),
        **database,
    }
