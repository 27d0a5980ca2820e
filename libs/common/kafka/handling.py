"""What happens to a batch: retried while something is away, taken apart when it fails, parked record by record.

A handler sees every record in order, also the unusable ones, so that offsets advance past them. It
raises TryAgain for what is expected back: the batch is retried with backoff for as long as it takes.
Any other exception is tried a bounded number of times, then record by record; a record that still
fails is parked and handed on with its fault.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from libs.common.errors import TryAgain, UnusableMessage
from libs.common.kafka.metrics import RETRIES
from libs.common.kafka.records import Record, with_fault

Handler = Callable[[list[Record]], Awaitable[None]]
Park = Callable[[Record, int], Awaitable[None]]
Keep = Callable[[list[Record]], list[Record]]

ATTEMPTS = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0

log = structlog.get_logger()


class Abandoned(Exception):
    """The process is stopping; what has not been handled is read again at the next start."""


class Handling:
    """Runs a handler. `park` is awaited before a record is handed on as unusable; `keep` drops
    records of partitions that are no longer ours; `stopping` ends the waiting. tried_at: when an attempt last began
    (monotonic seconds)."""

    def __init__(
        self, name: str, handler: Handler, park: Park, keep: Keep, stopping: asyncio.Event
    ) -> None:
        self._name = name
        self._handler = handler
        self._park = park
        self._keep = keep
        self._stopping = stopping
        self.tried_at = 0.0

    async def handle(self, batch: list[Record]) -> None:
        """Returns when every record has been handled or parked. Raises Abandoned when stopping."""
        for record in batch:
            if record.fault is not None:
                await self._insist(lambda record=record: self._park(record, 1))  # type: ignore[misc]
        try:
            await self._attempt(batch)
        except Abandoned:
            raise
        except Exception as error:
            log.exception("batch_failed", consumer=self._name, records=len(batch), error=str(error))
            for record in batch:
                await self._alone(record)

    async def _alone(self, record: Record) -> None:
        try:
            await self._attempt([record])
        except Abandoned:
            raise
        except Exception as error:  # noqa: BLE001 - parked with its reason, and counted
            unusable = with_fault(record, f"{type(error).__name__}: {error}")
            await self._insist(lambda: self._park(unusable, ATTEMPTS))
            await self._pass_on(unusable)

    async def _pass_on(self, unusable: Record) -> None:
        """A handler that fails even on a parked record must not keep the ones behind it waiting."""
        try:
            await self._attempt([unusable])
        except Abandoned:
            raise
        except Exception:
            log.exception("parked_record_refused", topic=unusable.topic, offset=unusable.offset)

    async def _attempt(self, batch: list[Record]) -> None:
        """Transient failures are retried for ever, others up to ATTEMPTS times."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._insist(lambda: self._call(batch))
                return
            except (Abandoned, UnusableMessage):
                raise
            except Exception:
                if attempt == ATTEMPTS:
                    raise
                await self._pause(FIRST_PAUSE * 2**attempt)

    async def _call(self, batch: list[Record]) -> None:
        ours = self._keep(batch)
        if ours:
            await self._handler(ours)

    async def _insist(self, act: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE
        while True:
            self.tried_at = time.monotonic()
            try:
                await act()
                return
            except TryAgain as error:
                log.warning("retrying", consumer=self._name, reason=str(error), seconds=pause)
            await self._pause(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _pause(self, seconds: float) -> None:
        RETRIES.labels(self._name).inc()
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
        raise Abandoned(self._name)
