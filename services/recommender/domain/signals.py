"""What each signal of `fusion` says of every credential, for one question."""

import heapq
from datetime import datetime
from operator import itemgetter

import numpy as np

from services.recommender.domain.ask import Ask
from services.recommender.domain.columns import Array
from services.recommender.domain.fusion import CONTENT_ALONE, LEARNED, WEIGHTS, Fused, Signal, fuse
from services.recommender.domain.ports import History, Model

DECLARED = 0.5
"""What a skill in the profile weighs beside the history's credentials."""
MOST_INTERESTS = 32


def fused(ask: Ask, rows: Array) -> Fused:
    """The votes of all signals for the candidate `rows`. Without consent: trend and value."""
    known = ask.catalog.of_model(ask.model, rows)
    values = ask.catalog.values(ask.constraints.region)[rows]
    history = ask.who.history if ask.who.personal else []
    said = of_history(ask.model, history, ask.now)
    signals = {name: _learned(of_model, known) for name, of_model in said.items()}
    signals["value"] = values
    weights: dict[str, float] = {**WEIGHTS, **ask.model.weights}
    if ask.who.personal:
        signals |= _personal(ask, rows, values)
        if not any(name in signals and signals[name].any() for name in LEARNED):
            weights["content"] = CONTENT_ALONE
    if ask.goal is not None and ask.goal.occupation_id is not None:
        leading, _ = ask.catalog.leading_to.rows(ask.goal.occupation_id)
        signals["goal"] = np.isin(rows, leading) * (1 + values)
    return fuse(signals, weights)


def of_history(model: Model, history: History, now: datetime) -> dict[Signal, Array]:
    """What the model says of each of its rows, arrays (n,); without a history the trend alone."""
    signals: dict[Signal, Array] = {"trend": model.trend(now)}
    if history:
        signals["affinity"] = model.affinity(history)
        signals["related"] = model.related(history)
        signals["transition"] = model.following(history)
    return signals


def _personal(ask: Ask, rows: Array, values: Array) -> dict[Signal, Array]:
    signals: dict[Signal, Array] = {"content": ask.catalog.similarity(_interests(ask))[rows]}
    if ask.following:
        steps = np.zeros(len(ask.catalog))
        steps[[*ask.following]] = [len(ids) for ids in ask.following.values()]
        signals["next_step"] = steps[rows] + (steps[rows] > 0) * values
    return signals


def _learned(of_model: Array, known: Array) -> Array:
    """What the model says of the candidates; 0 of those that it does not know."""
    return np.append(of_model, of_model.dtype.type(0))[known]


def _interests(ask: Ask) -> dict[str, float]:
    """Skill id → weight: what the history is about, and what the learner says of themself; the heaviest."""
    interests = dict.fromkeys(ask.who.declared, DECLARED)
    for credential_id, weight in ask.who.history:
        for skill_id in ask.catalog.skills_taught(credential_id):
            interests[skill_id] = interests.get(skill_id, 0.0) + weight
    if len(interests) <= MOST_INTERESTS:
        return interests
    return dict(heapq.nlargest(MOST_INTERESTS, interests.items(), key=itemgetter(1)))
