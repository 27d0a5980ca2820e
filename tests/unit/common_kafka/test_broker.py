import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError

from deploy.local.child import running
from deploy.local.embedded import tansu
from deploy.local.ports import free_port
from libs.common.contracts.topics import SKILL
from libs.common.global_table import GlobalTables
from libs.common.kafka.broker import KafkaAway, keep_started, make_broker, wait_for_kafka
from libs.common.kafka.provision import provision
from libs.common.kafka.publisher import Publisher
from libs.common.settings import KafkaSettings
from tests.factories.catalog import skill
from tests.support.waiting import until


def settings(port: int) -> KafkaSettings:
    return KafkaSettings(
        kafka_bootstrap=f"127.0.0.1:{port}", kafka_idempotence=False, kafka_wait_seconds=0.1
    )


async def test_start_up_waits_for_kafka_and_gives_up_with_a_clear_error() -> None:
    """A process does not become a zombie that never consumes."""
    port = free_port()
    with pytest.raises(KafkaAway, match=f"no Kafka at 127.0.0.1:{port}"):
        await wait_for_kafka(settings(port))


async def test_a_broker_starts_when_kafka_comes(tmp_path: Path) -> None:
    """A process that answers without Kafka reads and publishes as soon as it is there."""
    port = free_port()
    broker = make_broker(settings(port), client_id="test")
    tables = GlobalTables(broker, [SKILL])
    keeping = asyncio.create_task(keep_started(broker, settings(port)))

    async def caught_up() -> bool:
        return tables.caught_up

    async def known() -> dict[str, object]:
        return tables.get(SKILL)

    try:
        await asyncio.wait({keeping}, timeout=1.5)
        assert not keeping.done()
        assert tables.problem()
        async with running(tansu.program(tmp_path / "broker.log", port)):
            await provision(f"127.0.0.1:{port}")
            await until(caught_up, bool)
            await Publisher(broker, "test").send(SKILL, "s", skill("s"))
            await until(known, lambda table: "s" in table)
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
    finally:
        keeping.cancel()


async def test_a_start_that_fails_is_tried_again(
    kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka may answer and be gone when the broker starts."""
    here = KafkaSettings(kafka_bootstrap=kafka_bootstrap, kafka_idempotence=False)
    broker = make_broker(here, client_id="test")
    start, attempts = broker.start, 0

    async def failing_once() -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise KafkaConnectionError("gone again")
        await start()

    async def tried() -> int:
        return attempts

    monkeypatch.setattr(broker, "start", failing_once)
    keeping = asyncio.create_task(keep_started(broker, here))
    try:
        await until(tried, lambda count: count == 2 or keeping.done())
        assert not keeping.done()
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
