"""What the use cases need of a database and of Kafka."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from libs.common.contracts.calls import Verification
from libs.common.contracts.profile import Interaction, Learner
from services.profile.domain.acceptance import Standing
from services.profile.domain.badges import Badge, Match
from services.profile.domain.claims import Claims


class Document(NamedTuple):
    """A badge as it was handed in: its media type, without parameters, and its bytes. recipient: whose it must be; None
    asks for nobody, and it is not kept."""

    media_type: str
    raw: bytes
    recipient: str | None = None


class Due(NamedTuple):
    """A badge that is to be checked again, and whose it is."""

    learner_key: str
    partner_id: str
    learner_id: str
    document: Document


class Examined(NamedTuple):
    """What was found of a document. id: of its content, however it is written. claims: None where it has no good shape."""

    id: str
    verification: Verification
    claims: Claims | None


class LockedLearner(Protocol):
    """What a learner id means, and the right to change it."""

    learner: Learner | None
    now: datetime

    async def save(self, changed: Learner) -> None: ...
    async def insert(self, created: Learner) -> bool: ...
    async def badges(self) -> list[Badge]: ...
    async def put_badge(self, badge: Badge, document: Document, check_at: datetime) -> None: ...
    async def delete_badges(self) -> None: ...


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


class BadgeStore(Protocol):
    """Badges of a learner, and those whose check is due; every call may raise Unavailable."""

    async def of(self, learner_key: str) -> list[Badge]: ...
    async def claim(self, most: int, lease: timedelta) -> Sequence[Due]:
        """Badges that are due, which nobody else gets before the lease has run out."""


class Examiner(Protocol):
    """Verifies documents, away from the loop. Raises Unavailable when too many wait already."""

    async def examine(self, document: Document, at: datetime) -> Examined: ...


class Matching(Protocol):
    """The catalog's credentials. `problem` says why it cannot match yet; None when it can."""

    def problem(self) -> str | None: ...
    def match(self, claims: Claims, own_id: str) -> Match: ...
