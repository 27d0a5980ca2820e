"""What the use cases need of Redis and of the other services; `app` gives them the real ones."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from libs.common.contracts.calls import (
    BadgeAnswer,
    HeldAnswer,
    LearnerBody,
    Narrowing,
    NewInteraction,
    SelfReported,
    Stored,
    WhatIf,
)
from libs.common.contracts.career import AnonymousPath, Gap, Pathway, Toward
from libs.common.contracts.exposure import Exposure
from libs.common.contracts.profile import Learner
from libs.common.contracts.redis_values import LearnerState, Lookup
from libs.common.contracts.teams import TeamGap, TeamQuestion
from libs.common.errors import TryAgain, Unavailable
from services.gateway.packed import PackedList
from services.gateway.usecases.publishing import CatalogWrites
from services.gateway.usecases.searching import CatalogSearch

# What a part that cannot be asked now raises.
AWAY = (TryAgain, Unavailable)
# The Kafka partition of a learner key.
PartitionOf = Callable[[str], int]


class Found(NamedTuple):
    """A list, and the id of the log that its partition is read from now."""

    ranked: PackedList
    log: str | None

    @property
    def position(self) -> int | None:
        """The list's position; None when it counts in another log."""
        return self.ranked.position if self.ranked.log == self.log else None

    def covers(self, position: int | None) -> bool:
        """Whether the list includes a position; every list includes None."""
        return position is None or (self.position is not None and self.position >= position)


class Lists(Protocol):
    """Lists as the workers wrote them. Raises TryAgain while Redis is away."""

    async def find(
        self, partner_id: str, learner_id: str
    ) -> tuple[Lookup | None, Found | None]: ...
    async def wait(
        self, partition: int, learner_key: str, position: int | None, seconds: float
    ) -> Found | None: ...
    def changing(
        self, partner_id: str, learner_id: str
    ) -> AbstractAsyncContextManager[asyncio.Event]: ...


class Badge(NamedTuple):
    """A badge as it is handed in. recipient: who it must have been issued to; None asks for nobody."""

    media_type: str
    document: bytes
    recipient: str | None = None


class Profile(Protocol):
    """Learners. Raises Unavailable while profile is away, NotFound for whom it does not know."""

    async def learner(self, partner_id: str, learner_id: str) -> Learner: ...
    async def accept(self, partner_id: str, events: list[NewInteraction]) -> list[Stored]: ...
    async def put(
        self, partner_id: str, learner_id: str, body: LearnerBody, if_match: str | None
    ) -> tuple[Learner, bool]: ...
    async def erase(self, partner_id: str, learner_id: str, if_match: str | None) -> None: ...
    async def erased(self, partner_id: str, learner_id: str) -> bool: ...
    async def held(self, partner_id: str, learner_id: str) -> list[HeldAnswer]: ...
    async def report(
        self, partner_id: str, learner_id: str, reported: SelfReported
    ) -> HeldAnswer: ...
    async def take_in_badge(
        self, partner_id: str, learner_id: str, badge: Badge
    ) -> BadgeAnswer: ...


class Recommender(Protocol):
    """Rankings made now. Raises TryAgain or Unavailable while it is away."""

    async def what_if(self, question: WhatIf) -> PackedList: ...
    async def rank(self, partition: int, learner_key: str, narrowing: Narrowing) -> PackedList: ...
    async def repair(self, partition: int, learner_key: str) -> PackedList: ...
    async def state(self, partition: int, learner_key: str) -> LearnerState: ...
    async def anonymous_gap(self, question: WhatIf) -> Gap: ...
    async def anonymous_pathway(self, question: AnonymousPath) -> Pathway: ...
    async def gap(self, partition: int, learner_key: str, toward: Toward) -> Gap: ...
    async def pathway(self, partition: int, learner_key: str, toward: Toward) -> Pathway: ...
    async def team_gap(self, team: TeamQuestion) -> TeamGap: ...


class ExposureLog(Protocol):
    """What widgets report. Raises TryAgain when Kafka did not say in time that it has it."""

    async def append(self, exposures: Sequence[Exposure]) -> None: ...


class Catalog(CatalogWrites, CatalogSearch, Protocol):
    """The catalog service."""
