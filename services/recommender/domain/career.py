"""What each credential by itself does for a goal: the career score that leads a list with a goal.

    career(c) = F({c}) · (1 - SWAY + SWAY · demand(c))

F({c}) is `stacking`'s F of one credential, the readiness that it alone would add; demand is `local_demand`'s.
Where the law asks for a licence first, the licence has 1.
"""

import numpy as np

from services.recommender.domain import gap
from services.recommender.domain.ask import Ask
from services.recommender.domain.columns import Array
from services.recommender.domain.fusion import top

TAU = 0.05
"""How much readiness liking can outweigh unless a setting says otherwise, on the scale of career, 0 to 1."""
SWAY = 0.5
"""What is left of the career score of a credential for which there is no local demand at all."""
DISCOVERY_RANKS = (5, 10)


def gains(ask: Ask, rows: Array) -> Array:
    """F of each candidate alone, 0 to 1 (m,); 0 without a goal."""
    if ask.goal is None:
        return np.zeros(len(rows))
    quality = ask.catalog.values(ask.constraints.region)
    return gap.gains(ask.goal, ask.who.levels, ask.catalog, quality)[rows]


def scores(ask: Ask, rows: Array, gained: Array, liked: Array) -> Array:
    """(career + τ · percentile of liking) / (1 + τ) of each candidate, 0 to 1 (m,).

    gained: F({c}) (m,). liked: the fused score, on any scale (m,).
    """
    demand = ask.catalog.demand(ask.constraints.region)[rows]
    career = gained * (1 - SWAY + SWAY * demand)
    if ask.goal is not None and ask.goal.status == "blocked_pending_licence":
        career[ask.catalog.mask(set(ask.goal.licences))[rows]] = 1.0
    percentile = np.empty(len(rows))
    percentile[top(liked, len(rows))] = 1 - np.arange(len(rows)) / len(rows)
    scores: Array = (career + ask.tau * percentile) / (1 + ask.tau)
    return scores


def with_discoveries(listed: Array, liked: Array) -> tuple[Array, set[int]]:
    """The list with the best-liked candidate not yet listed at each of the discovery ranks, and which those are.

    listed: places among the candidates, the best first; as many come back. liked: the fused score (m,).
    """
    order: list[int] = listed.tolist()
    favourites = top(liked, DISCOVERY_RANKS[-1]).tolist()
    found = set[int]()
    for rank in DISCOVERY_RANKS:
        if rank <= len(listed):
            before = order[: rank - 1]
            discovery = next(place for place in favourites if place not in before)
            rest = [place for place in order[rank - 1 :] if place != discovery]
            order = [*before, discovery, *rest][: len(listed)]
            found.add(discovery)
    return np.array(order, np.int64), found
