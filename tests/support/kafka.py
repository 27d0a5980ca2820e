"""What chaos tests do to Kafka."""

import asyncio
import contextlib
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.stack import Stack
from libs.common.contracts.topics import Topic
from libs.common.kafka.provision import provision
from tests.conftest import APACHE
from tests.support.waiting import until

AWAY_SECONDS = 10


async def away(stack: Stack) -> None:
    """Ten seconds without Kafka: Apache Kafka is stopped and started, the embedded broker cut off."""
    broker = stack.processes["broker"]
    if APACHE:
        await broker.stop()
        await asyncio.sleep(AWAY_SECONDS)
        await broker.start()
        return
    assert stack.proxy is not None
    await stack.proxy.sever()
    await asyncio.sleep(AWAY_SECONDS)
    await stack.proxy.open()


async def recreate(stack: Stack, topics: Sequence[Topic]) -> None:
    """Empties topics: Apache Kafka deletes and creates them, the embedded broker forgets everything."""
    if not APACHE:
        await stack.processes["broker"].restart()
        return
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        await admin.delete_topics([topic.name for topic in topics])
    finally:
        await admin.close()

    async def create() -> set[str]:
        """Deletion goes on after its answer; until then creation is refused."""
        with contextlib.suppress(KafkaError):
            created.update(await provision(stack.kafka, topics=topics))
        return created

    created: set[str] = set()
    await until(create, {topic.name for topic in topics}.issubset)
