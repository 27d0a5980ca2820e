"""A gateway on fakes, for one partner."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from libs.common.contracts.profile import Learner
from libs.common.contracts.redis_values import (
    ListItem,
    ListReason,
    Lookup,
    Ranking,
    StoredList,
    pack,
)
from libs.common.contracts.types import milliseconds
from libs.common.database import make_engine
from services.gateway.assembly import Outside, assemble
from services.gateway.auth.guard import Limits
from services.gateway.auth.limits import Limiter
from services.gateway.catalog.view import CatalogView
from services.gateway.messages.languages import CATALOGS
from services.gateway.packed import PackedList
from services.gateway.store.partners import PartnerStore
from services.gateway.usecases.ports import Found
from tests.unit.gateway.fakes import (
    NOW,
    FakeCatalog,
    FakeExposures,
    FakeKeys,
    FakeLists,
    FakeProfile,
    FakeRecommender,
    FakeTables,
)

NO_DATABASE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
LOG = "log-1"
ORIGIN = "https://jobs.example"


class World:
    """A gateway for one partner, `partner`, with the keys to it."""

    def __init__(self, messages: Path = CATALOGS) -> None:
        self.now = NOW
        self.view = CatalogView(FakeTables)
        self.tables: Any = self.view.tables
        self.keys = FakeKeys()
        self.lists = FakeLists()
        self.profile = FakeProfile()
        self.recommender = FakeRecommender()
        self.catalog = FakeCatalog(self.view)
        self.exposures = FakeExposures()
        self.secret = self.keys.add("secret", "partner")
        self.publishable = self.keys.add("publishable", "partner", ORIGIN)
        self.admin = self.keys.add("admin", None)
        self.outside = Outside(
            view=self.view,
            keys=self.keys,
            limits=Limits(Limiter(self.settle), key_rate=10_000, address_rate=10_000),
            partners=PartnerStore(make_engine(NO_DATABASE)),
            lists=self.lists,
            profile=self.profile,
            recommender=self.recommender,
            catalog=self.catalog,
            exposures=self.exposures,
            partition_of=lambda _: 5,
            now=lambda: self.now,
            messages=messages,
        )
        self.app = assemble(self.outside)

    async def settle(self, used: Mapping[str, tuple[int, int]]) -> Mapping[str, float]:
        """Redis, which nobody else uses."""
        return {name: rate - count for name, (count, rate) in used.items()}

    def publish(self, *snapshots: Any) -> None:
        """Puts snapshots into the view."""
        for snapshot in snapshots:
            self.view.apply(snapshot)

    def register(self, learner_id: str, **parts: Any) -> Learner:
        """A learner whom profile knows."""
        made = Learner(
            learner_key=f"key of {learner_id}",
            revision=3,
            consent_changed_at=NOW,
            partner_id="partner",
            learner_id=learner_id,
            **parts,
        )
        self.profile.learners["partner", learner_id] = made
        return made

    def rank(self, learner_id: str, answer: PackedList, *, log: str | None = LOG) -> None:
        """A learner whom a worker has applied, with this list."""
        learner = self.profile.learners.get(("partner", learner_id)) or self.register(learner_id)
        self.lists.lookups["partner", learner_id] = Lookup(5, learner.learner_key, 3)
        self.lists.lists[5, learner.learner_key] = Found(answer, log)


def ranked(*credential_ids: str, **parts: Any) -> PackedList:
    """As `stored`, packed as Redis and the recommender give it."""
    return msgspec.msgpack.decode(pack(stored(*credential_ids, **parts)), type=PackedList)


def stored(*credential_ids: str, **parts: Any) -> StoredList:
    """A stored list of these credentials, made now from everything there is."""
    items = [
        ListItem(id, 1 - place / 100, "personalized", [ListReason("trending")])
        for place, id in enumerate(credential_ids)
    ]
    defaults: dict[str, Any] = {
        "recommendation_id": "rec_stored",
        "ranking": Ranking(items),
        "computed_at": milliseconds(NOW),
        "model_version": "m1",
        "catalog_epoch": 100,
        "profile_revision": 3,
        "log": LOG,
        "position": 41,
        "as_of": milliseconds(NOW),
    }
    return StoredList(**{**defaults, **parts})
