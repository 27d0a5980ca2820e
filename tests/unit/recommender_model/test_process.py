"""The trainer as the process that is deployed, and the commands about its models."""

import asyncio
import os
import subprocess
import sys

import httpx
import pytest

from deploy.local.child import Child, Program
from deploy.local.ports import free_port
from services.recommender.model.store import ModelStore
from services.recommender.trainer.archive import Archive
from tests.support import waiting
from tests.unit.recommender_model.conftest import Bench
from tests.unit.recommender_model.events import interaction
from tests.unit.recommender_model.test_trainer import two_tastes

COMMAND = (sys.executable, "-m", "services.recommender")


class Deployed:
    """The trainer's process on a bench."""

    def __init__(self, bench: Bench) -> None:
        self.port = free_port()
        self._bench = bench
        self.environment = {
            **{n: v for n, v in os.environ.items() if not n.startswith("STACKWISE_")},
            "STACKWISE_PORT": str(self.port),
            "STACKWISE_KAFKA_BOOTSTRAP": bench.log.settings.kafka_bootstrap,
            "STACKWISE_KAFKA_IDEMPOTENCE": "false",
            "STACKWISE_MODEL_STORE": str(bench.folder / "models"),
            "STACKWISE_SCRATCH": str(bench.folder / "scratch"),
            "STACKWISE_TRAIN_MINIMUM": "200",
            "STACKWISE_TRAIN_NICENESS": "0",
        }

    async def start(self) -> Child:
        log = self._bench.folder / "trainer.log"
        child = await Child.start(
            Program("trainer", (*COMMAND, "trainer"), log, environment=self.environment)
        )
        self._bench.stack.push_async_callback(child.stop)
        return child

    async def ready(self) -> int:
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.port}/health/ready")).status_code
            except httpx.TransportError:
                return 0

    async def command(self, *words: str) -> tuple[int | None, str]:
        child = await asyncio.create_subprocess_exec(
            *COMMAND,
            *words,
            env={**self.environment, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        out, _ = await child.communicate()
        return child.returncode, out.decode()


async def test_the_process_trains_rolls_back_and_saves_when_it_is_stopped(bench: Bench) -> None:
    """Ready once a model is announced; models and rollback work beside it; SIGTERM reads to the end and saves."""
    deployed, store = Deployed(bench), ModelStore(str(bench.folder / "models"))
    child = await deployed.start()
    await waiting.until(deployed.ready, lambda status: status == 200, seconds=120)

    async def current() -> str:
        version = store.current()
        return version.version if version else ""

    first = await current()
    await bench.log.send(*two_tastes())
    second = await waiting.until(current, lambda version: version > first, seconds=120)
    code, table = await deployed.command("models")
    assert code == 0
    assert table.index(second) < table.index(first)
    code, _ = await deployed.command("rollback", "no such version")
    assert code == 2
    code, _ = await deployed.command("rollback")
    assert code == 0
    await waiting.until(current, lambda version: version == first, seconds=60)
    await bench.log.send(interaction("the last", "c1", "view", 1))
    await child.stop(grace=60)
    assert child.exit_code == 0, child.log_tail()
    archived = Archive(bench.folder / "scratch" / "archive").load()
    assert archived is not None
    assert archived.columns.find("the last") is not None


@pytest.mark.parametrize("missing", ["STACKWISE_MODEL_STORE", "STACKWISE_SCRATCH"])
async def test_a_missing_setting_is_named(bench: Bench, missing: str) -> None:
    """A trainer without a setting ends at once and says which one."""
    deployed = Deployed(bench)
    del deployed.environment[missing]
    code, words = await deployed.command("trainer")
    assert code == 2
    assert f"{missing} is missing" in words
