"""The catalog's credentials as Kafka tells them, for matching."""

import asyncio

from msgspec import Struct

from libs.common.contracts.catalog import Credential
from libs.common.contracts.topics import CREDENTIAL, Topic
from libs.common.errors import Unavailable
from libs.common.global_table import GlobalTables
from libs.common.kafka.broker import Broker
from services.profile.domain.badges import Match
from services.profile.domain.claims import Claims
from services.profile.domain.matching import Catalog, Issuers


class CatalogFeed:
    """Construct it before the broker starts."""

    def __init__(self, broker: Broker, issuers: Issuers) -> None:
        self._catalog = Catalog(issuers)
        self._tables = GlobalTables(broker, [CREDENTIAL], self._changed)

    def problem(self) -> str | None:
        """Why nothing can be matched yet."""
        return None if self._tables.caught_up else "the catalog has not been read yet"

    async def until_read(self, seconds: float) -> None:
        """Waits until everything that stands in the topic is known. Raises Unavailable after so long."""
        try:
            async with asyncio.timeout(seconds):
                while self.problem():  # noqa: ASYNC110 - the tables say it only when they are asked
                    await asyncio.sleep(0.05)
        except TimeoutError as late:
            raise Unavailable("the catalog could not be read in time") from late

    def match(self, claims: Claims, own_id: str) -> Match:
        """See `Catalog.match`."""
        return self._catalog.match(claims, own_id)

    def _changed(self, _topic: Topic, _key: str, snapshot: Struct) -> None:
        if isinstance(snapshot, Credential):
            self._catalog.put(snapshot)
