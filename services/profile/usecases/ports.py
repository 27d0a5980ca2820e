"""What the use cases need of a database and of Kafka."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from libs.common.contracts.profile import Interaction, Learner
from services.profile.domain.acceptance import Standing


class LockedLearner(Protocol):
    """What a learner id means, and the right to change it."""

    learner: Learner | None
    now: datetime

    async def save(self, changed: Learner) -> None: ...
    async def insert(self, created: Learner) -> bool: ...


class Store(Protocol):
    """Learners by partner and learner id; every call may raise Unavailable."""

    async def find(self, partner_id: str, learner_id: str) -> Learner | None: ...
    def locked(
        self, partner_id: str, learner_id: str
    ) -> AbstractAsyncContextManager[LockedLearner]: ...
    async def standings(
        self, partner_id: str, learner_ids: Collection[str]
    ) -> dict[str, Standing]: ...
    async def register(self, partner_id: str, keys: dict[str, str]) -> None: ...


class InteractionLog(Protocol):
    """The log of interactions; both calls raise TryAgain while it is away."""

    async def ask(self) -> None:
        """Returns when the log has just answered."""

    async def append(self, interactions: Sequence[Interaction]) -> list[int]:
        """The offset of each, when all are acknowledged. After TryAgain any of them may be in the log."""
