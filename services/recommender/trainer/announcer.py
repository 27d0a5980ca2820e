"""The one writer of the item side: announces models and streams the rows that moved.

Its epoch is above every one before. A record of a higher epoch means that another trainer has taken
over: this one ends. A record of a lower one after our own may have replaced ours in the compacted
log: what it spoke of is sent again.
"""

import asyncio
from collections.abc import Sequence

import numpy as np
import structlog
from numpy.typing import NDArray

from libs.common.clock import Clock
from libs.common.contracts import topics
from libs.common.contracts.item_side import ItemRow, ModelReference
from libs.common.contracts.types import milliseconds
from libs.common.kafka.publisher import Publisher, Sent
from libs.common.kafka.records import Record
from services.recommender.model import trend
from services.recommender.model.learned import Model
from services.recommender.model.store import Version
from services.recommender.trainer import metrics
from services.recommender.trainer.columns import Credentials

log = structlog.get_logger()

MOVED = 0.02
"""How far the logarithm of a trend moves before it is streamed: 2 % of the count."""
ROWS_AT_ONCE = 2_000


class Announcer:
    """`superseded` is set when a trainer with a higher epoch has spoken."""

    def __init__(self, publisher: Publisher, credentials: Credentials, clock: Clock) -> None:
        self._publisher = publisher
        self._credentials = credentials
        self._clock = clock
        self._epoch: int | None = None
        self._highest_seen = -1
        self._seq = 0
        self._end = 0
        self._last_batch = -1
        self._announced: tuple[Version, Model] | None = None
        self._again = False
        self._sent: NDArray[np.float64] = np.zeros(0)
        self.superseded = asyncio.Event()

    @property
    def announced(self) -> Version | None:
        """The version in force; None before the first."""
        return None if self._announced is None else self._announced[0]

    async def handle(self, batch: Sequence[Record]) -> None:
        """Watches the topic: for the epoch to take at first, then for other trainers."""
        for record in batch:
            self._end = max(self._end, record.offset + 1)
            if isinstance(record.value, ItemRow | ModelReference):
                self._watch(record.value)

    def take_epoch(self) -> None:
        """Call once the topic has been read to its end."""
        self._epoch = max(self._highest_seen + 1, milliseconds(self._clock()))
        log.info("epoch_taken", epoch=self._epoch)

    async def announce(self, version: Version, model: Model) -> None:
        """Sends the reference; rows are streamed against the model's own trends from now on. Raises TryAgain."""
        reference = ModelReference(
            epoch=self._own_epoch(),
            version=version.version,
            seq=self._next(),
            url=version.url,
            checksum=version.checksum,
            trained_at=version.trained_at,
            read_on_from=self._end,
            metrics=version.metrics,
        )
        sent = await self._publisher.send(topics.ITEM_SIDE, "", reference)
        rows = [self._credentials.row(item) for item in model.item_ids]
        self._sent = np.full(len(self._credentials), trend.NOTHING)
        self._sent[rows] = model.trends
        self._announced, self._again = (version, model), False
        self._sent_at([sent])
        metrics.announced(version)
        log.info("model_announced", version=version.version, read_on_from=reference.read_on_from)

    async def stream(self, trends: NDArray[np.float64]) -> int:
        """Sends the rows that moved since they were sent last; answers how many. Raises TryAgain.

        trends: the logarithm of each credential's count, by row of the credential table.
        """
        if self._announced is None:
            return 0
        if self._again:
            await self.announce(*self._announced)
        rows = self._moved(trends)
        values = [self._row(row, float(trends[row])) for row in rows.tolist()]
        if values:
            batch = [(topics.ITEM_SIDE, value.credential_id, value) for value in values]
            sent = await self._publisher.send_many(batch)
            self._sent[rows] = trends[rows]
            self._sent_at(sent)
            metrics.ROWS_SENT.inc(len(values))
        return len(values)

    def announce_again(self) -> None:
        """With the next `stream` the reference is sent again, and every row that its artefact has not."""
        self._again = True

    def lost(self, end: int) -> bool:
        """Whether the topic, ending at offset `end` or a batch later, is another than the one written to.

        All is then sent again with the next `stream`.
        """
        if end > self._last_batch:
            return False
        log.warning("item_side_topic_lost", sent=self._last_batch, found=end)
        self._last_batch, self._end, self._again = -1, 0, True
        return True

    def _sent_at(self, sent: Sequence[Sent]) -> None:
        if sent[0].offset < self._last_batch:
            self.lost(sent[0].offset)
        self._last_batch, self._end = sent[0].offset, sent[-1].offset + 1

    def _watch(self, value: ItemRow | ModelReference) -> None:
        self._highest_seen = max(self._highest_seen, value.epoch)
        if self._epoch is None:
            return
        if value.epoch > self._epoch:
            self.superseded.set()
        elif value.epoch < self._epoch:
            self._again = True

    def _moved(self, trends: NDArray[np.float64]) -> NDArray[np.int64]:
        new = len(trends) - len(self._sent)
        self._sent = np.append(self._sent, np.full(max(new, 0), trend.NOTHING))
        distance = np.abs(trends - self._sent[: len(trends)])
        rows = np.flatnonzero(distance > MOVED)
        return rows[np.argsort(-distance[rows], kind="stable")[:ROWS_AT_ONCE]]

    def _row(self, row: int, log_count: float) -> ItemRow:
        assert self._announced is not None
        return ItemRow(
            epoch=self._own_epoch(),
            model_version=self._announced[0].version,
            seq=self._next(),
            credential_id=self._credentials.ids[row],
            trend=log_count,
        )

    def _own_epoch(self) -> int:
        if self._epoch is None:
            raise RuntimeError("the epoch is taken after the topic has been read to its end")
        return self._epoch

    def _next(self) -> int:
        self._seq += 1
        return self._seq
