"""Where to read on: the marks of the archive, as far as the logs still have the records that they name.

A mark whose record is not in the log (it is another log, or retention or compaction took it) says
nothing: that log is read from its beginning, which is always safe, because merges are idempotent.
"""

import time

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from libs.common.errors import TryAgain
from libs.common.kafka.records import read
from libs.common.settings import KafkaSettings
from services.recommender.trainer.archive import Marks

log = structlog.get_logger()

CHECK_SECONDS = 30.0
_ONE_RECORD_BYTES = 16 * 1024


async def proven(settings: KafkaSettings, marks: Marks) -> Marks:
    """The marks whose record is where they say. Raises TryAgain when Kafka does not say in time."""
    if not marks:
        return {}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap.split(","),
        enable_auto_commit=False,
        fetch_max_wait_ms=10,
        max_partition_fetch_bytes=_ONE_RECORD_BYTES,
    )
    try:
        await consumer.start()
        found = await _records_at(consumer, marks)
    except (KafkaError, OSError) as error:
        raise TryAgain(f"the archive's marks cannot be checked: {error!r}") from error
    finally:
        await consumer.stop()
    good = {place: mark for place, mark in marks.items() if found.get(place) == mark.record_id}
    if len(good) < len(marks):
        log.warning("logs_read_from_their_beginning", partitions=len(marks) - len(good))
    return good


async def _records_at(consumer: AIOKafkaConsumer, marks: Marks) -> dict[tuple[str, int], str]:
    """The id of the record at each mark's offset, where there is one."""
    wanted = {TopicPartition(topic, number): mark.offset for (topic, number), mark in marks.items()}
    begins = await consumer.beginning_offsets(wanted)
    ends = await consumer.end_offsets(wanted)
    open_ = {place for place, offset in wanted.items() if begins[place] <= offset < ends[place]}
    consumer.assign(list(open_))
    for place in open_:
        consumer.seek(place, wanted[place])
    found: dict[tuple[str, int], str] = {}
    deadline = time.monotonic() + CHECK_SECONDS
    while open_:
        if time.monotonic() > deadline:
            raise TryAgain(f"{len(open_)} partitions did not answer within {CHECK_SECONDS:g} s")
        for place, records in (await consumer.getmany(timeout_ms=200)).items():
            if records and place in open_:
                if records[0].offset == wanted[place]:
                    found[place.topic, place.partition] = read(records[0]).id
                open_.discard(place)
                consumer.pause(place)
    return found
