"""Reciprocal rank fusion (Cormack, Clarke & Büttcher 2009): signals vote by rank, so their scales do not matter.

| signal | weight | says |
| --- | --- | --- |
| affinity | 1 | the model's fold-in of the learner's history |
| next_step | 1 | the credential builds on what the learner holds |
| content | 0.2; 1 where the model knows nothing of the history | it teaches what the history and the profile are about |
| goal | 0.5 | it leads to the target occupation |
| trend | 0.3 | it is taken up now |
| value | 0.1 | it is well attested; orders what nothing else does |
"""

from typing import Literal

import numpy as np
from msgspec import Struct

from services.recommender.domain.columns import Array

Signal = Literal["affinity", "next_step", "content", "goal", "trend", "value"]
WEIGHTS: dict[Signal, float] = {
    "affinity": 1.0,
    "next_step": 1.0,
    "content": 0.2,
    "goal": 0.5,
    "trend": 0.3,
    "value": 0.1,
}
CONTENT_ALONE = 1.0
K = 60
DEPTH = 200
"""How many ranks of a signal count; beyond, a vote is less than a quarter of the first."""


class Fused(Struct, frozen=True):
    """The sum of votes by row (n,), each signal's votes by row, and the most that a row could get."""

    total: Array
    parts: dict[Signal, dict[int, float]]
    most: float


def fuse(signals: dict[Signal, Array], weights: dict[Signal, float], rows: Array) -> Fused:
    """Votes of the signals, arrays (n,), for the candidate `rows`. A score of 0 or less is no vote."""
    total = np.zeros(len(signals["value"]))
    parts: dict[Signal, dict[int, float]] = {}
    most = 0.0
    for name, scores in signals.items():
        best = voted(scores, rows)
        given = weights[name] / (K + 1 + np.arange(len(best)))
        total[best] += given
        parts[name] = dict(zip(best.tolist(), given.tolist(), strict=True))
        most += float(given[0]) if len(given) else 0.0
    return Fused(total, parts, most or 1.0)


def voted(scores: Array, rows: Array) -> Array:
    """The best `DEPTH` of `rows` with a positive score, the best first; ties keep their order."""
    scored = scores[rows]
    positive = np.flatnonzero(scored > 0)
    found: Array = rows[positive[top(scored[positive], DEPTH)]]
    return found


def top(scores: Array, depth: int) -> Array:
    """The places of the `depth` highest scores, the highest first; ties keep their order."""
    if len(scores) <= depth:
        return np.argsort(-scores, kind="stable")
    edge = np.partition(scores, len(scores) - depth)[len(scores) - depth]
    candidates = np.flatnonzero(scores >= edge)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:depth]
