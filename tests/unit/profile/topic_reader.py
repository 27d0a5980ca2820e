"""Reading a topic of the embedded broker from its beginning."""

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from libs.common.contracts.topics import Topic


async def records(bootstrap: str, topic: Topic) -> list[ConsumerRecord]:
    """Every record of the topic up to its present end."""
    consumer = AIOKafkaConsumer(
        topic.name, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[ConsumerRecord] = []
        for place, end in ends.items():
            while await consumer.position(place) < end:
                found += (await consumer.getmany(place, timeout_ms=50)).get(place, [])
        return found
    finally:
        await consumer.stop()
