"""Accepting interactions: who, under which consent, and into the log before the answer.

No lock is held while the log is written. An interaction carries the moment of the consent that was
read (contracts.md 5). A withdrawal or an erasure that commits after the read gives the learner a newer
moment, and its snapshot outdates every interaction with the older one, whichever of them reaches
Kafka first; a learner registered again has another key. So a late append can be slow, or frozen for
hours, and still never counts.

An unknown learner is committed before their first interaction is appended, never after: an append
that times out may still have happened, and an interaction under a key that the database does not know
could never be erased. So that nobody is registered for nothing while Kafka is away, the log is asked
first; if it goes away in between, the learner stays, and the client's second attempt finds them.
"""

from collections.abc import Iterator, Sequence, Set

from libs.common.clock import Clock
from libs.common.contracts.calls import NewInteraction, Stored, StoredInteractions
from libs.common.contracts.profile import Interaction
from services.profile.domain.acceptance import Standing, judged
from services.profile.usecases.learners import new_key
from services.profile.usecases.ports import InteractionLog, Store


class Interactions:
    """Raises Unavailable while the database is away, TryAgain while Kafka is."""

    def __init__(self, store: Store, log: InteractionLog, clock: Clock) -> None:
        self._store = store
        self._log = log
        self._clock = clock

    async def accept(self, partner_id: str, events: Sequence[NewInteraction]) -> StoredInteractions:
        """Appends what can be accepted; answers for each event, when all are acknowledged."""
        standings = await self._standings(partner_id, {event.learner_id for event in events})
        at = self._clock()
        verdicts = [
            judged(event, standings[event.learner_id], partner_id=partner_id, at=at)
            for event in events
        ]
        offsets = await self._log.append([v for v in verdicts if isinstance(v, Interaction)])
        return StoredInteractions(results=_results(verdicts, iter(offsets)))

    async def _standings(self, partner_id: str, learner_ids: Set[str]) -> dict[str, Standing]:
        known = await self._store.standings(partner_id, learner_ids)
        unknown = learner_ids - known.keys()
        if not unknown:
            return known
        await self._log.ask()
        await self._store.register(partner_id, {learner_id: new_key() for learner_id in unknown})
        # Read again: another request may have registered, or even erased, some of them first.
        return known | await self._store.standings(partner_id, unknown)


def _results(verdicts: Sequence[Interaction | Stored], offsets: Iterator[int]) -> list[Stored]:
    return [
        Stored(position=next(offsets)) if isinstance(verdict, Interaction) else verdict
        for verdict in verdicts
    ]
