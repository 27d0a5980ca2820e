"""What each signal of `fusion` says of every credential, for one question."""

import heapq
from operator import itemgetter

import numpy as np

from services.recommender.domain.ask import Ask
from services.recommender.domain.columns import Array
from services.recommender.domain.fusion import CONTENT_ALONE, LEARNED, WEIGHTS, Fused, Signal, fuse

DECLARED = 0.5
"""What a skill in the profile weighs beside the history's credentials."""
MOST_INTERESTS = 32


def fused(ask: Ask, rows: Array) -> Fused:
    """The votes of all signals for the candidate `rows`. Without consent: trend and value."""
    values = ask.catalog.values(ask.constraints.region)
    signals: dict[Signal, Array] = {
        "trend": ask.catalog.spread(ask.model, ask.model.trend(ask.now)),
        "value": values,
    }
    weights = dict(WEIGHTS)
    if ask.who.personal:
        signals |= _personal(ask, values)
        if not any((signals[name] > 0).any() for name in LEARNED):
            weights["content"] = CONTENT_ALONE
    if ask.goal is not None and ask.goal.occupation_id is not None:
        signals["goal"] = _leading(ask, ask.goal.occupation_id, values)
    return fuse(signals, weights, rows)


def _personal(ask: Ask, values: Array) -> dict[Signal, Array]:
    next_step = np.zeros(len(values))
    for row, credential_ids in ask.following.items():
        next_step[row] = len(credential_ids) + values[row]
    history, spread = ask.who.history, ask.catalog.spread
    return {
        "affinity": spread(ask.model, ask.model.affinity(history)),
        "related": spread(ask.model, ask.model.related(history)),
        "transition": spread(ask.model, ask.model.following(history)),
        "next_step": next_step,
        "content": ask.catalog.similarity(_interests(ask)),
    }


def _leading(ask: Ask, occupation_id: str, values: Array) -> Array:
    leading, _ = ask.catalog.leading_to.rows(occupation_id)
    scores = np.zeros(len(values))
    scores[leading] = 1 + values[leading]
    return scores


def _interests(ask: Ask) -> dict[str, float]:
    """Skill id → weight: what the history is about, and what the learner says of themself; the heaviest."""
    interests = dict.fromkeys(ask.who.declared, DECLARED)
    for credential_id, weight in ask.who.history:
        for skill_id in ask.catalog.skills_taught(credential_id):
            interests[skill_id] = interests.get(skill_id, 0.0) + weight
    if len(interests) <= MOST_INTERESTS:
        return interests
    return dict(heapq.nlargest(MOST_INTERESTS, interests.items(), key=itemgetter(1)))
