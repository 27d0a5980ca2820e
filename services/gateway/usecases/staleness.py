"""When a stored list is worth making again: it is old, and what it was made from has moved."""

from typing import Literal

from libs.common.clock import Clock
from libs.common.contracts.types import milliseconds
from services.gateway.catalog.view import CatalogView
from services.gateway.packed import PackedList

State = Literal["current", "stale", "unknown"]


class Staleness:
    """Learns which item side is in use from the newest list it has seen, whoever's it was."""

    def __init__(self, view: CatalogView, clock: Clock) -> None:
        self._view = view
        self._clock = clock
        self._made_with = ("", 0)
        self._seen_at = 0

    def see(self, ranked: PackedList) -> None:
        """Takes note of the item side that a list was made with."""
        if ranked.computed_at > self._seen_at:
            self._seen_at = ranked.computed_at
            self._made_with = _made_with(ranked)

    def of(self, ranked: PackedList, oldest: int) -> State:
        """`stale`: older than `oldest` milliseconds, and the model or the catalog has moved; `unknown` for an old list
        while no young one was seen to compare it with.

        A view not read from Kafka says nothing of the catalog.
        """
        if self._young(ranked.computed_at, oldest):
            return "current"
        epoch = self._view.epoch
        if epoch >= 0 and self._view.tables.caught_up and epoch != ranked.catalog_epoch:
            return "stale"
        if _made_with(ranked) != self._made_with:
            return "stale"
        return "current" if self._young(self._seen_at, oldest) else "unknown"

    def _young(self, computed_at: int, oldest: int) -> bool:
        return milliseconds(self._clock()) - computed_at <= oldest


def _made_with(ranked: PackedList) -> tuple[str, int]:
    return ranked.model_version, ranked.item_side
