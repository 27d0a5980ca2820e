import uuid
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.common.kafka.lookup import end_offsets, record_ids

BATCHES = (1, 5, 3)


@pytest.fixture
async def consumer(kafka_bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=10
    )
    await consumer.start()
    yield consumer
    await consumer.stop()


@pytest.fixture
async def places(kafka_bootstrap: str) -> tuple[TopicPartition, TopicPartition]:
    """A log of nine records in three batches, and an empty one."""
    name = f"lookup-{uuid.uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 2, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    offset = 0
    for size in BATCHES:
        batch = producer.create_batch()
        for _ in range(size):
            batch.append(
                key=b"k", value=b"x", timestamp=None, headers=[("ce_id", str(offset).encode())]
            )
            offset += 1
        await (await producer.send_batch(batch, name, partition=0))
    await producer.stop()
    return TopicPartition(name, 0), TopicPartition(name, 1)


async def test_a_log_ends_behind_its_last_record(
    consumer: AIOKafkaConsumer, places: tuple[TopicPartition, TopicPartition]
) -> None:
    """The end counts every record of the last batch; an empty log ends at 0."""
    full, empty = places
    ends = await end_offsets(consumer, places, seconds=20)
    assert ends == {full: sum(BATCHES), empty: 0}


@pytest.mark.parametrize("offset", [0, 1, 4, 6, 8])
async def test_every_record_is_found_at_its_offset(
    consumer: AIOKafkaConsumer, places: tuple[TopicPartition, TopicPartition], offset: int
) -> None:
    """The id at an offset is that record's own, wherever in its batch the record stands."""
    found = await record_ids(consumer, {places[0]: offset, places[1]: 0}, seconds=20)
    assert found == {places[0]: str(offset)}


async def test_there_is_no_record_behind_the_end(
    consumer: AIOKafkaConsumer, places: tuple[TopicPartition, TopicPartition]
) -> None:
    """An offset that the log has not reached has no record, and asking does not wait for one."""
    assert await record_ids(consumer, {places[0]: 9, places[1]: 3}, seconds=20) == {}
