"""Credentials by value alone: what is served when nobody can rank for a learner."""

from collections.abc import Iterator

from msgspec import Struct

from libs.common.clock import Clock
from libs.common.contracts import topics
from libs.common.contracts.calls import Constraints
from libs.common.contracts.catalog import RECOMMENDABLE, Credential
from libs.common.contracts.topics import Topic
from libs.common.rules import eligibility, money, value
from services.gateway.catalog.view import CatalogView
from services.gateway.packed import Item, reason


class Best:
    """Keeps every credential's score as the view changes, and the order of all when it is asked for."""

    def __init__(self, view: CatalogView, clock: Clock) -> None:
        self._view = view
        self._clock = clock
        self._scores: dict[str, float] = {}
        self._order: list[str] | None = None
        view.listen(self._changed)

    def items(
        self, partner_id: str | None, constraints: Constraints, without: frozenset[str]
    ) -> Iterator[Item]:
        """The feasible ones as list items, best first, but for those in `without`."""
        for credential_id in self._ordered():
            credential = self._view.credentials[credential_id]
            if (
                credential_id not in without
                and eligibility.recommendable(credential, partner_id)
                and not eligibility.broken(credential, constraints)
            ):
                yield self._item(credential, constraints)

    def _item(self, credential: Credential, constraints: Constraints) -> Item:
        gross = money.price(credential)
        net = money.net_cost(credential, constraints.region, constraints.income_band)
        assessed = value.assess(credential, now=self._clock(), region=constraints.region)
        known = {fact.component for fact in assessed.facts if fact.strength != "unknown"}
        by_whom = value.vouched(assessed)
        reasons = [reason("ranked_by_value") if by_whom is None else reason("high_value", by_whom)]
        if gross is not None and net is not None and gross.amount > 0 and net.amount == 0:
            reasons.append(reason("free_for_you"))
        advisories = []
        if gross is None:
            advisories.append(reason("unknown_cost"))
        if "outcomes" not in known:
            advisories.append(reason("no_outcome_data"))
        if credential.status == "ceasing":
            advisories.append(reason("ceasing"))
        return Item(
            credential_id=credential.id,
            score=round(self._scores[credential.id], 4),
            source="value",
            reasons=reasons,
            advisories=advisories,
        )

    def _ordered(self) -> list[str]:
        if self._order is None:
            self._order = sorted(self._scores, key=lambda id: (-self._scores[id], id))
        return self._order

    def _changed(self, topic: Topic, key: str, snapshot: Struct) -> None:
        if topic is not topics.CREDENTIAL or not isinstance(snapshot, Credential):
            return
        self._order = None
        if snapshot.status in RECOMMENDABLE:
            self._scores[key] = value.score(value.assess(snapshot, now=self._clock()))
        else:
            self._scores.pop(key, None)
