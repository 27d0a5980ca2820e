"""Following the trainer: the announced model, and the rows of it that moved since.

The trainer's topic carries references to artefacts, and rows. A referenced artefact is loaded in a thread, where
the rows that moved since are applied to it; until then the model before stays in use. Later rows change the
model in use in place. That is right because ranking a list is synchronous: a batch of rows comes between
lists, never within one. So a list has one version, and one state of each row.

Records of an earlier trainer (a lower epoch) are ignored once a later one has spoken; rows of another
model than the referenced one are ignored always. Of a credential only the newest row counts, because it
repeats all that moved since the reference: so a process that reads the compacted topic later has the same.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from libs.common.contracts import topics
from libs.common.contracts.item_side import ItemRow, ModelReference
from libs.common.kafka.broker import Broker
from libs.common.kafka.consume import consume_all
from libs.common.kafka.records import Record
from services.recommender.model import artefact
from services.recommender.model.learned import Model

log = structlog.get_logger()


class ItemSide:
    """What the records of the topic say; `apply` is the only thing that changes it.

    reference: the model to use. rows: the newest of each credential that moved since.
    """

    def __init__(self) -> None:
        self.epoch = -1
        self.reference: ModelReference | None = None
        self.rows: dict[str, ItemRow] = {}

    def apply(self, offset: int, value: ItemRow | ModelReference) -> ItemRow | None:
        """Applies one record; answers it if it is a row that counts."""
        if value.epoch < self.epoch:
            return None
        if value.epoch > self.epoch:
            self.epoch = value.epoch
            self.rows.clear()
        if isinstance(value, ModelReference):
            self.reference = value
            self.rows.clear()
            return None
        reference = self.reference
        if reference is None or offset < reference.read_on_from:
            return None
        if (value.epoch, value.model_version) != (reference.epoch, reference.version):
            return None
        self.rows[value.credential_id] = value
        return value


class ItemSideFollower:
    """`model` is the one to rank with; take it anew for each list. Construct it before the broker starts."""

    RETRY_SECONDS = 1.0

    def __init__(self, broker: Broker, scratch: Path | None = None) -> None:
        self._scratch = scratch
        self._side = ItemSide()
        self._loading: asyncio.Task[None] | None = None
        self._failure: str | None = None
        self._model: Model | None = None
        self._in_use: ModelReference | None = None
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
        moved: dict[str, ItemRow] = {}
        for record in batch:
            if isinstance(record.value, ItemRow | ModelReference):
                row = self._side.apply(record.offset, record.value)
                if row is not None:
                    moved[row.credential_id] = row
        if self._side.reference is not before:
            self._load()
        elif self._model is not None and self._in_use is self._side.reference:
            self._model.move(moved.values())

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
            known = dict(self._side.rows)
            try:
                model = await asyncio.to_thread(_load_warm, reference, self._scratch, known)
                break
            except Exception as error:  # noqa: BLE001 - whatever is wrong with it is told, and tried again
                self._failure = f"model {reference.version} cannot be loaded: {error!r}"
                log.error("model_not_loaded", version=reference.version, error=repr(error))
            await asyncio.sleep(self.RETRY_SECONDS)
        model.move(row for item, row in self._side.rows.items() if row is not known.get(item))
        self._failure, self._model, self._in_use = None, model, reference
        log.info("model_swapped", version=model.version, credentials=len(model.item_ids))


def _load_warm(
    reference: ModelReference, scratch: Path | None, rows: Mapping[str, ItemRow]
) -> Model:
    model = artefact.load(reference.url, reference.checksum, scratch)
    model.epoch, model.seq = reference.epoch, reference.seq
    model.move(rows.values())
    model.warm_up()
    return model
