"""The relay as this process runs it: writes are taken, and reads answered, whatever becomes of it."""

import asyncio
import time

import structlog

from libs.common.kafka.broker import KafkaAway, make_broker, wait_for_kafka
from libs.common.kafka.connection import connection
from libs.common.kafka.publisher import Publisher
from libs.common.publishing import Relay, Source
from libs.common.settings import KafkaSettings
from services.catalog.domain.kinds import KINDS
from services.catalog.store.rows import snapshot_of
from services.catalog.store.tables import TABLES

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0

SOURCES = [
    Source(kind.topic, TABLES[name], TABLES[name].c.key, snapshot_of(kind))
    for name, kind in KINDS.items()
]

log = structlog.get_logger()


class Publishing:
    """A relay with its broker, begun again whenever it ends. `problem` is for Health."""

    def __init__(self, settings: KafkaSettings, postgres_url: str) -> None:
        self._settings = settings
        self._postgres_url = postgres_url
        self._relay: Relay | None = None
        self._ended = "not started yet"

    def problem(self) -> str | None:
        """Why nothing is published; None while the relay works, or stands by for another process's."""
        return self._ended if self._relay is None else self._relay.problem()

    def warning(self) -> str | None:
        """What of it somebody must look at."""
        return None if self._relay is None else self._relay.warning()

    async def run(self) -> None:
        """Publishes until cancelled."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            begun = time.monotonic()
            try:
                await self._publish()
            except KafkaAway as away:
                self._ended = str(away)
                log.warning("kafka is away", reason=str(away))
            except Exception as died:
                self._ended = f"the relay died: {died!r}"
                log.exception("the relay died and is started again")
            lived = time.monotonic() - begun
            pause = FIRST_PAUSE_SECONDS if lived > LONGEST_PAUSE_SECONDS else pause * 2
            await asyncio.sleep(min(pause, LONGEST_PAUSE_SECONDS))

    async def _publish(self) -> None:
        await wait_for_kafka(self._settings)
        broker = make_broker(self._settings, client_id="catalog-api")
        publisher = Publisher(broker, "catalog")
        try:
            await broker.start()
            self._relay = Relay(self._postgres_url, publisher, connection(self._settings), SOURCES)
            await self._relay.run()
        finally:
            self._relay = None
            await broker.stop()
