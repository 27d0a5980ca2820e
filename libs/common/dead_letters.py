"""`python -m libs.common.dead_letters list|show|replay`: what was parked, why, and sending it again.

A replayed event goes to the topic and partition it came from, with its own key, value and headers. Merges are
idempotent, so replaying twice changes nothing. A snapshot is not replayed: it could follow a newer one, an erasure even, which a
compacted topic would then forget. Its service sends the newest: `python -m services.NAME republish`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import typer
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from rich.console import Console
from rich.table import Table

from libs.common.contracts.topics import BY_NAME, TOPICS, Topic
from libs.common.contracts.types import moment
from libs.common.kafka.connection import connection
from libs.common.settings import KafkaSettings, load

NOTES = ("reason", "consumer", "attempts", "partition", "offset")
IDLE_MS = 1_000

app = typer.Typer(add_completion=False, help=__doc__)
console = Console()

TopicName = Annotated[str, typer.Argument(help="The source topic, e.g. profile.interaction.v1.")]
Partition = Annotated[int, typer.Argument(help="The partition.")]
Offset = Annotated[int, typer.Argument(help="The offset in the dead-letter topic.")]


@app.command("list")
def list_letters(
    topic: Annotated[str | None, typer.Option(help="Only this source topic.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 50,
) -> None:
    """The parked records, newest last."""
    topics = TOPICS if topic is None else (_topic(topic),)
    table = Table("topic", "partition", "offset", "parked", "consumer", "reason")
    for record in _run(lambda settings: _letters(settings, topics, limit)):
        notes = notes_of(record)
        source = record.topic.removesuffix(".dlq")
        place = (source, str(record.partition), str(record.offset))
        table.add_row(*place, _moment(record), notes["consumer"], notes["reason"])
    console.print(table)


@app.command()
def show(topic: TopicName, partition: Partition, offset: Offset) -> None:
    """One parked record, whole."""
    record = _run(lambda settings: _letter(settings, _topic(topic), partition, offset))
    for name, value in notes_of(record).items():
        console.print(f"{name}: {value}", markup=False)
    for name, raw in _own_headers(record):
        console.print(f"header {name}: {raw!r}", markup=False)
    console.print(f"key: {record.key!r}\nvalue: {record.value!r}", markup=False)


@app.command()
def replay(topic: TopicName, partition: Partition, offset: Offset) -> None:
    """Sends one parked record to its topic again."""
    placed = _run(lambda settings: replay_one(settings, _topic(topic), partition, offset))
    console.print(f"Sent to {topic}, partition {partition}, offset {placed}.")


async def replay_one(settings: KafkaSettings, topic: Topic, partition: int, offset: int) -> int:
    """Sends a parked event again; its new offset. Raises LookupError when it is not there, or is a snapshot."""
    if topic.compacted:
        writer = min(topic.writers)
        raise LookupError(
            f"{topic.name} holds snapshots, of which an older one must not follow a newer one: "
            f"python -m services.{writer} republish sends the newest"
        )
    record = await _letter(settings, topic, partition, offset)
    producer = AIOKafkaProducer(
        **connection(settings),
        acks="all",
        enable_idempotence=settings.kafka_idempotence,
    )
    async with producer:
        placed = await producer.send_and_wait(
            topic.name,
            value=record.value,
            key=record.key,
            partition=partition,
            headers=_own_headers(record),
        )
    new_offset: int = placed.offset
    return new_offset


def notes_of(record: ConsumerRecord) -> dict[str, str]:
    """What was noted when the record was parked."""
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    return {name: headers.get(name, "") for name in NOTES}


def _own_headers(record: ConsumerRecord) -> list[tuple[str, bytes]]:
    """The record's headers without the notes, which stand last."""
    return list(record.headers[: len(record.headers) - len(NOTES)])


async def _letters(
    settings: KafkaSettings, topics: Sequence[Topic], limit: int
) -> list[ConsumerRecord]:
    """The newest of each partition, then of all, in the order of their times."""
    places = [
        TopicPartition(t.dead_letters, number) for t in topics for number in range(t.partitions)
    ]
    found = {place: deque[ConsumerRecord](maxlen=limit) for place in places}
    async with _reading(settings, places) as consumer:
        async for record in _to_the_end(consumer, places):
            found[TopicPartition(record.topic, record.partition)].append(record)
    together = [record for records in found.values() for record in records]
    return sorted(together, key=lambda record: record.timestamp)[-limit:]


async def _to_the_end(
    consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]
) -> AsyncIterator[ConsumerRecord]:
    """Every record there is now, however long the broker takes to hand out the first."""
    ends = await consumer.end_offsets(places)
    while True:
        batches = await consumer.getmany(timeout_ms=IDLE_MS)
        for record in [record for batch in batches.values() for record in batch]:
            yield record
        behind = [place for place in places if await consumer.position(place) < ends[place]]
        if not batches and not behind:
            return


async def _letter(
    settings: KafkaSettings, topic: Topic, partition: int, offset: int
) -> ConsumerRecord:
    place = TopicPartition(topic.dead_letters, partition)
    async with _reading(settings, [place]) as consumer:
        consumer.seek(place, offset)
        async for record in _to_the_end(consumer, [place]):
            if record.offset >= offset:
                if record.offset > offset:
                    break
                return record
    raise LookupError(f"{topic.dead_letters} has no record at {partition}/{offset}")


@asynccontextmanager
async def _reading(
    settings: KafkaSettings, places: Sequence[TopicPartition]
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**connection(settings), auto_offset_reset="earliest")
    async with consumer:
        consumer.assign(list(places))
        yield consumer


def _topic(name: str) -> Topic:
    if name not in BY_NAME:
        raise typer.BadParameter(f"{name} is not in the topic table")
    return BY_NAME[name]


def _run(work: Callable[[KafkaSettings], Coroutine[Any, Any, Any]]) -> Any:
    try:
        return asyncio.run(work(load(KafkaSettings)))
    except LookupError as error:
        Console(stderr=True).print(str(error))
        raise typer.Exit(1) from error


def _moment(record: ConsumerRecord) -> str:
    return moment(record.timestamp).isoformat(timespec="seconds")


if __name__ == "__main__":
    app()
