"""What a process must know to rank, followed from Kafka: the catalog and the model."""

import asyncio
from pathlib import Path

from msgspec import Struct

from libs.common.clock import Clock
from libs.common.contracts.topics import CATALOG, CREDENTIAL, Topic
from libs.common.global_table import GlobalTables
from libs.common.kafka.broker import Broker
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.ports import Model, NoModel
from services.recommender.item_side import ItemSideFollower
from services.recommender.listing import Listing

_NO_MODEL = NoModel()
REVALUED_A_SECOND = 16


class Knowledge:
    """Construct it before the broker starts."""

    def __init__(self, broker: Broker, scratch: Path | None, clock: Clock, tau: float) -> None:
        self.catalog = CatalogIndex()
        self._clock = clock
        self._tables = GlobalTables(broker, CATALOG, on_change=self._changed)
        self._item_side = ItemSideFollower(broker, scratch)
        self.listing = Listing(self.catalog, self.model, self.catalog_epoch, clock, tau)

    def model(self) -> Model:
        """The newest model loaded; before the first, one that knows nothing."""
        return self._item_side.model or _NO_MODEL

    def catalog_epoch(self) -> int:
        """The offset of the credential topic applied last."""
        return self._tables.offset(CREDENTIAL)

    def problem(self) -> str | None:
        """Why this process should not rank yet, for Health; None when it may."""
        if (behind := self._tables.problem()) is not None:
            return behind
        return None if self._item_side.settled else self._item_side.problem()

    async def run(self) -> None:
        """Keeps the values of credentials of today, a few at a time: assertions end and time passes."""
        while True:
            self.catalog.revalue(self._clock(), REVALUED_A_SECOND)
            await asyncio.sleep(1)

    async def close(self) -> None:
        """Stops a model that is being loaded."""
        await self._item_side.close()

    def _changed(self, _: Topic, __: str, snapshot: Struct) -> None:
        self.catalog.put(snapshot, self._clock())  # type: ignore[arg-type]
