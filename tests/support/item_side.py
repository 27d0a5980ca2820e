"""The item side as its topic tells it, and lists computed again from it."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiokafka import TopicPartition

from libs.common.contracts.item_side import ItemRow, ModelReference
from libs.common.contracts.redis_values import LearnerState, StoredList
from libs.common.contracts.topics import ITEM_SIDE
from libs.common.contracts.types import moment
from libs.common.kafka.broker import make_broker
from libs.common.settings import KafkaSettings
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.knowledge import Knowledge
from services.recommender.listing import Listing
from services.recommender.model import artefact
from services.recommender.model.learned import Model
from tests.support.flow import Flow
from tests.support.waiting import until


class Told:
    """Every record of the topic in its order, each with its offset; heard as it comes, for it is compacted."""

    def __init__(self) -> None:
        self.records: list[tuple[int, ItemRow | ModelReference]] = []

    def references(self) -> list[ModelReference]:
        """Every announcement, the first first."""
        return [each for _, each in self.records if isinstance(each, ModelReference)]

    async def caught_up(self, flow: Flow) -> None:
        """Returns when everything has been heard that is there now."""
        place = TopicPartition(ITEM_SIDE.name, 0)
        async with flow.reading(ITEM_SIDE, 0) as consumer:
            end = (await consumer.end_offsets([place]))[place]

        async def heard() -> int:
            return self.records[-1][0] if self.records else -1

        await until(heard, lambda offset: offset >= end - 1)

    def models(self, version: str, seq: int) -> list[Model]:
        """The model of a version with all its rows up to `seq`: one for each trainer that announced it."""
        announced = [
            (at, each)
            for at, each in self.records
            if isinstance(each, ModelReference) and each.version == version
        ]
        return [self._moved(at, reference, seq) for at, reference in announced]

    def _moved(self, at: int, reference: ModelReference, seq: int) -> Model:
        model = artefact.load(reference.url, reference.checksum)
        model.move(
            row
            for offset, row in self.records
            if isinstance(row, ItemRow)
            and offset > at
            and (row.epoch, row.model_version) == (reference.epoch, reference.version)
            and row.seq <= seq
        )
        return model


@asynccontextmanager
async def listening(flow: Flow) -> AsyncIterator[Told]:
    """Hears the topic from its beginning until the block ends."""
    heard = Told()

    async def hear() -> None:
        async for record in consumer:
            kind = ItemRow if record.key else ModelReference
            heard.records.append((record.offset, msgspec.json.decode(record.value, type=kind)))

    async with flow.reading(ITEM_SIDE, 0) as consumer:
        await consumer.seek_to_beginning()
        hearing = asyncio.create_task(hear())
        try:
            yield heard
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)


@asynccontextmanager
async def knowing(flow: Flow) -> AsyncIterator[Knowledge]:
    """The catalog as a worker knows it."""
    settings = KafkaSettings(kafka_bootstrap=flow.stack.kafka, kafka_idempotence=False)
    broker = make_broker(settings, client_id="test-knowledge")
    known = Knowledge(broker, None, lambda: moment(0), 0.05)
    await broker.start()
    try:

        async def problem() -> str | None:
            return known.problem()

        await until(problem, lambda why: why is None)
        yield known
    finally:
        await known.close()
        await broker.stop()


def distance(stored: StoredList, state: LearnerState, model: Model, catalog: CatalogIndex) -> float:
    """How far the list is from what this model makes of the state: the widest difference of an item's scores; at the
    list's end one item may stand for another that is as near."""
    listing = Listing(
        catalog, lambda: model, lambda: stored.catalog_epoch, lambda: moment(stored.computed_at)
    )
    again = {item.credential_id: item.score for item in listing.own(state).ranking.items}
    listed = stored.ranking.items
    if len(again) != len(listed):
        return math.inf
    last = listed[-1].score
    return max(abs(again.get(item.credential_id, last) - item.score) for item in listed)
