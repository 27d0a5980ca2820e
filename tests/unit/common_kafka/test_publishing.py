import asyncio
from typing import Any

import pytest

from libs.common.contracts.topics import SKILL
from libs.common.errors import TryAgain
from libs.common.kafka.publisher import Publisher
from tests.factories.catalog import skill
from tests.unit.common_kafka.conftest import MakeBroker


class GivesUp(Publisher):
    """A publisher whose producer cancels what it was given, as aiokafka's does on a fatal error."""

    async def _send_all(self, messages: Any) -> Any:
        given_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        given_up.cancel()
        await given_up


class Waits(Publisher):
    """A publisher whose records are never acknowledged."""

    async def _send_all(self, messages: Any) -> Any:
        await asyncio.Event().wait()


async def test_records_that_the_producer_gives_up_are_tried_again(new_broker: MakeBroker) -> None:
    """A cancellation that nobody asked for must not end the caller, a relay for one, without a word."""
    with pytest.raises(TryAgain, match="gave the records up"):
        await GivesUp(new_broker(), "test").send(SKILL, "s", skill("s"))


async def test_a_cancelled_caller_is_cancelled(new_broker: MakeBroker) -> None:
    """A cancellation that someone asked for goes through."""
    sending = asyncio.create_task(Waits(new_broker(), "test").send(SKILL, "s", skill("s")))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
