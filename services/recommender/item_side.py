"""Following the trainer: the announced model, loaded beside the running one and swapped whole.

The trainer's topic carries references to artefacts and the rows that moved since. Loading happens in
a thread and ends with a warm-up; until then the model before stays in use. Rows that arrive while a
model loads are kept and applied to it. Records of an earlier trainer (a lower epoch) are ignored
once a later one has spoken.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from libs.common.contracts import topics
from libs.common.contracts.item_side import ItemRow, ModelReference
from libs.common.kafka.broker import Broker
from libs.common.kafka.consume import consume_all
from libs.common.kafka.records import Record
from services.recommender.model import artefact
from services.recommender.model.arrays import Corrupt
from services.recommender.model.learned import Model

log = structlog.get_logger()


class ItemSide:
    """What the records of the topic say; `apply` is the only thing that changes it.

    reference: the model to use. rows: the trend of each credential that moved since, as logarithms.
    """

    def __init__(self) -> None:
        self.epoch = -1
        self.reference: ModelReference | None = None
        self.rows: dict[str, float] = {}
        self._offsets: dict[str, int] = {}

    def apply(self, offset: int, value: ItemRow | ModelReference) -> dict[str, float]:
        """Applies one record; answers the rows that it moved, empty for a reference."""
        if value.epoch < self.epoch:
            return {}
        if isinstance(value, ModelReference):
            self._refer(value)
            return {}
        self._rise(value.epoch)
        if value.trend is None:
            return {}
        self.rows[value.credential_id] = value.trend
        self._offsets[value.credential_id] = offset
        return {value.credential_id: value.trend}

    def _refer(self, reference: ModelReference) -> None:
        self._rise(reference.epoch)
        self.reference = reference
        for credential_id, offset in list(self._offsets.items()):
            if offset < reference.read_on_from:
                del self.rows[credential_id], self._offsets[credential_id]

    def _rise(self, epoch: int) -> None:
        if epoch > self.epoch:
            self.epoch = epoch
            self.rows.clear()
            self._offsets.clear()


class ItemSideFollower:
    """`model` is the one to rank with; take it once per batch. Construct it before the broker starts."""

    RETRY_SECONDS = 1.0

    def __init__(self, broker: Broker, scratch: Path | None = None) -> None:
        self._scratch = scratch
        self._side = ItemSide()
        self._loading: asyncio.Task[None] | None = None
        self._failure: str | None = None
        self._model: Model | None = None
        self._consumption = consume_all(broker, [topics.ITEM_SIDE], handler=self.handle)

    @property
    def model(self) -> Model | None:
        """The newest model that is completely loaded; None before the first."""
        return self._model

    @property
    def caught_up(self) -> bool:
        """Whether the topic was read to its end and there is a model to rank with."""
        return self.problem() is None

    def problem(self) -> str | None:
        """Why this process should not rank yet, for its readiness; None when it may."""
        if not self._consumption.caught_up:
            return "the item side is not read to its end yet"
        if self._side.reference is None:
            return "no model has been announced yet"
        if self._model is None:
            return self._failure or f"model {self._side.reference.version} is loading"
        return None

    @property
    def settled(self) -> bool:
        """Whether waiting longer for a model is of no use: it is in use, or there is none to be had now."""
        tried = self._model is not None or self._failure is not None
        return self._consumption.caught_up and (self._side.reference is None or tried)

    async def handle(self, batch: Sequence[Record]) -> None:
        """Applies one batch of the topic's records; unusable ones are the consumption's to count."""
        before = self._side.reference
        moved: dict[str, float] = {}
        for record in batch:
            if isinstance(record.value, ItemRow | ModelReference):
                moved |= self._side.apply(record.offset, record.value)
        if self._side.reference is not before:
            self._load()
        elif moved and self._model is not None:
            self._model = self._model.with_trends(moved)

    async def close(self) -> None:
        """Stops a load that is under way."""
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)

    def _load(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
        self._loading = asyncio.create_task(self._load_until_it_works())

    async def _load_until_it_works(self) -> None:
        reference = self._side.reference
        assert reference is not None
        while True:
            try:
                model = await asyncio.to_thread(_load_warm, reference, self._scratch)
                break
            except (Corrupt, OSError) as error:
                self._failure = f"model {reference.version} cannot be loaded: {error}"
                log.error("model_not_loaded", version=reference.version, error=str(error))
            await asyncio.sleep(self.RETRY_SECONDS)
        self._failure = None
        self._model = model.with_trends(self._side.rows)
        log.info("model_swapped", version=model.version, credentials=len(model.item_ids))


def _load_warm(reference: ModelReference, scratch: Path | None) -> Model:
    model = artefact.load(reference.url, reference.checksum, scratch)
    model.warm_up()
    return model
