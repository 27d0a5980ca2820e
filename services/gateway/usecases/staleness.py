"""When a stored list is worth making again: it is old, and what it was made from has moved."""

from libs.common.clock import Clock
from libs.common.contracts.types import milliseconds
from services.gateway.catalog.view import CatalogView
from services.gateway.packed import PackedList

OLD_MILLISECONDS = 60_000


class Staleness:
    """Learns which model is in use from the newest list it has seen, whoever's it was."""

    def __init__(self, view: CatalogView, clock: Clock) -> None:
        self._view = view
        self._clock = clock
        self._model = ""
        self._model_seen_at = 0

    def see(self, ranked: PackedList) -> None:
        """Takes note of the model that a list was made with."""
        if ranked.computed_at > self._model_seen_at:
            self._model_seen_at = ranked.computed_at
            self._model = ranked.model_version

    def of(self, ranked: PackedList) -> bool:
        """Whether the list is stale (contracts.md); a view not read from Kafka says nothing of it."""
        if milliseconds(self._clock()) - ranked.computed_at <= OLD_MILLISECONDS:
            return False
        epoch = self._view.epoch
        catalog_moved = epoch >= 0 and self._view.tables.caught_up and epoch != ranked.catalog_epoch
        return catalog_moved or ranked.model_version != self._model
