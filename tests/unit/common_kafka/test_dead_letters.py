import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from libs.common import dead_letters
from libs.common.contracts.topics import INTERACTION, LEARNER
from libs.common.kafka.broker import Broker
from libs.common.kafka.consume import consume_group
from libs.common.kafka.records import Record
from libs.common.settings import KafkaSettings
from tests.support.waiting import until
from tests.unit.common_kafka.conftest import MakeBroker

Started = Callable[[Broker], AbstractAsyncContextManager[Broker]]


async def test_a_parked_record_can_be_found_and_replayed(
    topics: str, new_broker: MakeBroker, started: Started
) -> None:
    """Listed with its reason, and sent again as it was, headers and all, without the notes."""
    settings = KafkaSettings(kafka_bootstrap=topics, kafka_idempotence=False)
    key = uuid.uuid4().hex
    seen: list[Record] = []

    async def handler(batch: list[Record]) -> None:
        seen.extend(record for record in batch if record.key == key)

    async def look() -> list[Record]:
        return seen

    broker = new_broker()
    consume_group(broker, [INTERACTION], group=key, handler=handler)
    async with started(broker):
        headers = [("ce_id", b"id-1"), ("binary", b"\xff")]
        await broker.producing.send_and_wait(
            INTERACTION.name, value=b"{", key=key.encode(), headers=headers
        )
        await until(look, lambda records: len(records) == 1)
        letters: list[Any] = await dead_letters._letters(settings, [INTERACTION], 1_000)
        letter = next(each for each in letters if each.key == key.encode())
        assert dead_letters.notes_of(letter)["reason"] == seen[0].fault
        place = (letter.partition, letter.offset)
        offset = await dead_letters.replay_one(settings, INTERACTION, *place)
        await until(look, lambda records: len(records) == 2)
    again = seen[1]
    assert (again.offset, again.id, again.raw.value) == (offset, "id-1", b"{")
    assert list(again.raw.headers) == headers


async def test_a_letter_that_is_not_there_is_said_so(topics: str) -> None:
    """Replaying what is not parked sends nothing."""
    settings = KafkaSettings(kafka_bootstrap=topics, kafka_idempotence=False)
    with pytest.raises(LookupError, match="no record at 3/999999"):
        await dead_letters.replay_one(settings, INTERACTION, 3, 999_999)


async def test_a_snapshot_is_not_replayed() -> None:
    """It could follow the erasure that came after it; its service sends the newest."""
    settings = KafkaSettings(kafka_bootstrap="127.0.0.1:1")
    with pytest.raises(LookupError, match=r"services\.profile republish"):
        await dead_letters.replay_one(settings, LEARNER, 0, 0)
