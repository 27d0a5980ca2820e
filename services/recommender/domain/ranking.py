"""`rank`: the one ranking, for the worker, the api and the evaluation.

Without a goal the fused score leads. With one, score = career + τ·percentile(fused), so that items more
than τ apart in career never swap, but for the discoveries among them (`career`); it is served divided by 1 + τ.
"""

from datetime import datetime

import numpy as np

from libs.common.contracts.calls import Constraints, Target
from libs.common.contracts.redis_values import (
    LearnerState,
    ListItem,
    ListTarget,
    Ranking,
    Source,
)
from libs.common.rules.value import QUALITY_FLOOR
from services.recommender.domain import career, explain, gap, relaxations
from services.recommender.domain.ask import Ask
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.columns import Array
from services.recommender.domain.explain import Placing
from services.recommender.domain.fusion import Fused, Signal, top
from services.recommender.domain.gap import Goal
from services.recommender.domain.ports import Model
from services.recommender.domain.seeker import Seeker, seeker
from services.recommender.domain.signals import fused

LONGEST = 50
SOURCES: dict[Signal, Source] = {
    "affinity": "personalized",
    "related": "personalized",
    "transition": "personalized",
    "next_step": "personalized",
    "content": "content",
    "goal": "content",
    "trend": "trending",
    "value": "value",
}


def rank(
    state: LearnerState,
    model: Model,
    catalog: CatalogIndex,
    constraints: Constraints,
    *,
    now: datetime,
    target: Target | None = None,
    tau: float = career.TAU,
    limit: int = LONGEST,
) -> Ranking:
    """At most `limit` items, the best first; empty, with relaxations, only when nothing is feasible.

    The goal is `target`, else the learner's own; tau says how much liking can outweigh it. Without consent only trend and value speak.
    """
    ask = asked(state, model, catalog, constraints, now=now, target=target, tau=tau)
    rows = feasible(ask)
    if not len(rows):
        ways_out = relaxations.smallest(catalog, constraints, candidates(ask.who, catalog))
        return Ranking([], _target(ask.goal, ask.who), ways_out)
    return Ranking(_items(ask, rows, limit), _target(ask.goal, ask.who))


def asked(
    state: LearnerState,
    model: Model,
    catalog: CatalogIndex,
    constraints: Constraints,
    *,
    now: datetime,
    target: Target | None = None,
    tau: float = career.TAU,
) -> Ask:
    """The question that `rank` answers, worked out so far."""
    who = seeker(state, catalog, now)
    return Ask(
        who=who,
        goal=gap.goal(target, who, catalog, constraints.region),
        constraints=constraints,
        model=model,
        catalog=catalog,
        now=now,
        tau=tau,
        following=catalog.following(who.held) if who.personal else {},
    )


def feasible(ask: Ask) -> Array:
    """The rows of the catalog that may be listed: within every hard constraint, and, unless there are no
    others, above the quality floor or a licence that the goal asks for."""
    open_to = candidates(ask.who, ask.catalog)
    checks = ask.catalog.fit.checks(ask.constraints, len(ask.catalog))
    fits = np.logical_and.reduce([open_to, *checks.values()])
    good = ask.catalog.values(ask.constraints.region) >= QUALITY_FLOOR
    if ask.goal is not None:
        good |= ask.catalog.mask(ask.goal.licences)
    good &= fits
    return np.flatnonzero(good if good.any() else fits)


def candidates(who: Seeker, catalog: CatalogIndex) -> Array:
    """True for what may be recommended and started, and is neither held, begun nor dismissed (n,)."""
    held = catalog.mask(who.held)
    out = (
        held
        | catalog.mask(who.enrolled | who.dismissed)
        | catalog.prerequisites.missing(held, who.earned)
    )
    return catalog.recommendable(who.partner_id) & ~out


def _items(ask: Ask, rows: Array, limit: int) -> list[ListItem]:
    votes = fused(ask, rows)
    gains = career.gains(ask, rows)
    scores = votes.scaled()
    if ask.goal is not None:
        scores = career.scores(ask, rows, gains, votes.total)
    chosen, discoveries = top(scores, limit), set[int]()
    if gains.any():
        chosen, discoveries = career.with_discoveries(chosen, votes.total)
    placings = _placings(chosen, rows[chosen], votes, ask)
    listed = zip(
        placings, scores[chosen].tolist(), gains[chosen].tolist(), chosen.tolist(), strict=True
    )
    return [
        _item(placing, score, gain, ask, discovery=place in discoveries)
        for placing, score, gain, place in listed
    ]


def _placings(chosen: Array, rows: Array, votes: Fused, ask: Ask) -> list[Placing]:
    """chosen: places among the candidates; rows: their rows in the catalog."""
    ids = [credential.id for row in rows if (credential := ask.catalog.credentials[row])]
    lacking = gap.missing(ask.goal, ask.who.levels) if ask.goal is not None else []
    because = ask.model.because(ask.who.history if ask.who.personal else [], ids)
    net = ask.catalog.fit.net_cents(ask.constraints, len(ask.catalog))[rows].tolist()
    return [
        Placing(
            row=row,
            credential_id=credential_id,
            signals=spoken,
            closes=_closes(ask.catalog.taught[row], lacking, ask.who),
            because=why,
            support=_support(ask.model, credential_id),
            net_cents=cents,
        )
        for row, credential_id, spoken, why, cents in zip(
            rows.tolist(), ids, _speaking(votes, chosen), because, net, strict=True
        )
    ]


def _speaking(votes: Fused, chosen: Array) -> list[list[Signal]]:
    """For each of the chosen the signals that speak for it more than for most, the loudest first."""
    names = list(votes.parts)
    heard = np.zeros((len(chosen), len(names)))
    for column, name in enumerate(names):
        heard[:, column] = votes.parts[name][chosen]
    order = np.argsort(-heard, axis=1, kind="stable")
    return [
        [names[i] for i in places if of_item[i] > 0]
        for places, of_item in zip(order.tolist(), heard.tolist(), strict=True)
    ]


def _closes(taught: dict[str, float], lacking: list[gap.Wanted], who: Seeker) -> list[str]:
    """The missing skills taught beyond the level held, the heaviest first."""
    return [
        wanted.skill_id
        for wanted in lacking
        if taught.get(wanted.skill_id, 0.0) > who.levels.get(wanted.skill_id, 0.0)
    ]


def _support(model: Model, credential_id: str) -> float:
    row = model.index.get(credential_id, len(model.support))
    return float(model.support[row]) if row < len(model.support) else 0.0


def _item(placing: Placing, score: float, gain: float, ask: Ask, *, discovery: bool) -> ListItem:
    return ListItem(
        credential_id=placing.credential_id,
        score=round(min(1.0, score), 6),
        source="discovery" if discovery else _source(placing),
        reasons=explain.reasons(placing, ask, discovery=discovery),
        closes=placing.closes,
        gain=round(gain, 6) if ask.goal is not None and ask.goal.wanted else None,
        advisories=explain.advisories(placing, ask),
    )


def _source(placing: Placing) -> Source:
    """What spoke loudest for the item; what closes a gap is there for its content at least."""
    source = SOURCES[placing.signals[0]] if placing.signals else "value"
    return "content" if placing.closes and source != "personalized" else source


def _target(goal: Goal | None, who: Seeker) -> ListTarget | None:
    if goal is None:
        return None
    return ListTarget(goal.occupation_id, gap.readiness(goal, who.levels), goal.status)
