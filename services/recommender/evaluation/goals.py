"""What following a goal costs in ranking quality, and what it brings, for several τ on the same questions.

Recorded interactions have no goals. Each question's goal is made of what the learner goes on to take up, from
the credential asked for on: its skills, each weighing as often as it is taught. So the figures compare one τ with another
and with no goal; they are no forecast, and no model of the main table may be compared with them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from libs.common.contracts.calls import Target, WantedSkill
from services.recommender.evaluation.catalog import Catalog
from services.recommender.evaluation.contenders.stackwise import Goaled, Stackwise
from services.recommender.evaluation.log import Event, Ints
from services.recommender.evaluation.metrics import ndcg, recall
from services.recommender.evaluation.report import GoalTrade
from services.recommender.evaluation.running import NOWHERE
from services.recommender.evaluation.split import Plan

TAUS: tuple[float | None, ...] = (None, 1.0, 0.2, 0.1, 0.05, 0.02, 0.0)
"""None: no goal. 0.0: the goal alone orders."""
MOST_QUESTIONS = 1_000


def goal_trade(
    contender: Stackwise, plan: Plan, k: int, catalog: Catalog, progress: Callable[[int], None]
) -> list[GoalTrade]:
    """One row per τ, all over the same at most `MOST_QUESTIONS` questions; none when the catalog has no skills."""
    ahead = goals_ahead(plan, catalog)
    if not ahead:
        return []
    contender.fit(plan.train)
    asked = _evenly(sorted(ahead))
    answers: defaultdict[float | None, list[tuple[int, Goaled]]] = defaultdict(list)
    for number, event in enumerate(plan.stream.events()):
        if number in asked:
            for tau in TAUS:
                listed = contender.toward(event.learner, event.at_ms, k, ahead[number], tau)
                answers[tau].append((_place(listed.rows, event), listed))
        if plan.applied:
            contender.update(event)
        progress(number)
    return [_row(tau, answers[tau]) for tau in TAUS]


def goals_ahead(plan: Plan, catalog: Catalog) -> dict[int, Target]:
    """Question (a place in the stream) → the goal: the skills of what the learner takes up from there on."""
    goals: dict[int, Target] = {}
    coming: defaultdict[int, Counter[str]] = defaultdict(Counter)
    known = plan.scored & (plan.history > 0)
    events = list(enumerate(plan.stream.events()))
    for place, event in reversed(events):
        if plan.scored[place]:
            taught = catalog.skills.get(plan.train.credential_ids[event.credential], ())
            coming[event.learner].update(taught)
        if known[place] and coming[event.learner]:
            goals[place] = _target(coming[event.learner])
    return goals


def _target(skills: Counter[str]) -> Target:
    most = max(skills.values())
    return Target(
        skills=[WantedSkill(id=each, importance=n / most) for each, n in sorted(skills.items())]
    )


def _evenly(places: Sequence[int]) -> set[int]:
    chosen = np.linspace(0, len(places) - 1, min(MOST_QUESTIONS, len(places))).astype(int)
    return {places[each] for each in chosen.tolist()}


def _place(rows: Ints, event: Event) -> int:
    found = np.flatnonzero(rows == event.credential)
    return int(found[0]) if len(found) else NOWHERE


def _row(tau: float | None, answers: Sequence[tuple[int, Goaled]]) -> GoalTrade:
    place = np.array([each for each, _ in answers])
    lists = [listed for _, listed in answers]
    costs = [each.net_cost for each in lists if each.net_cost is not None]
    return GoalTrade(
        tau=tau,
        questions=len(lists),
        recall=float(recall(place).mean()),
        ndcg=float(ndcg(place).mean()),
        gap_closed=float(np.mean([each.gap_closed for each in lists])),
        value=float(np.mean([each.value for each in lists])),
        net_cost=float(np.mean(costs)) if costs else None,
    )
