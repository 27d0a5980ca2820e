"""The one writer of the item side: announces models and streams the rows that moved.

Its epoch is above every one before. A record of a higher epoch means that another trainer has taken
over: this one ends. A record of a lower one after our own may have replaced ours in the compacted
log: what it spoke of is sent again.
"""

import asyncio
from collections.abc import Sequence

import msgspec
import structlog

from libs.common.clock import Clock
from libs.common.contracts import topics
from libs.common.contracts.item_side import ItemRow, ModelReference
from libs.common.contracts.types import milliseconds
from libs.common.kafka.publisher import Publisher, Sent
from libs.common.kafka.records import Record
from services.recommender.model.store import Version
from services.recommender.trainer import metrics

log = structlog.get_logger()


class Announcer:
    """`superseded` is set when a trainer with a higher epoch has spoken.

    standing: the version that the topic names, whoever announced it. announced: what this trainer has announced.
    again: whether the reference, and every row that its artefact has not, must be sent once more: another
    trainer has written over them, or the topic is lost.
    """

    def __init__(self, publisher: Publisher, clock: Clock) -> None:
        self._publisher = publisher
        self._clock = clock
        self._epoch: int | None = None
        self._highest_seen = -1
        self._seq = 0
        self._end = 0
        self._last_batch = -1
        self.standing: str | None = None
        self.announced: Version | None = None
        self.again = False
        self.superseded = asyncio.Event()

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

    async def announce(self, version: Version) -> None:
        """Sends the reference; rows are those of this version from now on. Raises TryAgain."""
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
        self.announced, self.again = version, False
        self._sent_at([sent])
        metrics.announced(version)
        log.info("model_announced", version=version.version, read_on_from=reference.read_on_from)

    async def send(self, rows: Sequence[ItemRow]) -> None:
        """Sends rows of the announced version under our epoch. Raises TryAgain; any may then be in the log."""
        stamped = [
            msgspec.structs.replace(row, epoch=self._own_epoch(), seq=self._next()) for row in rows
        ]
        batch = [(topics.ITEM_SIDE, row.credential_id, row) for row in stamped]
        self._sent_at(await self._publisher.send_many(batch))
        metrics.ROWS_SENT.inc(len(rows))

    def lost(self, end: int) -> bool:
        """Whether the topic, ending at offset `end` or a batch later, is another than the one written to: then `again`."""
        if end > self._last_batch:
            return False
        log.warning("item_side_topic_lost", sent=self._last_batch, found=end)
        self._last_batch, self._end, self.again = -1, 0, True
        return True

    def _sent_at(self, sent: Sequence[Sent]) -> None:
        if sent[0].offset < self._last_batch:
            self.lost(sent[0].offset)
        self._last_batch, self._end = sent[0].offset, sent[-1].offset + 1

    def _watch(self, value: ItemRow | ModelReference) -> None:
        self._highest_seen = max(self._highest_seen, value.epoch)
        if isinstance(value, ModelReference):
            self.standing = value.version
        if self._epoch is None:
            return
        if value.epoch > self._epoch:
            self.superseded.set()
        elif value.epoch < self._epoch:
            self.again = True

    def _own_epoch(self) -> int:
        if self._epoch is None:
            raise RuntimeError("the epoch is taken after the topic has been read to its end")
        return self._epoch

    def _next(self) -> int:
        self._seq += 1
        return self._seq
