import asyncio
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer

from deploy.local.fleet import Fleet
from deploy.local.guard import guarded
from deploy.local.keeper import Process
from deploy.local.parts import start_embedded
from deploy.local.ports import free_port
from deploy.local.state import StateFolder, open_state
from libs.common.contracts.topics import TOPICS
from tests.unit.local.fakes import python
from tests.unit.local.waiting import until

# Asks for a topic again and again, which makes the broker create it where it is missing.
_CLIENT = """
import asyncio, logging
from aiokafka import AIOKafkaConsumer
logging.disable()
async def main():
    while True:
        consumer = AIOKafkaConsumer("profile.learner.v1", bootstrap_servers="127.0.0.1:{port}")
        try:
            await consumer.start()
            print("seen", flush=True)
        except Exception:
            pass
        finally:
            await consumer.stop()
asyncio.run(main())
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateFolder]:
    with open_state(tmp_path / "state") as opened:
        yield opened


async def test_a_broker_that_died_has_its_topics_before_anybody_asks(state: StateFolder) -> None:
    """After the embedded broker's death each topic has the partitions of the topic table."""
    port = free_port()
    async with guarded() as guard:
        fleet = Fleet(watch=guard, say=lambda line: None)
        try:
            await start_embedded(fleet, state, port, port)
            client = await fleet.start(python(state.path, "client", _CLIENT.format(port=port)))
            await until(lambda: client.program.log.read_text())
            broker = fleet["broker"]
            for _ in range(3):
                await _kill(broker)
                await until(lambda: psutil.Process(client.pid).status() != psutil.STATUS_STOPPED)
                await asyncio.wait_for(_check_partitions(port), 10)
        finally:
            await fleet.stop(*fleet.processes)


async def _kill(broker: Process) -> None:
    """Returns when another process has taken the place of the killed one."""
    killed = broker.pid
    broker.kill()
    await until(lambda: broker.pid not in (None, killed))


async def _check_partitions(port: int) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=f"127.0.0.1:{port}")
    await consumer.start()
    try:
        assert await consumer.topics() >= {topic.name for topic in TOPICS}
        for topic in TOPICS:
            partitions = consumer.partitions_for_topic(topic.name)
            assert partitions is not None
            assert len(partitions) == topic.partitions
    finally:
        await consumer.stop()
