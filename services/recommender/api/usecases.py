"""The answers of the api: lists computed for one request, and lists repaired in Redis."""

import asyncio
from typing import TypeVar

from msgspec import Struct

from libs.common.clock import now
from libs.common.contracts.calls import Constraints, Narrowing, Target, WhatIf
from libs.common.contracts.career import AnonymousPath, Gap, Pathway, Toward
from libs.common.contracts.profile import Consent, Kind, LearnerProfile
from libs.common.contracts.redis_values import LearnerState, ProfileState, StoredList, pack
from libs.common.contracts.teams import TeamGap, TeamMember, TeamQuestion
from libs.common.contracts.types import milliseconds
from libs.common.errors import NotFound
from libs.common.rules.constraints import narrowed
from services.recommender.domain.covering import Parts
from services.recommender.domain.seeker import own_constraints
from services.recommender.listing import Listing
from services.recommender.store import Store, Stored

T = TypeVar("T")
ANONYMOUS = "anonymous"
ATTEMPTS = 3


class Found(Struct, frozen=True):
    """A learner's state, and the bytes of state and list that it was read from."""

    state: LearnerState
    read: Stored


class Recommending:
    """Everything raises TryAgain when Redis is away, and NotFound for a learner nobody knows."""

    def __init__(self, store: Store, listing: Listing) -> None:
        self._store = store
        self._listing = listing

    def whatif(self, asked: WhatIf) -> StoredList:
        """The list of someone who is nobody: nothing is read or stored."""
        state = anonymous(asked)
        return self._listing.asked(state, asked.constraints, target=asked.target, limit=asked.limit)

    def anonymous_gap(self, asked: WhatIf) -> Gap:
        """The gap of someone who is nobody. Raises InvalidRequest without a goal."""
        return self._listing.gap(anonymous(asked), asked.constraints, asked.target)

    def anonymous_pathway(self, asked: AnonymousPath) -> Pathway:
        """A path for someone who is nobody. Raises InvalidRequest without a goal."""
        who = asked.who
        return self._listing.pathway(anonymous(who), who.constraints, who.target, asked.max_steps)

    async def gap(self, partition: int, learner_key: str, asked: Toward) -> Gap:
        """A known learner's gap. Raises InvalidRequest without a goal."""
        state = (await self._find(partition, learner_key)).state
        constraints = narrowed(own_constraints(state), asked.constraints)
        return self._listing.gap(state, constraints, asked.target())

    async def pathway(self, partition: int, learner_key: str, asked: Toward) -> Pathway:
        """A path for a known learner. Raises InvalidRequest without a goal."""
        state = (await self._find(partition, learner_key)).state
        constraints = narrowed(own_constraints(state), asked.constraints)
        return self._listing.pathway(state, constraints, asked.target(), asked.max_steps)

    async def team(self, asked: TeamQuestion) -> TeamGap:
        """A team's gap. Raises InvalidRequest for an occupation that nobody knows."""
        members = [await self._member(each) for each in asked.members]
        return await _cooperatively(
            self._listing.team(members, asked.occupation, asked.coverage, asked.currency)
        )

    async def _member(self, member: TeamMember) -> tuple[LearnerState, Constraints]:
        try:
            state = (await self._find(member.partition, member.learner_key)).state
        except NotFound:  # no worker has applied them yet
            return anonymous(member.otherwise), member.otherwise.constraints
        return state, own_constraints(state)

    async def narrowed(self, partition: int, learner_key: str, asked: Narrowing) -> StoredList:
        """A known learner's list for another goal or other constraints; not stored."""
        state = (await self._find(partition, learner_key)).state
        target = None if asked.occupation is None else Target(occupation=asked.occupation)
        constraints = narrowed(own_constraints(state), asked.constraints)
        return self._listing.asked(state, constraints, target=target, limit=asked.limit)

    async def repaired(self, partition: int, learner_key: str) -> StoredList:
        """The learner's own list, stored unless someone has changed state or list meanwhile, a newer
        model has made it, or the learner does not consent."""
        for _ in range(ATTEMPTS):
            found = await self._find(partition, learner_key)
            fresh = self._listing.own(found.state)
            if not found.state.consented or self._outdone(found.read, fresh):
                break
            if await self._store.repair(partition, learner_key, found.read, pack(fresh)):
                break
        return fresh

    async def state(self, partition: int, learner_key: str) -> LearnerState:
        """All that is known of a learner."""
        return (await self._find(partition, learner_key)).state

    async def _find(self, partition: int, learner_key: str) -> Found:
        read = await self._store.learner(partition, learner_key)
        state = self._store.unpack_state(read.state)
        if state is None or state.erased:
            raise NotFound("There is no such learner.", code="learner_not_found")
        return Found(state, read)

    def _outdone(self, read: Stored, fresh: StoredList) -> bool:
        """Whether a newer item side has made the stored list. Its model may be an older one: someone may have gone back."""
        stored = self._store.unpack_list(read.ranked)
        return stored is not None and _age(stored) > _age(fresh)


async def _cooperatively(parts: Parts[T]) -> T:
    """Runs it to its end, with everything else in between: a large team takes seconds."""
    while True:
        try:
            next(parts)
        except StopIteration as end:
            result: T = end.value
            return result
        await asyncio.sleep(0)


def anonymous(asked: WhatIf) -> LearnerState:
    """A what-if as a state: completed before viewed, each in the order given, and all of it of now: nothing that was
    earned at an unknown time has faded."""
    interactions: dict[str, dict[Kind, int]] = {}
    begin = milliseconds(now())
    for at, credential_id in enumerate(asked.completed, begin):
        interactions.setdefault(credential_id, {})["complete"] = at
    for at, credential_id in enumerate(asked.viewed, begin + len(asked.completed)):
        interactions.setdefault(credential_id, {})["view"] = at
    profile = ProfileState(
        0, asked.audience or "", "", LearnerProfile(skills=asked.skills), Consent()
    )
    return LearnerState(
        ANONYMOUS, 0, profile=profile, interactions=interactions, partner_id=asked.audience
    )


def _age(ranked: StoredList) -> tuple[int, int]:
    return ranked.item_epoch, ranked.item_side
