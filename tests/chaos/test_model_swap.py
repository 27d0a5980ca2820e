"""Two workers and one trainer: a rebalance, a model swap and a second trainer in the middle of a flood."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.local.child import Child, Program
from deploy.local.ports import free_port
from deploy.local.services import inherited
from libs.common.contracts import redis_keys
from libs.common.contracts.item_side import ItemRow
from libs.common.contracts.redis_values import Packed, StoredList
from libs.common.contracts.topics import ITEM_SIDE
from libs.common.kafka.broker import make_broker
from libs.common.kafka.publisher import Publisher
from libs.common.settings import KafkaSettings
from services.recommender.model.store import ModelStore
from services.recommender.trainer.stored import TRAINED
from tests.chaos.test_exact_states import COUNT, LEARNERS, lines_for, settle
from tests.support.flood import Flood, Line
from tests.support.flow import Flow
from tests.support.item_side import Told, distance, knowing, listening
from tests.support.waiting import until

pytestmark = pytest.mark.stack
LIST = Packed(StoredList)
ABSURD = 10**9
NEAR = 1e-3
"""Scores are served with six digits; a moved row changes more."""


async def test_no_list_mixes_versions_and_no_learner_is_missed(storm: Flow, tmp_path: Path) -> None:
    """Each list is what one model, at one place in its rows, makes of the learner's state; every learner has one that
    covers all they did; rows of an older epoch change nothing, and the trainer that was superseded has ended."""
    store = ModelStore(storm.stack.environments().services["recommender"]["STACKWISE_MODEL_STORE"])
    async with listening(storm) as topic, mistaken(storm, tmp_path) as mistake:
        await trained(storm, store)
        lines = await lines_for(storm)
        await disturbed(storm, Flood(storm.partner, lines), mistake, topic)
        await settle(storm, lines)
        await until(mistake.ended, bool, seconds=180)
        assert "a trainer with a higher epoch has taken over" in mistake.said()
        await storm.stack.until_ready()
        await topic.caught_up(storm)
        await check_lists(storm, lines, topic)


async def disturbed(flow: Flow, flood: Flood, mistake: "Mistaken", topic: Told) -> None:
    """Sends the flood; meanwhile a worker comes, a model is gone back to, another trainer starts, the worker goes."""
    async with asyncio.TaskGroup() as group:
        group.create_task(flood.send())
        await flood.until(COUNT // 5)
        async with another_worker(flow):
            await flood.until(2 * COUNT // 5)
            await flow.stack.command("recommender", "rollback")
            await flood.until(3 * COUNT // 5)
            await mistake.start()
            await write_as_before(flow, topic)
            await flood.until(4 * COUNT // 5)


@asynccontextmanager
async def another_worker(flow: Flow) -> AsyncIterator[None]:
    """One more worker until the block ends."""
    worker = await flow.stack.start_worker()
    try:
        yield
    finally:
        await worker.stop()


async def trained(flow: Flow, store: ModelStore) -> None:
    """Returns once a model trained from a flood is in force, after which there is one to go back to."""
    lines = await lines_for(flow, COUNT // 5)
    await Flood(flow.partner, lines).send()

    async def look() -> bool:
        current = await asyncio.to_thread(store.current)
        return current is not None and TRAINED in current.metrics

    await until(look, bool, seconds=60)


class Mistaken:
    """A second trainer, which nobody starts again when it has ended."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.child: Child | None = None

    async def start(self) -> None:
        self.child = await Child.start(self._program)

    async def ended(self) -> bool:
        return self.child is not None and self.child.exit_code is not None

    def said(self) -> str:
        """The end of its log."""
        return "" if self.child is None else self.child.log_tail()


@asynccontextmanager
async def mistaken(flow: Flow, folder: Path) -> AsyncIterator[Mistaken]:
    """It is told what the stack's own trainer is told; it ends with the block at the latest."""
    program = Program(
        name="second trainer",
        command=(sys.executable, "-m", "services.recommender", "trainer"),
        log=folder / "trainer.log",
        environment={
            **inherited(),
            **flow.stack.environments().services["recommender"],
            "STACKWISE_PORT": str(free_port()),
            "STACKWISE_METRICS_PORT": str(free_port()),
            "STACKWISE_SCRATCH": str(folder / "scratch"),
        },
        directory=Path(__file__).parents[2],
    )
    made = Mistaken(program)
    try:
        yield made
    finally:
        if made.child is not None:
            await made.child.kill()


async def write_as_before(flow: Flow, topic: Told) -> None:
    """A row of a trainer of long ago, which nobody may take up."""
    reference = topic.references()[-1]
    row = ItemRow(
        epoch=1,
        model_version=reference.version,
        seq=ABSURD,
        credential_id="absurd",
        trend=50.0,
    )
    settings = KafkaSettings(kafka_bootstrap=flow.stack.kafka, kafka_idempotence=False)
    broker = make_broker(settings, client_id="trainer-of-long-ago")
    await broker.start()
    try:
        await Publisher(broker, "recommender").send(ITEM_SIDE, row.credential_id, row)
    finally:
        await broker.stop()


async def check_lists(flow: Flow, lines: list[Line], topic: Told) -> None:
    """Every learner of the flood, by what Redis has of them."""
    async with knowing(flow) as known:
        for learner in {line["learner_id"] for line in lines}:
            place = await flow.lookup(learner)
            state = await flow.state(learner)
            assert place is not None
            assert place.learner_key is not None
            assert state is not None
            key = redis_keys.ranked(place.partition, place.learner_key)
            stored = LIST.unpack(await flow.redis.get(key))
            assert stored is not None, f"{learner} was missed"
            assert stored.position == state.position
            assert stored.item_side < ABSURD
            models = topic.models(stored.model_version, stored.item_side)
            nearest = min(distance(stored, state, each, known.catalog) for each in models)
            made_of = (stored.model_version, stored.item_side, stored.catalog_epoch)
            assert nearest <= NEAR, f"{learner}'s list is {nearest} from {made_of}"
    assert len({line["learner_id"] for line in lines}) == LEARNERS
