"""The relay: one of a service's processes publishes for all of them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from msgspec import Struct
from sqlalchemy import RowMapping, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.background import being_cancelled
from libs.common.contracts.topics import Topic
from libs.common.database import make_engine
from libs.common.errors import TryAgain, UnusableMessage
from libs.common.kafka.publisher import SEND_SECONDS, Publisher, Sent
from libs.common.publishing.ddl import CHANNEL
from libs.common.publishing.log_check import LogCheck
from libs.common.publishing.metrics import OLDEST, REFUSED, SENT
from libs.common.publishing.rows import Source, busy_seconds, republish

POLL_SECONDS = 2.0
LOCK_SECONDS = 0.5
PAUSE_SECONDS = 0.5
FAILING_SECONDS = 15.0
_LOCK = 0x57AC_3E1A

log = structlog.get_logger()


class Outgoing(NamedTuple):
    """A row and the record to send for it."""

    row: RowMapping
    message: tuple[Topic, str, Struct]


class Relay:
    """Publishes unpublished rows while `run` runs and holds the lock."""

    def __init__(
        self,
        postgres_url: str,
        publisher: Publisher,
        connection: Mapping[str, Any],
        sources: Sequence[Source],
    ) -> None:
        self._engine = make_engine(postgres_url, pool_size=1)
        self._publisher = publisher
        self._connection = connection
        self._sources = {source.table.name: source for source in sources}
        self._aside: dict[str, dict[str, int]] = {name: {} for name in self._sources}
        self._newest: dict[str, Sent] = {}
        self._woken: set[str] = set()
        self._wake = asyncio.Event()
        self._well_at = time.monotonic()
        self._failure: str | None = None

    def problem(self) -> str | None:
        """What has kept this process from publishing for a while; None when it is well or stands by."""
        failing = time.monotonic() - self._well_at > FAILING_SECONDS
        return self._failure if failing else None

    def warning(self) -> str | None:
        """How many rows are set aside, because nothing can be made of them or Kafka takes none of it."""
        count = sum(map(len, self._aside.values()))
        return f"{count} rows cannot be published" if count else None

    async def run(self) -> None:
        """Publishes until cancelled; whatever goes away is waited for."""
        try:
            while True:
                try:
                    async with self._engine.connect() as plain:
                        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
                        await self._lead(connection)
                except (TryAgain, SQLAlchemyError, OSError) as error:
                    self._interrupted(str(error))
                except asyncio.CancelledError:
                    if being_cancelled():
                        raise
                    self._interrupted("a Kafka client cancelled what it was asked for")
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            await self._engine.dispose()

    async def _lead(self, connection: AsyncConnection) -> None:
        await self._wait_for_lock(connection)
        await asyncio.sleep(await busy_seconds(connection))
        await self._listen(connection)
        await self._tell_oldest(connection)  # Also while there is no Kafka to check.
        async with LogCheck(self._connection) as check:
            while True:
                await self._republish_what_was_lost(connection, check)
                self._woken |= self._sources.keys()
                await self._publish_for(connection, POLL_SECONDS)

    async def _wait_for_lock(self, connection: AsyncConnection) -> None:
        statement = text("SELECT pg_try_advisory_lock(:key)")
        while not (await connection.execute(statement, {"key": _LOCK})).scalar_one():
            self._well()
            for source in self._sources.values():
                OLDEST.labels(source.topic.name).set(0)  # Another one's to tell.
            await asyncio.sleep(LOCK_SECONDS)

    async def _listen(self, connection: AsyncConnection) -> None:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.add_listener(CHANNEL, self._notified)

    def _notified(self, _connection: Any, _pid: int, _channel: str, table: str) -> None:
        self._woken.add(table)
        self._wake.set()

    async def _republish_what_was_lost(self, connection: AsyncConnection, check: LogCheck) -> None:
        """The witness of a log is replaced only once the log still had it: what was sent to another log since would
        hide that ours is lost."""
        for name, source in self._sources.items():
            newest = self._newest.pop(name, None)
            witness = await source.witness(connection)
            if witness is not None and not await check.has(source.topic, witness):
                log.warning("log_lost", topic=source.topic.name, offset=witness.offset)
                await republish(connection, [source])
                await source.set_witness(connection, None)
                self._aside[name].clear()
            elif newest is not None:
                await source.set_witness(connection, newest)
        await self._tell_oldest(connection)

    async def _tell_oldest(self, connection: AsyncConnection) -> None:
        for source in self._sources.values():
            oldest = await source.oldest(connection)
            OLDEST.labels(source.topic.name).set(0 if oldest is None else oldest.timestamp())

    async def _publish_for(self, connection: AsyncConnection, seconds: float) -> None:
        """Publishes whenever a table was changed, for so long."""
        deadline = time.monotonic() + seconds
        while True:
            self._wake.clear()
            while self._woken:
                await self._publish(connection, self._sources[self._woken.pop()])
            self._well()
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self._wake.wait()
            except TimeoutError:
                return

    async def _publish(self, connection: AsyncConnection, source: Source) -> None:
        """Sends what is unpublished, batch after batch, until nothing is. A row that cannot be sent
        holds nobody up: it is set aside until it changes."""
        aside = self._aside[source.table.name]
        while rows := await source.unpublished(connection, aside):
            outgoing = [one for row in rows if (one := self._outgoing(source, row)) is not None]
            try:
                await self._send(connection, source, outgoing)
            except UnusableMessage:
                for one in outgoing:
                    await self._send_alone(connection, source, one)

    def _outgoing(self, source: Source, row: RowMapping) -> Outgoing | None:
        try:
            snapshot = source.snapshot(row)
            return Outgoing(row, (source.topic, source.topic.key_of(snapshot), snapshot))
        except Exception as error:  # noqa: BLE001 - whatever a bad row raises, it is set aside and said
            self._set_aside(source, row, error)
            return None

    async def _send_alone(self, connection: AsyncConnection, source: Source, one: Outgoing) -> None:
        try:
            await self._send(connection, source, [one])
        except UnusableMessage as error:
            self._set_aside(source, one.row, error)

    def _set_aside(self, source: Source, row: RowMapping, error: Exception) -> None:
        key = source.key_of(row)
        self._aside[source.table.name][key] = row["revision"]
        REFUSED.labels(source.topic.name).inc()
        log.error("row_cannot_be_published", topic=source.topic.name, key=key, reason=repr(error))

    async def _send(
        self, connection: AsyncConnection, source: Source, outgoing: Sequence[Outgoing]
    ) -> None:
        """Waits for the acknowledgement under the lock, however long: a producer goes on trying, and
        what another relay sent meanwhile would be followed by our older revisions."""
        if not outgoing:
            return
        await source.begin(connection, 2 * SEND_SECONDS)
        messages = [one.message for one in outgoing]
        sending = asyncio.ensure_future(self._publisher.send_many(messages, seconds=None))
        try:
            while not (await asyncio.wait({sending}, timeout=SEND_SECONDS))[0]:
                self._failure = f"Kafka does not acknowledge {source.topic.name}"
                log.warning("relay_waits", topic=source.topic.name, records=len(outgoing))
                await source.begin(connection, 2 * SEND_SECONDS)
            sent = sending.result()
        finally:
            sending.cancel()
        await source.mark(connection, [one.row for one in outgoing], sent[-1])
        self._newest[source.table.name] = sent[-1]
        SENT.labels(source.topic.name).inc(len(outgoing))

    def _interrupted(self, reason: str) -> None:
        self._failure = reason
        log.warning("relay_interrupted", reason=reason)

    def _well(self) -> None:
        self._well_at = time.monotonic()
        self._failure = None
