import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from libs.common.contracts.topics import INTERACTION
from libs.common.errors import TryAgain, UnusableMessage
from libs.common.kafka import parking
from libs.common.kafka.handling import Abandoned, Handling
from libs.common.kafka.parking import Parking
from libs.common.kafka.records import Record, read


def raw(offset: int = 0, **parts: Any) -> ConsumerRecord:
    """An interaction's record as aiokafka gives it; empty unless told otherwise."""
    defaults: dict[str, Any] = {
        "topic": INTERACTION.name,
        "partition": 0,
        "offset": offset,
        "timestamp": 0,
        "timestamp_type": 0,
        "key": b"key",
        "value": b"{}",
        "checksum": None,
        "serialized_key_size": 0,
        "serialized_value_size": 0,
        "headers": (),
    }
    return ConsumerRecord(**{**defaults, **parts})


def usable(offset: int) -> Record:
    return Record(
        **{
            **{name: getattr(read(raw(offset)), name) for name in Record.__struct_fields__},
            "fault": None,
        }
    )


class Recorder:
    """A handler that refuses what `refuses` says, and a car park."""

    def __init__(self, refuses: Callable[[Record], Exception | None]) -> None:
        self.handled: list[tuple[int, bool]] = []
        self.parked: list[tuple[int, int]] = []
        self.stopping = asyncio.Event()
        self._refuses = refuses
        self.handling = Handling("test", self._handle, self._park, list, self.stopping)

    async def _handle(self, batch: list[Record]) -> None:
        for record in batch:
            if (error := self._refuses(record)) is not None:
                raise error
        self.handled.extend((record.offset, record.fault is None) for record in batch)

    async def _park(self, record: Record, attempts: int) -> None:
        self.parked.append((record.offset, attempts))


async def test_a_handler_that_refuses_even_a_parked_record_does_not_lose_those_behind() -> None:
    """The guilty record is parked once; every other record of the batch is handled."""
    recorder = Recorder(lambda record: ZeroDivisionError() if record.offset == 1 else None)
    await recorder.handling.handle([usable(0), usable(1), usable(2)])
    assert recorder.parked == [(1, 3)]
    assert recorder.handled == [(0, True), (2, True)]


async def test_what_the_handler_calls_unusable_is_parked_and_passed_on() -> None:
    """UnusableMessage needs no further attempt to be believed; the record comes back with its fault."""
    recorder = Recorder(
        lambda record: UnusableMessage("no") if record.offset == 1 and not record.fault else None
    )
    await recorder.handling.handle([usable(0), usable(1), usable(2)])
    assert [offset for offset, _ in recorder.parked] == [1]
    assert recorder.handled == [(0, True), (1, False), (2, True)]


async def test_stopping_ends_a_retry_that_would_last_for_ever() -> None:
    """A batch that waits for something that is away is abandoned, neither handled nor parked."""
    recorder = Recorder(lambda _: TryAgain("away"))
    handling = asyncio.create_task(recorder.handling.handle([usable(0)]))
    await asyncio.sleep(0)
    recorder.stopping.set()
    with pytest.raises(Abandoned):
        await asyncio.wait_for(handling, 5)
    assert (recorder.handled, recorder.parked) == ([], [])


class Producer:
    """Stands for a started producer."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def send_and_wait(self, topic: str, **record: Any) -> None:
        assert record["key"] is not None or record["value"] is not None
        self.sent.append(record)


async def test_a_record_with_neither_key_nor_value_can_be_parked() -> None:
    """aiokafka refuses to send such a record; an empty value stands for it."""
    producer = Producer()
    await Parking(producer, "test").park(read(raw(key=None, value=None)), 1)  # type: ignore[arg-type]
    assert [(sent["key"], sent["value"]) for sent in producer.sent] == [(None, b"")]


async def test_too_large_a_share_of_parked_records_is_a_problem_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From 100 on, if they are more than one in twenty; and it ends when no more come."""
    clock = [1000.0]
    monkeypatch.setattr(parking.time, "monotonic", lambda: clock[0])
    parked = Parking(Producer(), "test")  # type: ignore[arg-type]
    parked.saw(1_000)
    for _ in range(99):
        await parked.park(read(raw()), 1)
    assert parked.problem() is None
    await parked.park(read(raw()), 1)
    assert parked.problem() == "100 of 1000 records were parked"
    clock[0] += 1 + parking.WINDOW_SECONDS
    assert parked.problem() is None
