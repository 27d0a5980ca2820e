"""Stored lists, read only as far as they are served: items and reasons stay packed until then.

Field by field the MessagePack arrays of `libs.common.contracts.redis_values`; a test compares them.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from libs.common.contracts.redis_values import ListReason, ListRelaxation, ListTarget, Source
from libs.common.contracts.types import IncomeBand


class Item(Struct, frozen=True, array_like=True):
    """A `ListItem` whose reasons and advisories are packed `ListReason`s."""

    credential_id: str
    score: float
    source: Source
    reasons: list[Raw] = []
    closes: list[str] = []
    gain: float | None = None
    advisories: list[Raw] = []


class PackedRanking(Struct, frozen=True, array_like=True):
    """A `Ranking` whose items are not even told apart."""

    items: Raw
    target: ListTarget | None = None
    relaxations: list[ListRelaxation] = []

    @property
    def size(self) -> int:
        """Bytes of the items."""
        return memoryview(self.items).nbytes

    def count(self) -> int:
        """How many items there are."""
        return len(_items.decode(self.items))


class PackedList(Struct, frozen=True, array_like=True):
    """A `StoredList` of packed items."""

    recommendation_id: str
    ranking: PackedRanking
    computed_at: int
    model_version: str
    catalog_epoch: int
    profile_revision: int
    log: str
    position: int | None = None
    as_of: int | None = None
    region: str | None = None
    income_band: IncomeBand | None = None
    item_side: int = 0
    item_epoch: int = -1

    def items(self) -> Iterator[Item]:
        """The items, each unpacked when it is reached."""
        return map(_item.decode, _items.decode(self.ranking.items))


_items = msgspec.msgpack.Decoder(list[Raw])
_item = msgspec.msgpack.Decoder(Item)
_reason = msgspec.msgpack.Decoder(ListReason)


def reason(code: str, params: dict[str, Any] | None = None) -> Raw:
    """A reason of our own, packed like those of a list."""
    return packed(ListReason(code, params or {}))


def packed(unpacked: ListReason) -> Raw:
    return Raw(msgspec.msgpack.encode(unpacked))


def unpacked(raw: Raw) -> ListReason:
    """Raises msgspec.DecodeError."""
    return _reason.decode(raw)
