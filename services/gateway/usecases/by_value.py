"""Credentials by value, for when nobody can rank: feasible, labelled, and honest about the law."""

from itertools import islice

from msgspec import Raw
from msgspec.structs import replace

from libs.common.clock import Clock
from libs.common.contracts.calls import Constraints
from libs.common.contracts.redis_values import ListTarget
from libs.common.contracts.types import milliseconds
from libs.common.rules import regulation
from services.gateway.catalog.best import Best
from services.gateway.catalog.view import CatalogView
from services.gateway.packed import packed
from services.gateway.usecases.advising import about_goal
from services.gateway.usecases.served import Fallback, Freshness, Served

IN_THE_WAY = ("blocked_pending_licence", "check_regulator")


class ByValue:
    """Needs nothing but the catalog in memory."""

    def __init__(self, view: CatalogView, best: Best, clock: Clock) -> None:
        self._view = view
        self._best = best
        self._clock = clock

    def served(
        self,
        partner_id: str | None,
        constraints: Constraints,
        limit: int,
        *,
        fallback: Fallback,
        occupation: str | None = None,
        held: frozenset[str] = frozenset(),
    ) -> Served:
        """The best credentials that fit, but for those already held."""
        target = self._target(occupation, constraints.region, held)
        advisories = self._advisories(target, constraints.region)
        items = [
            replace(item, advisories=[*item.advisories, *advisories])
            for item in islice(self._best.items(partner_id, constraints, held), limit)
        ]
        return Served(
            items=[(item, self._view.credentials[item.credential_id]) for item in items],
            freshness=Freshness(computed_at=milliseconds(self._clock())),
            target=target,
            region=constraints.region,
            income_band=constraints.income_band,
            fallback=fallback,
        )

    def _target(
        self, occupation_id: str | None, region: str | None, held: frozenset[str]
    ) -> ListTarget | None:
        if occupation_id is None:
            return None
        occupation = self._view.occupations.get(occupation_id)
        if occupation is None:
            return ListTarget(occupation_id, None, "no_skill_data")
        record = regulation.find(self._view.regulations, occupation_id, region)
        return ListTarget(occupation_id, None, regulation.status(occupation, record, held))

    def _advisories(self, target: ListTarget | None, region: str | None) -> list[Raw]:
        """Only what stands in the way; the rest is said once, beside the goal."""
        if target is None or target.occupation_id is None or target.status not in IN_THE_WAY:
            return []
        record = regulation.find(self._view.regulations, target.occupation_id, region)
        return [packed(each) for each in about_goal(target.occupation_id, target.status, record)]
