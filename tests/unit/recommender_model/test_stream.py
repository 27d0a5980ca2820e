"""What is sent and what is done beside it, with a publisher that the test holds."""

import asyncio
import threading

import numpy as np
import pytest

from libs.common.contracts.item_side import ItemRow
from libs.common.errors import TryAgain
from services.recommender.model.live import Fold
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.newcomers import Newcomers
from services.recommender.trainer.states import States
from services.recommender.trainer.stream import AT_ONCE, Stream
from tests.unit.recommender_model.data import NOW, checkerboard, trained
from tests.unit.recommender_model.events import interaction


class Sender:
    """Stands in for the announcer: takes rows, or refuses them."""

    def __init__(self) -> None:
        self.sent: list[ItemRow] = []
        self.refuses = 0

    async def send(self, rows: list[ItemRow]) -> None:
        if self.refuses:
            self.refuses -= 1
            raise TryAgain("Kafka is away")
        self.sent += rows


@pytest.fixture
def sender() -> Sender:
    return Sender()


@pytest.fixture
def learners() -> Learners:
    return Learners(States(), half_life_hours=24)


@pytest.fixture
def stream(learners: Learners, sender: Sender) -> Stream:
    return Stream(learners, Newcomers(learners.states.credentials), sender, {"trend": 0.7})


async def test_nothing_is_lost_while_kafka_is_away(
    learners: Learners, sender: Sender, stream: Stream
) -> None:
    """Rows that could not be sent are sent with the next ones, each credential's newest row once."""
    stream.follow(trained(checkerboard(4)))
    sender.refuses = 2
    for minute, item in enumerate(("a", "b", "a")):
        learners.apply(0, interaction(f"l{minute}", item, "enroll", minute))
        try:
            await stream.send()
        except TryAgain:
            assert minute < 2
    assert sorted(row.credential_id for row in sender.sent) == ["a", "b"]
    (newest,) = (row for row in sender.sent if row.credential_id == "a")
    assert newest.trend == learners.trends()[learners.states.credentials.row("a")]
    sender.sent.clear()
    await stream.send()
    assert sender.sent == []


async def test_many_rows_are_sent_in_parts(
    learners: Learners, sender: Sender, stream: Stream
) -> None:
    """A failure in the middle leaves only the rest to be sent."""
    stream.follow(trained(checkerboard(4)))
    for item in range(AT_ONCE + 5):
        learners.apply(0, interaction("l", f"x{item}", "enroll", item))
    await stream.send()
    assert len({row.credential_id for row in sender.sent}) == AT_ONCE + 5 == len(sender.sent)


async def test_nothing_is_streamed_between_two_fits(
    learners: Learners, sender: Sender, stream: Stream
) -> None:
    """Once a fit is taken over its factors are nobody's until its model is followed."""
    stream.follow(trained(checkerboard(4)))
    learners.apply(0, interaction("l", "a", "enroll", 0))
    factors = np.ones((1, 3), np.float32)
    prepared = await stream.prepare(Fold(factors, np.arange(1), 1.0, 1.0, np.zeros_like(factors)))
    await stream.adopt(prepared)
    await stream.send()
    assert sender.sent == []


async def test_work_in_a_thread_is_waited_for_when_its_caller_is_cancelled(stream: Stream) -> None:
    """Events are applied only when the thread has let go of the item side."""
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(10)
        ended.set()

    working = asyncio.create_task(stream._alone(work))
    await asyncio.to_thread(begun.wait, 10)
    working.cancel()
    await asyncio.sleep(0)
    assert stream.lock.locked()
    may_end.set()
    async with stream.lock:
        assert ended.is_set()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_a_stored_model_carries_the_signals_weights(stream: Stream) -> None:
    """What a tuning found travels to the workers with the model."""
    model = await stream.snapshot("v1", NOW, {})
    assert model.weights == {"trend": 0.7}
