"""The item side as its topic tells it, and lists computed again from it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

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


class Told(NamedTuple):
    """Every record of the topic in its order, each with its offset."""

    records: Sequence[tuple[int, ItemRow | ModelReference]]

    def references(self) -> list[ModelReference]:
        """Every announcement, the first first."""
        return [each for _, each in self.records if isinstance(each, ModelReference)]

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


async def told(flow: Flow) -> Told:
    """What the topic holds now."""
    async with flow.reading(ITEM_SIDE, 0) as consumer:
        place = TopicPartition(ITEM_SIDE.name, 0)
        end = (await consumer.end_offsets([place]))[place]
        await consumer.seek_to_beginning()
        found: list[tuple[int, ItemRow | ModelReference]] = []

        async def read() -> int:
            for record in (await consumer.getmany(timeout_ms=100)).get(place, []):
                kind = ItemRow if record.key else ModelReference
                found.append((record.offset, msgspec.json.decode(record.value, type=kind)))
            return await consumer.position(place)

        await until(read, lambda position: position >= end)
        return Told(found)


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


def agrees(
    stored: StoredList, state: LearnerState, model: Model, catalog: CatalogIndex, near: float = 1e-3
) -> bool:
    """Whether the list is what this model makes of the state: the same items with the same scores to within `near`; at
    the list's end one may stand for another that is as near."""
    listing = Listing(
        catalog, lambda: model, lambda: stored.catalog_epoch, lambda: moment(stored.computed_at)
    )
    again = {item.credential_id: item.score for item in listing.own(state).ranking.items}
    listed = stored.ranking.items
    return len(again) == len(listed) and all(
        abs(again.get(item.credential_id, listed[-1].score) - item.score) <= near for item in listed
    )
