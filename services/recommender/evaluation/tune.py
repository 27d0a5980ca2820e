"""Choosing the factors' settings and the signals' weights on a first part of the data.

The rest of the data stays unseen, so that `evaluate` says what the choice is worth. First the factors,
by implicit's own learner fold-in, then what the learned signals weigh beside each other, one after the
other, on votes collected from one run of the deployed ranking.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from libs.common.errors import InvalidRequest
from services.recommender.domain.fusion import WEIGHTS
from services.recommender.domain.history import RECENCY
from services.recommender.evaluation.catalog import Catalog
from services.recommender.evaluation.contenders.factors import ImplicitDefault
from services.recommender.evaluation.contenders.stackwise import Stackwise
from services.recommender.evaluation.contenders.tuning import SHARE, Say, choose
from services.recommender.evaluation.log import Log
from services.recommender.evaluation.metrics import ndcg
from services.recommender.evaluation.split import Plan, Protocol, split
from services.recommender.model.training import Tuned, Tuning, tuning_for

K = 20
ASKED = 800
"""Lists whose votes are kept in memory: credentials × signals × 4 bytes each."""
TUNED = ("related", "transition", "trend")
"""What is weighed; affinity has 1."""
STEPS = (0.0, 0.5, 0.7, 1.0, 1.4, 2.0)
ROUNDS = 3
ALPHAS = (10.0, 30.0, 100.0)
REGULARIZED = (0.33, 1.0, 3.0)
SIZES = (0.5, 1.0, 2.0)

Weights = Mapping[str, float]


class Votes(NamedTuple):
    """One list: each signal's standard scores over m candidates (m,), and the place among them of what was taken up."""

    scores: dict[str, NDArray[np.float32]]
    wanted: int


def tune(log: Log, protocol: Protocol, say: Say, *, catalog: Catalog | None, share: float) -> Tuned:
    """Uses only the training part that `evaluate` with the same share would use. Raises InvalidRequest."""
    first = split(log, protocol, share).train
    tuning = _factors(first, protocol, say)
    say("collecting votes")
    plan = split(first, protocol, SHARE).thinned(ASKED)
    votes = list(_collected(plan, tuning, catalog))
    if all(each.wanted < 0 for each in votes):
        raise InvalidRequest(
            "there are too few interactions to tune with: no question has an answer"
        )
    weights = _weighed(votes, say)
    return Tuned(
        tuning=tuning,
        weights=weights,
        ndcg_at_20={
            "default": _ndcg(votes, WEIGHTS),
            "tuned": _ndcg(votes, {**WEIGHTS, **weights}),
        },
    )


def _factors(log: Log, protocol: Protocol, say: Say) -> Tuning:
    best = tuning_for(len(log.learner_ids), len(log.credential_ids), len(log))
    for candidates in (_strengths, _sizes):
        make = partial(ImplicitDefault, recency=RECENCY)
        best = choose(candidates(best), make, log, protocol, say)
    return best


def _strengths(given: Tuning) -> list[Tuning]:
    return [
        structs.replace(given, alpha=alpha, regularization=times * given.regularization)
        for alpha in ALPHAS
        for times in REGULARIZED
    ]


def _sizes(given: Tuning) -> list[Tuning]:
    """More factors need more regularization."""
    return [
        structs.replace(
            given,
            factors=max(1, round(times * given.factors)),
            regularization=times**0.75 * given.regularization,
        )
        for times in SIZES
    ]


def _collected(plan: Plan, tuning: Tuning, catalog: Catalog | None) -> Iterator[Votes]:
    described = catalog.credentials if catalog else {}
    contender = Stackwise(described, Tuned(tuning=tuning, weights={}))
    contender.fit(plan.train)
    for event, scored in zip(plan.stream.events(), plan.scored.tolist(), strict=True):
        if scored:
            rows, votes = contender.heard(event.learner, event.at_ms)
            found = np.flatnonzero(rows == event.credential)
            scores = {
                str(name): (part / WEIGHTS[name]).astype(np.float32)
                for name, part in votes.parts.items()
            }
            yield Votes(scores, int(found[0]) if len(found) else -1)
        if plan.applied:
            contender.update(event)


def _weighed(votes: list[Votes], say: Say) -> dict[str, float]:
    """Weights by coordinate ascent: each in turn takes the step that gives the best NDCG."""
    weights = {name: WEIGHTS[name] for name in TUNED}
    for turn in range(ROUNDS):
        before = dict(weights)
        for name in TUNED:
            say(f"weighing {name}, round {turn + 1}")
            tried = [{**weights, name: step * (weights[name] or WEIGHTS[name])} for step in STEPS]
            tried.append(weights)
            weights = max(tried, key=lambda each: _ndcg(votes, {**WEIGHTS, **each}))
        if weights == before:
            break
    return {name: round(weight, 4) for name, weight in weights.items()}


def _ndcg(votes: list[Votes], weights: Weights) -> float:
    places = np.array([_place(each, weights) for each in votes])
    return round(float(ndcg(np.where(places < K, places, -1)).mean()), 5)


def _place(votes: Votes, weights: Weights) -> int:
    """How many candidates come before the wanted one; ties count as before it."""
    if votes.wanted < 0 or not votes.scores:
        return K
    total = sum(np.float32(weights[name]) * scores for name, scores in votes.scores.items())
    total = np.asarray(total)
    return int(np.count_nonzero(total >= total[votes.wanted])) - 1
