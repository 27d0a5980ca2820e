"""Stored lists as answers, each written once for as long as nothing that it says has changed."""

from datetime import datetime
from typing import NamedTuple

from libs.common.contracts.redis_values import MOST_STORED
from services.gateway.catalog.view import CatalogView
from services.gateway.kept import Kept
from services.gateway.packed import PackedList
from services.gateway.usecases.answer import Composer, Written
from services.gateway.usecases.served import Ask, Fallback, served_of

MOST_BYTES = 64_000_000
# Of an entry, beside its bodies: keys, structs and headers.
OVERHEAD_BYTES = 1_500


class MadeFrom(NamedTuple):
    """All that an answer depends on; where any of it differs, it is written again.

    `generation` is the catalog view's, so that what is retired is gone from every answer at once.
    """

    ranked: PackedList
    position: int | None
    fallback: Fallback | None
    generation: int
    day: datetime


class Entry(NamedTuple):
    made_from: MadeFrom
    written: Written

    @property
    def weight(self) -> int:
        """Bytes in memory, roughly."""
        return len(self.written.body) + self.made_from.ranked.ranking.size + OVERHEAD_BYTES


class Ready:
    """At most `most_bytes` of answers, one for each partner, learner, limit and language."""

    def __init__(
        self, view: CatalogView, composer: Composer, *, most_bytes: int = MOST_BYTES
    ) -> None:
        self._view = view
        self._composer = composer
        self.kept = Kept[tuple[str, str, int, str], Entry](most_bytes, lambda entry: entry.weight)

    def answer(
        self,
        ask: Ask,
        learner_key: str,
        ranked: PackedList,
        position: int | None,
        fallback: Fallback | None,
    ) -> Written | None:
        """The list's first `limit` items that may be served; None where too few of them may."""
        generation, day = self._view.generation, self._composer.today()
        made_from = MadeFrom(ranked, position, fallback, generation, day)
        key = ask.partner_id, learner_key, ask.limit, ask.language
        entry = self.kept.get(key)
        if entry is not None and entry.made_from == made_from:
            return entry.written
        served = served_of(ranked, self._view.credentials, ask.partner_id, ask.limit, position)
        if len(served.items) < _answerable(ask.limit, ranked.ranking.count()):
            return None
        written = self._composer.write(served._replace(fallback=fallback), ask.language)
        self.kept.put(key, Entry(made_from, written))
        return written


def _answerable(limit: int, stored: int) -> int:
    """How many items an answer must have: a full list may be the beginning of a longer one."""
    return limit if stored >= MOST_STORED else min(limit, stored)
