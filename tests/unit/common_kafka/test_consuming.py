import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.common.contracts.topics import CREDENTIAL, INTERACTION, LEARNER
from libs.common.errors import TryAgain
from libs.common.global_table import GlobalTables
from libs.common.kafka.broker import Broker
from libs.common.kafka.consume import consume_all, consume_group
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.records import Record
from tests.factories.catalog import credential
from tests.factories.profile import interaction
from tests.support.waiting import until
from tests.unit.common_kafka.conftest import MakeBroker

Started = Callable[[Broker], AbstractAsyncContextManager[Broker]]


class Collected:
    """A handler that keeps what it was given, and does what a test tells it before."""

    def __init__(self, before: Callable[[list[Record]], None] = lambda _: None) -> None:
        self.records: list[Record] = []
        self._before = before

    async def __call__(self, batch: list[Record]) -> None:
        self._before(batch)
        self.records.extend(batch)

    def of(self, key: str) -> list[Record]:
        return [record for record in self.records if record.key == key]

    async def seen(self, key: str, count: int) -> list[Record]:
        async def look() -> list[Record]:
            return self.of(key)

        return await until(look, lambda found: len(found) >= count)


async def parked(bootstrap: str, key: str, count: int = 1) -> list[Any]:
    """The dead letters of interactions with a key."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        topic = INTERACTION.dead_letters
        consumer.assign([TopicPartition(topic, n) for n in range(INTERACTION.partitions)])
        found: list[Any] = []

        async def look() -> list[Any]:
            batches = await consumer.getmany(timeout_ms=50)
            records = [record for batch in batches.values() for record in batch]
            found.extend(record for record in records if (record.key or b"").decode() == key)
            return found

        return await until(look, lambda seen: len(seen) >= count)
    finally:
        await consumer.stop()


async def test_what_is_published_is_handled_once_in_order(
    new_broker: MakeBroker, started: Started
) -> None:
    """Records of a key arrive in order, with the place and id that publishing reported."""
    key = uuid.uuid4().hex
    broker, handler = new_broker(), Collected()
    consume_group(broker, [INTERACTION, LEARNER], group=key, handler=handler)
    async with started(broker):
        publisher = Publisher(broker, "test")
        sent = await publisher.send_many(
            [(INTERACTION, key, interaction(key, f"c{n}")) for n in range(300)]
        )
        records = await handler.seen(key, 300)
    assert [(r.partition, r.offset, r.id) for r in records] == [tuple(each) for each in sent]
    assert [r.value.credential_id for r in records] == [f"c{n}" for n in range(300)]
    assert len({each.partition for each in sent}) == 1


POISON: dict[str, tuple[bytes | None, list[tuple[str, bytes | None]]]] = {
    "undecodable": (b"{", [("ce_type", b"profile.interaction.v1")]),
    "of a wrong shape": (b'{"learner_key": 1}', [("ce_type", b"profile.interaction.v1")]),
    "not UTF-8": (b'{"learner_key": "\xff"}', []),
    "too deep": (b"[" * 100_000, []),
    "empty": (None, []),
    "of an unknown type": (b"{}", [("ce_type", b"profile.gossip.v1")]),
    "with binary headers": (b"{}", [("ce_type", b"\xff\xfe"), ("x", None)]),
    "under another's key": (
        msgspec.json.encode(interaction("someone else")),
        [("ce_type", b"profile.interaction.v1")],
    ),
}


@pytest.mark.parametrize("name", POISON)
async def test_an_unusable_record_is_parked_and_passed_on(
    topics: str, new_broker: MakeBroker, started: Started, name: str
) -> None:
    """It stands raw in the dead-letter topic with its reason before the handler sees it, and blocks nothing."""
    key = uuid.uuid4().hex
    value, headers = POISON[name]
    broker, handler = new_broker(), Collected()
    consume_group(broker, [INTERACTION], group=key, handler=handler)
    async with started(broker):
        await broker.producing.send_and_wait(
            INTERACTION.name, value=value, key=key.encode(), headers=headers
        )
        await Publisher(broker, "test").send(INTERACTION, key, interaction(key))
        bad, good = await handler.seen(key, 2)
        letters = await parked(topics, key)
    assert bad.value is None
    assert bad.fault
    assert good.value is not None
    note = dict(letters[0].headers)
    assert letters[0].value == value
    assert note["reason"].decode() == bad.fault
    assert (note["consumer"].decode(), note["attempts"]) == (key, b"1")
    assert (int(note["partition"]), int(note["offset"])) == (bad.partition, bad.offset)
    assert [header for header in letters[0].headers if header[0] == "x"] == [
        header for header in headers if header[0] == "x"
    ]


async def test_a_usable_record_with_foreign_headers_is_applied(
    new_broker: MakeBroker, started: Started
) -> None:
    """Headers that are binary or missing do not make a record unusable; a missing id gets a stable one."""
    key = uuid.uuid4().hex
    broker, handler = new_broker(), Collected()
    consume_group(broker, [INTERACTION], group=key, handler=handler)
    async with started(broker):
        await broker.producing.send_and_wait(
            INTERACTION.name,
            value=msgspec.json.encode(interaction(key)),
            key=key.encode(),
            headers=[("trace", b"\xff\xfe"), ("nothing", None)],
        )
        (record,) = await handler.seen(key, 1)
    assert record.fault is None
    assert len(record.id) == 32


async def test_a_transient_failure_is_retried_and_nothing_is_skipped(
    new_broker: MakeBroker, started: Started
) -> None:
    """TryAgain is retried with the same batch until it works; later records wait."""
    key = uuid.uuid4().hex
    failures = iter([TryAgain("away")] * 4)

    def away(batch: list[Record]) -> None:
        if any(record.key == key for record in batch) and (error := next(failures, None)):
            raise error

    broker, handler = new_broker(), Collected(away)
    consume_group(broker, [INTERACTION], group=key, handler=handler)
    async with started(broker):
        messages = [(INTERACTION, key, interaction(key, f"c{n}")) for n in range(5)]
        await Publisher(broker, "test").send_many(messages)
        records = await handler.seen(key, 5)
    assert [r.value.credential_id for r in records] == [f"c{n}" for n in range(5)]
    assert next(failures, None) is None


async def test_a_record_that_breaks_the_handler_is_parked_alone(
    topics: str, new_broker: MakeBroker, started: Started
) -> None:
    """After bounded attempts only the guilty record is parked; its neighbours are applied."""
    key = uuid.uuid4().hex

    def fragile(batch: list[Record]) -> None:
        if any(r.key == key and r.value and r.value.credential_id == "bad" for r in batch):
            raise ZeroDivisionError("bad luck")

    broker, handler = new_broker(), Collected(fragile)
    consume_group(broker, [INTERACTION], group=key, handler=handler)
    async with started(broker):
        messages = [(INTERACTION, key, interaction(key, id)) for id in ("a", "bad", "b")]
        await Publisher(broker, "test").send_many(messages)
        records = await handler.seen(key, 3)
        letters = await parked(topics, key)
    assert [record.fault for record in records] == [None, "ZeroDivisionError: bad luck", None]
    assert len(letters) == 1
    assert dict(letters[0].headers)["attempts"] == b"3"


async def test_a_restarted_group_goes_on_where_it_stopped(
    new_broker: MakeBroker, started: Started
) -> None:
    """A graceful stop commits what was handled; nothing is handled twice, nothing is missed."""
    key = uuid.uuid4().hex
    handlers = [Collected(), Collected()]
    for number, handler in enumerate(handlers):
        broker = new_broker()
        consume_group(broker, [INTERACTION], group=key, handler=handler)
        async with started(broker):
            await Publisher(broker, "test").send(INTERACTION, key, interaction(key, f"c{number}"))
            await handler.seen(key, 1)
    assert [h.of(key)[0].value.credential_id for h in handlers] == ["c0", "c1"]
    assert [len(h.of(key)) for h in handlers] == [1, 1]


async def test_reading_everything_begins_where_it_is_told(
    new_broker: MakeBroker, started: Started
) -> None:
    """Without a group every partition is read, from a given offset where there is one; then it has caught up."""
    key = uuid.uuid4().hex
    broker = new_broker()
    async with started(broker):
        messages = [(INTERACTION, key, interaction(key, f"c{n}")) for n in range(5)]
        sent = await Publisher(broker, "test").send_many(messages)
    broker, handler = new_broker(), Collected()
    start = {(INTERACTION.name, sent[0].partition): sent[3].offset}
    consumption = consume_all(broker, [INTERACTION], handler=handler, start=start)
    async with started(broker):
        await until(_of(consumption, "caught_up"), bool)
        assert consumption.problem() is None
    assert [r.value.credential_id for r in handler.of(key)] == ["c3", "c4"]


async def test_a_table_keeps_the_highest_revision(new_broker: MakeBroker, started: Started) -> None:
    """Snapshots out of order and repeated change nothing; listeners hear of applied ones only."""
    id = uuid.uuid4().hex
    broker = new_broker()
    heard: list[int] = []
    tables = GlobalTables(
        broker,
        [CREDENTIAL],
        lambda topic, key, value: heard.append(value.revision) if key == id else None,
    )
    async with started(broker):
        publisher = Publisher(broker, "test")
        for revision in (1, 3, 2, 3, 4):
            sent = await publisher.send(CREDENTIAL, id, credential(id, revision=revision))
        await until(_offset(tables), lambda offset: offset >= sent.offset)
        assert tables.problem() is None
    assert heard == [1, 3, 4]
    assert tables.get(CREDENTIAL)[id].revision == 4


def _of(thing: Any, name: str) -> Callable[[], Any]:
    async def look() -> Any:
        return getattr(thing, name)

    return look


def _offset(tables: GlobalTables) -> Callable[[], Any]:
    async def look() -> int:
        return tables.offset(CREDENTIAL)

    return look
