import asyncio
import uuid

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanContext

from libs.common.contracts.topics import EXPOSURE, INTERACTION
from libs.common.errors import TryAgain
from libs.common.kafka import broker as broker_module
from libs.common.kafka import consumption as module
from libs.common.kafka import tracing
from libs.common.kafka.consume import consume_all
from libs.common.kafka.consumption import Consumption
from libs.common.kafka.publisher import Publisher
from libs.common.kafka.records import Record
from tests.factories.profile import interaction
from tests.support.waiting import until
from tests.unit.common_kafka.conftest import MakeBroker
from tests.unit.common_kafka.test_consuming import Collected, Started, _of


async def test_it_has_caught_up_only_when_the_last_batch_is_handled(
    new_broker: MakeBroker, started: Started
) -> None:
    """Also when the log ends with a large batch, of which Tansu's ListOffsets knows one record only."""
    key = uuid.uuid4().hex
    broker = new_broker()
    async with started(broker):
        messages = [(INTERACTION, key, interaction(key, f"c{n}")) for n in range(40)]
        sent = await Publisher(broker, "test").send_many(messages)
    held, handled = asyncio.Event(), []

    async def handle(batch: list[Record]) -> None:
        if any(r.key == key and r.offset == sent[39].offset for r in batch):
            await held.wait()
        handled.extend(record for record in batch if record.key == key)

    broker = new_broker()
    start = {(INTERACTION.name, sent[0].partition): sent[0].offset}
    consumption = consume_all(broker, [INTERACTION], handler=handle, start=start, max_records=1)
    async with started(broker):
        await until(lambda: _length(handled), lambda count: count == 39)
        assert not consumption.caught_up
        held.set()
        await until(_of(consumption, "caught_up"), bool)
    assert len(handled) == 40


async def test_reading_that_begins_at_the_end_has_caught_up_at_once(
    new_broker: MakeBroker, started: Started
) -> None:
    """And stays so when the log is another, shorter one later."""
    key = uuid.uuid4().hex
    broker, handler = new_broker(), Collected()
    async with started(broker):
        sent = await Publisher(broker, "test").send(INTERACTION, key, interaction(key))
    start = {(INTERACTION.name, sent.partition): sent.offset + 1}
    broker = new_broker()
    consumption = consume_all(broker, [INTERACTION], handler=handler, start=start)
    async with started(broker):
        await until(_of(consumption, "caught_up"), bool)
        consumption.handled.clear()
        assert consumption.caught_up
    assert handler.of(key) == []


async def test_a_broker_that_starts_again_reads_on(
    new_broker: MakeBroker, started: Started
) -> None:
    """A start that fails half-way, because Kafka goes away meanwhile, is followed by another."""
    key = uuid.uuid4().hex
    broker, handler = new_broker(), Collected()
    consumption = consume_all(broker, [INTERACTION], handler=handler)
    await broker.start()
    await broker.stop()
    async with started(broker):
        await Publisher(broker, "test").send(INTERACTION, key, interaction(key))
        await until(lambda: _length(handler.of(key)), lambda count: count == 1)
        await until(_of(consumption, "caught_up"), bool)


async def test_a_failure_outside_the_handler_loses_no_record(
    new_broker: MakeBroker, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastStream would forget the batch; it is read again."""
    key = uuid.uuid4().hex
    broker, handler = new_broker(), Collected()
    consumption = consume_all(broker, [INTERACTION], handler=handler)
    failures = iter([ZeroDivisionError()])
    handle = consumption._handling.handle

    async def fail_once(batch: list[Record]) -> None:
        if any(record.key == key for record in batch) and (error := next(failures, None)):
            raise error
        await handle(batch)

    monkeypatch.setattr(consumption._handling, "handle", fail_once)
    async with started(broker):
        await Publisher(broker, "test").send(INTERACTION, key, interaction(key))
        await handler.seen(key, 1)


async def test_a_dead_consumer_is_seen(new_broker: MakeBroker, started: Started) -> None:
    """Readiness names it before it starts, has no fault to find while it works, and notices its end."""
    broker = new_broker()
    consumption = consume_all(broker, [EXPOSURE], handler=Collected())
    assert consumption.problem() == "the consumer has not started"
    async with started(broker):
        await until(_problem_of(consumption), lambda problem: problem is None)
        for task in consumption._subscriber.tasks:
            task.cancel()
        await until(_problem_of(consumption), lambda problem: problem == "the consumer is dead")
        assert consumption.failure() == "the consumer is dead"


async def test_a_loop_that_stands_still_is_no_life(
    new_broker: MakeBroker, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a handler that never returns; then, and not while the loop polled, only a new start helps."""
    held, key = asyncio.Event(), uuid.uuid4().hex

    async def hang(batch: list[Record]) -> None:
        if any(record.key == key for record in batch):
            held.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(module, "STILL_SECONDS", 0.5)
    monkeypatch.setattr(broker_module, "STOP_SECONDS", 0.1)
    broker = new_broker()
    consumption = consume_all(broker, [INTERACTION], handler=hang)
    assert consumption.failure() is None
    async with started(broker):
        before = consumption._polled_at
        await until(_attribute(consumption, "_polled_at"), lambda at: at > before)
        assert consumption.failure() is None
        await Publisher(broker, "test").send(INTERACTION, key, interaction(key))
        await held.wait()
        await until(_failure_of(consumption), lambda failure: failure)
        assert "neither polled nor tried" in (consumption.failure() or "")


async def test_waiting_for_what_is_away_is_life(new_broker: MakeBroker, started: Started) -> None:
    """A batch that is tried again and again, since Redis is away, is progress, though nothing is polled."""
    key = uuid.uuid4().hex

    async def away(batch: list[Record]) -> None:
        if any(record.key == key for record in batch):
            raise TryAgain("Redis is away")

    broker = new_broker()
    consumption = consume_all(broker, [INTERACTION], handler=away)
    async with started(broker):
        await Publisher(broker, "test").send(INTERACTION, key, interaction(key))
        await until(_busy_of(consumption), bool)
        polled = consumption._polled_at
        for _ in range(2):
            tried = consumption._handling.tried_at
            await until(
                _attribute(consumption._handling, "tried_at"), lambda at, tried=tried: at > tried
            )
        assert consumption._polled_at == polled
        assert consumption.failure() is None


async def test_a_trace_goes_on_behind_the_log(
    new_broker: MakeBroker, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is handled belongs to the trace in which it was sent."""
    tracer = TracerProvider().get_tracer("test")
    monkeypatch.setattr(tracing, "tracer", tracer)
    key, seen = uuid.uuid4().hex, list[SpanContext]()

    async def handle(batch: list[Record]) -> None:
        if any(record.key == key for record in batch):
            seen.append(trace.get_current_span().get_span_context())

    broker = new_broker()
    consume_all(broker, [INTERACTION], handler=handle)
    async with started(broker):
        with tracer.start_as_current_span("sending") as span:
            await Publisher(broker, "test").send(INTERACTION, key, interaction(key))
        await until(lambda: _length(seen), bool)
    assert seen[0].trace_id == span.get_span_context().trace_id


async def _length(things: list[object] | list[Record] | list[SpanContext]) -> int:
    return len(things)


def _problem_of(consumption: object):  # type: ignore[no-untyped-def]
    async def look() -> str | None:
        return consumption.problem()  # type: ignore[attr-defined,no-any-return]

    return look


def _failure_of(consumption: Consumption):  # type: ignore[no-untyped-def]
    async def look() -> str | None:
        return consumption.failure()

    return look


def _busy_of(consumption: Consumption):  # type: ignore[no-untyped-def]
    async def look() -> float | None:
        return consumption._busy_since

    return look


def _attribute(thing: object, name: str):  # type: ignore[no-untyped-def]
    async def look() -> float:
        return getattr(thing, name)  # type: ignore[no-any-return]

    return look
