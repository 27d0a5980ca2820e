"""A migrated database of profile, and a log of interactions that can be away."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

import services.profile
from libs.common.clock import now
from libs.common.contracts.profile import Interaction
from libs.common.database import make_engine
from libs.common.errors import TryAgain
from libs.common.migrations import migrate
from services.profile.domain.badges import Match
from services.profile.domain.claims import Claims
from services.profile.domain.matching import Catalog
from services.profile.examining import Examining
from services.profile.store.badges import BadgeStore
from services.profile.store.learners import LearnerStore
from services.profile.usecases.badges import Badges
from services.profile.usecases.interactions import Interactions
from services.profile.usecases.learners import Learners

MIGRATIONS = Path(services.profile.__file__).parent / "migrations"


class FakeLog:
    """A log in memory. `away`: nothing arrives.  `forgetful`: all arrives and no answer comes back."""

    def __init__(self) -> None:
        self.interactions: list[Interaction] = []
        self.away = False
        self.forgetful = False

    async def ask(self) -> None:
        if self.away:
            raise TryAgain("away")

    async def append(self, interactions: Sequence[Interaction]) -> list[int]:
        if self.away and interactions:
            raise TryAgain("away")
        first = len(self.interactions)
        self.interactions.extend(interactions)
        if self.forgetful:
            raise TryAgain("no acknowledgement")
        return list(range(first, len(self.interactions)))


@pytest.fixture(scope="session")
async def database_url(postgres) -> str:
    url = await postgres.create_database("profile")
    await migrate(url, MIGRATIONS)
    return url


@pytest.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def store(engine: AsyncEngine) -> LearnerStore:
    return LearnerStore(engine)


@pytest.fixture
def learners(store: LearnerStore) -> Learners:
    return Learners(store)


@pytest.fixture
def log() -> FakeLog:
    return FakeLog()


class Known:
    """The catalog as far as a test publishes it. `missing`: why it cannot be asked."""

    def __init__(self) -> None:
        self.catalog = Catalog({})
        self.missing: str | None = None

    def problem(self) -> str | None:
        return self.missing

    def match(self, claims: Claims, own_id: str) -> Match:
        return self.catalog.match(claims, own_id)


class Lists:
    """What issuers publish, by URL."""

    def __init__(self) -> None:
        self.at: dict[str, bytes] = {}

    async def get(self, url: str) -> bytes | str:
        return self.at.get(url, "away")


@pytest.fixture(scope="session")
def lists() -> Lists:
    return Lists()


@pytest.fixture(scope="session")
def examining(lists: Lists) -> Iterator[Examining]:
    """Two processes that verify badges, as the api has them."""
    examining = Examining(lists.get, workers=2)
    yield examining
    examining.close()


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def badges(store: LearnerStore, engine: AsyncEngine, examining: Examining, known: Known) -> Badges:
    return Badges(store, BadgeStore(engine), examining, known, now, recheck=timedelta(days=1))


@pytest.fixture
def interactions(store: LearnerStore, log: FakeLog) -> Interactions:
    return Interactions(store, log, now)
