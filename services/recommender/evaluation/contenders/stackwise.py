"""Stackwise itself: the item side as `live` keeps it, and `rank` as a worker calls it."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from libs.common.contracts.calls import Constraints, Target
from libs.common.contracts.catalog import Credential, Issuer
from services.recommender.domain.ask import Ask
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.fusion import Fused
from services.recommender.domain.pathway import needs_of
from services.recommender.domain.ranking import asked, feasible, rank
from services.recommender.domain.signals import fused
from services.recommender.domain.stacking import Stacking
from services.recommender.evaluation.contenders.live import EPOCH, NAME, LiveAls, moment
from services.recommender.evaluation.log import Event, Ints
from services.recommender.model.training import Tuned


class Goaled(Struct, frozen=True):
    """A list for a goal: its credential rows (≤ k,), the share of what is missing that all of it together closes
    (`stacking`'s F over F of everything), the mean value, and the mean net cost of those whose cost is known."""

    rows: Ints
    gap_closed: float
    value: float
    net_cost: float | None


class Stackwise(LiveAls):
    """The ranking as deployed. `described`: what a catalog says of the credentials, by id."""

    name = "stackwise"

    def __init__(
        self, described: Mapping[str, Credential] | None = None, tuned: Tuned | None = None
    ) -> None:
        super().__init__(None if tuned is None else tuned.tuning)
        if tuned is not None:
            self._weights = tuned.weights
        self._catalog = CatalogIndex()
        self._known: set[str] = set()
        self._unmentioned = dict(described or {})
        for credential in (described or {}).values():
            self._learn(credential)

    def rank(self, learner: int, now_ms: int, k: int) -> Ints:
        """By everything that speaks for a credential."""
        return self._listed(learner, now_ms, k, None, 0.0)

    def toward(self, learner: int, now_ms: int, k: int, goal: Target, tau: float | None) -> Goaled:
        """The list for a goal, or as without one when tau is None, and what it does for the goal."""
        rows = self._listed(learner, now_ms, k, None if tau is None else goal, tau or 0.0)
        ask = asked(
            self._state(learner),
            self._followers.model,
            self._catalog,
            Constraints(),
            now=moment(now_ms),
            target=goal,
        )
        listed = np.array([self._catalog.row(self._credential_ids[row]) for row in rows], np.int64)
        value = self._catalog.values(None)[listed]
        cents = self._catalog.fit.net_cents(ask.constraints, len(self._catalog))[listed]
        known = cents[cents >= 0]
        return Goaled(
            rows,
            _closed(ask, listed),
            float(value.mean()) if len(value) else 0.0,
            float(known.mean()) / 100 if len(known) else None,
        )

    def _listed(self, learner: int, now_ms: int, k: int, goal: Target | None, tau: float) -> Ints:
        state, taken = self._state(learner), self._taken[learner]
        forgotten = len(taken) - len(state.interactions)  # beyond what a state keeps
        ranking = rank(
            state,
            self._followers.model,
            self._catalog,
            Constraints(),
            now=moment(now_ms),
            target=goal,
            tau=tau,
            limit=k + max(0, forgotten),
        )
        rows = [self._rows[item.credential_id] for item in ranking.items]
        return np.array([row for row in rows if row not in taken][:k], np.int64)

    def heard(self, learner: int, now_ms: int) -> tuple[Ints, Fused]:
        """The credential rows that may be listed, but those taken up, and what speaks for each of them."""
        state, model = self._state(learner), self._followers.model
        ask = asked(state, model, self._catalog, Constraints(), now=moment(now_ms))
        open_to = feasible(ask)
        known = (self._catalog.credentials[row] for row in open_to.tolist())
        rows = np.array([self._rows[each.id] for each in known if each is not None], np.int64)
        new = ~np.isin(rows, np.array([*self._taken[learner]], np.int64))
        return rows[new], fused(ask, open_to[new])

    def _apply(self, event: Event) -> None:
        credential_id = self._credential_ids[event.credential]
        if credential_id not in self._known:
            self._learn(_bare(credential_id))
        if (described := self._unmentioned.pop(credential_id, None)) is not None:
            # The file does not say when it was published: now, at the latest.
            self._newcomers.describe(described)
        super()._apply(event)

    def _learn(self, credential: Credential) -> None:
        self._known.add(credential.id)
        self._catalog.put(credential, EPOCH)


def _closed(ask: Ask, listed: Ints) -> float:
    assert ask.goal is not None
    needs = needs_of(ask.goal, ask)
    missing = sum(need.weight * (need.required - need.held) for need in needs)
    quality = ask.catalog.values(None)[listed]
    stacking = Stacking(needs, ask.catalog, listed, quality)
    together = stacking.covered(stacking.after(stacking.nothing(), *range(len(listed))))
    return together / missing if missing else 1.0


def _bare(credential_id: str) -> Credential:
    """A credential of which nothing is known but that it exists."""
    return Credential(
        id=credential_id,
        revision=1,
        updated_at=EPOCH,
        type="MicroCredential",
        name=credential_id,
        status="active",
        issuer=Issuer(id=NAME, name=NAME),
        url="https://example.org/",
    )
