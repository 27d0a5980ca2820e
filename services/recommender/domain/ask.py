"""One question to `rank`, worked out so far: what every step after needs."""

from datetime import datetime

from msgspec import Struct

from libs.common.contracts.calls import Constraints
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.gap import Goal
from services.recommender.domain.ports import Model
from services.recommender.domain.seeker import Seeker


class Ask(Struct, frozen=True, kw_only=True):
    """Who asks, toward what, within which limits, of which model and catalog, when.

    tau: how much career liking can outweigh, 0 to 1. following: the rows of what builds on something held, with
    the ids that it builds on.
    """

    who: Seeker
    goal: Goal | None
    constraints: Constraints
    model: Model
    catalog: CatalogIndex
    now: datetime
    tau: float
    following: dict[int, list[str]]
