"""From a state to what is answered: the list that is stored and served, with all that says how fresh it is,
the gap to a goal, and a path toward it."""

import hashlib
from collections.abc import Callable, Sequence

from libs.common.clock import Clock
from libs.common.contracts.calls import Constraints, Target
from libs.common.contracts.career import Gap, Pathway
from libs.common.contracts.redis_values import (
    MOST_STORED,
    LearnerState,
    Ranking,
    StoredList,
    pack,
)
from libs.common.contracts.teams import TeamGap
from libs.common.contracts.types import milliseconds
from libs.common.errors import InvalidRequest
from services.recommender.domain.ask import Ask
from services.recommender.domain.career import TAU
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.covering import Parts
from services.recommender.domain.gap import Goal
from services.recommender.domain.gap_report import gap_of
from services.recommender.domain.pathway import pathway
from services.recommender.domain.ports import Model
from services.recommender.domain.ranking import LONGEST, asked, rank
from services.recommender.domain.seeker import own_constraints
from services.recommender.domain.team import of_member, team_gap


class Listing:
    """`model` and `catalog_epoch` (the offset applied last) are asked for with every list; `tau` is `career`'s."""

    def __init__(
        self,
        catalog: CatalogIndex,
        model: Callable[[], Model],
        catalog_epoch: Callable[[], int],
        clock: Clock,
        tau: float = TAU,
    ) -> None:
        self._catalog = catalog
        self._model = model
        self._catalog_epoch = catalog_epoch
        self._clock = clock
        self._tau = tau

    def own(self, state: LearnerState, model: Model | None = None) -> StoredList:
        """The learner's list for their own goal and constraints; the one that is stored."""
        return self.asked(state, own_constraints(state), limit=MOST_STORED, model=model)

    def asked(
        self,
        state: LearnerState,
        constraints: Constraints,
        *,
        target: Target | None = None,
        limit: int = LONGEST,
        model: Model | None = None,
    ) -> StoredList:
        """The list for a goal and constraints; the id follows from the content, so it stays with it."""
        now = self._clock()
        model = model or self._model()
        ranking = rank(
            state,
            model,
            self._catalog,
            constraints,
            now=now,
            target=target,
            tau=self._tau,
            limit=limit,
        )
        return StoredList(
            recommendation_id=recommendation_id(state.learner_key, ranking),
            ranking=ranking,
            computed_at=milliseconds(now),
            model_version=model.version,
            catalog_epoch=self._catalog_epoch(),
            profile_revision=0 if state.profile is None else state.profile.revision,
            log=state.log,
            position=state.position,
            as_of=state.as_of,
            region=constraints.region,
            income_band=constraints.income_band,
            item_side=model.seq,
            item_epoch=model.epoch,
        )

    def gap(self, state: LearnerState, constraints: Constraints, target: Target | None) -> Gap:
        """The gap to a goal. Raises InvalidRequest when there is none."""
        ask, goal = self._toward(state, constraints, target)
        return gap_of(ask, goal, target)

    def pathway(
        self,
        state: LearnerState,
        constraints: Constraints,
        target: Target | None,
        max_steps: int | None,
    ) -> Pathway:
        """A path toward a goal, within the constraints. Raises InvalidRequest when there is no goal."""
        ask, goal = self._toward(state, constraints, target)
        return pathway(ask, goal, max_steps)

    def team(
        self,
        members: Sequence[tuple[LearnerState, Constraints]],
        occupation: str,
        coverage: float,
        currency: str,
    ) -> Parts[TeamGap]:
        """A team's gap to an occupation. Raises InvalidRequest for one that nobody knows."""
        target = Target(occupation=occupation)
        return team_gap(
            [self._toward(state, of_member(limits, currency), target) for state, limits in members],
            coverage,
            currency,
        )

    def _toward(
        self, state: LearnerState, constraints: Constraints, target: Target | None
    ) -> tuple[Ask, Goal]:
        ask = asked(
            state, self._model(), self._catalog, constraints, now=self._clock(), target=target
        )
        if ask.goal is None:
            raise InvalidRequest("There is no goal: name an occupation, skills or a job.")
        return ask, ask.goal


def recommendation_id(learner_key: str, ranking: Ranking) -> str:
    """The same for the same learner and ranking, whoever computes it, so that it stays until the list changes."""
    digest = hashlib.blake2b(pack(ranking), key=learner_key.encode()[:64], digest_size=15)
    return f"rec_{digest.hexdigest()}"
