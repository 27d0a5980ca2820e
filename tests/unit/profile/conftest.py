"""A migrated database of profile, and a log of interactions that can be away."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

import services.profile
from libs.common.clock import now
from libs.common.contracts.profile import Interaction
from libs.common.database import make_engine
from libs.common.errors import TryAgain
from libs.common.migrations import migrate
from services.profile.store.learners import LearnerStore
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


@pytest.fixture
def interactions(store: LearnerStore, log: FakeLog) -> Interactions:
    return Interactions(store, log, now)
