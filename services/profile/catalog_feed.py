"""The catalog's credentials as Kafka tells them, for matching."""

from msgspec import Struct

from libs.common.contracts.catalog import Credential
from libs.common.contracts.topics import CREDENTIAL, Topic
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

    def match(self, claims: Claims, own_id: str) -> Match:
        """See `Catalog.match`."""
        return self._catalog.match(claims, own_id)

    def _changed(self, _topic: Topic, _key: str, snapshot: Struct) -> None:
        if isinstance(snapshot, Credential):
            self._catalog.put(snapshot)
