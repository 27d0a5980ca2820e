"""What a batch does to the learners of its partitions: merged states, lists, lookups. No writing here."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from libs.common.contracts import redis_keys
from libs.common.contracts.profile import Interaction, Learner
from libs.common.contracts.redis_values import LearnerState, Lookup, pack
from libs.common.kafka.records import Record
from services.recommender.domain.learner_state import Place, merge
from services.recommender.domain.ports import Model
from services.recommender.listing import Listing
from services.recommender.store import Result
from services.recommender.worker.session import Session

LONGEST_BLOCK_SECONDS = 0.005
"""How long computing may keep the loop from heartbeats and fetches."""


class Work(Struct, frozen=True):
    """The accepted records of one partition, by log, in their order."""

    session: Session
    learners: Sequence[Record]
    interactions: Sequence[Record]

    def keys(self) -> list[str]:
        """The learners that the records speak of."""
        return sorted({r.key for r in self.records() if r.value is not None})

    def records(self) -> Iterable[Record]:
        """Learners first, so that consent is known before what was done under it."""
        return (*self.learners, *self.interactions)


class Projected(Struct, frozen=True):
    """What to commit for the partition, and which lookups to set before."""

    results: list[Result]
    lookups: list[tuple[str, Lookup]]


class Projection:
    """Merges and ranks. `pepper` keys the lookups."""

    def __init__(self, listing: Listing, pepper: str) -> None:
        self._listing = listing
        self._pepper = pepper

    async def project(
        self, work: Work, states: Mapping[str, LearnerState], model: Model
    ) -> Projected:
        """The results for every learner whose state changed; raises whatever a bad record makes raise."""
        merged: dict[str, LearnerState] = {}
        shown: set[str] = set()
        lookups: list[tuple[str, Lookup]] = []
        for record in work.records():
            if isinstance(record.value, Learner | Interaction):
                before = merged.get(record.key) or states.get(record.key)
                after = self._merge(work.session, record, record.value, before, lookups)
                if after is not before:
                    merged[record.key] = after
                    if _shown(work.session, record):
                        shown.add(record.key)
        return Projected(await self._results(merged, shown, model), lookups)

    def _merge(
        self,
        session: Session,
        record: Record,
        event: Learner | Interaction,
        before: LearnerState | None,
        lookups: list[tuple[str, Lookup]],
    ) -> LearnerState:
        if isinstance(event, Interaction):
            return merge(before, event, place=Place(session.log, record.offset))
        after = merge(before, event, lookup=self._lookup(event))
        if after.lookup is not None:
            found = Lookup(session.partition, event.learner_key, event.revision)
            lookups.append((after.lookup, found))
        elif after.erased and before is not None and before.lookup is not None:
            lookups.append((before.lookup, Lookup(session.partition, None, event.revision)))
        return after

    def _lookup(self, learner: Learner) -> str | None:
        if learner.partner_id is None or learner.learner_id is None:
            return None
        return redis_keys.lookup(self._pepper, learner.partner_id, learner.learner_id)

    async def _results(
        self, merged: Mapping[str, LearnerState], shown: set[str], model: Model
    ) -> list[Result]:
        results = []
        since = time.monotonic()
        for key, state in merged.items():
            ranked = None
            if state.consented and key in shown:
                ranked = pack(self._listing.own(state, model))
            results.append(Result(key, pack(state), ranked, marker=not state.consented))
            if time.monotonic() - since > LONGEST_BLOCK_SECONDS:
                await asyncio.sleep(0)
                since = time.monotonic()
        return results


def _shown(session: Session, record: Record) -> bool:
    stream = session.learner if isinstance(record.value, Learner) else session.interaction
    return stream.shown(record)
