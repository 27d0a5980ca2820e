"""Outcomes of all contenders → the report."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from services.recommender.evaluation import metrics
from services.recommender.evaluation.catalog import Catalog
from services.recommender.evaluation.comparing import accuracies, compared, differences, measured
from services.recommender.evaluation.log import Bools, Ints
from services.recommender.evaluation.report import (
    Accuracy,
    Breakdown,
    Dataset,
    ModelReport,
    Report,
)
from services.recommender.evaluation.running import Outcome
from services.recommender.evaluation.split import Plan, taken_up

HISTORY_BUCKETS = (1, 2, 4, 8, 16)
PARTS = 5


def summary(
    plan: Plan,
    outcomes: Sequence[Outcome],
    settings: Mapping[str, Mapping[str, float]],
    k: int,
    dataset: Dataset,
    catalog: Catalog | None,
) -> Report:
    """settings: what each model was trained with, by its name."""
    known = plan.history[plan.scored] > 0
    overall = measured(outcomes, known)
    groups = _groups(plan)
    found = {name: accuracies(outcomes, events) for name, events in groups.items()}
    beyond = _Beyond(plan, catalog)
    models = {}
    for outcome in outcomes:
        of, lists = overall[outcome.name], outcome.lists[known]
        models[outcome.name] = ModelReport(
            recall=of.recall.mean,
            recall_ci=of.recall.interval,
            ndcg=of.ndcg.mean,
            ndcg_ci=of.ndcg.interval,
            **beyond.exposure(lists),
            skill_distance=beyond.skill_distance(lists),
            microseconds_per_event=outcome.microseconds_per_event,
            fit_seconds=outcome.fit_seconds,
            settings=settings.get(outcome.name, {}),
            breakdown=_breakdown({name: of[outcome.name] for name, of in found.items()}),
        )
    return Report(
        protocol=plan.protocol,
        k=k,
        dataset=dataset,
        models=models,
        differences=compared(overall),
        differences_new_credential=differences(outcomes, groups["new_credential"]),
    )


def _groups(plan: Plan) -> dict[str, Bools]:
    """Group → which of the scored events (Q,) are in it."""
    history = plan.history[plan.scored]
    known = history > 0
    new_learner, new_credential = plan.new_learner[plan.scored], plan.new_credential[plan.scored]
    part = (np.cumsum(known) - 1) * PARTS // max(known.sum(), 1)
    bucket = np.searchsorted(HISTORY_BUCKETS, history, side="right")
    return {
        "without_history": ~known,
        "new_learner": known & new_learner,
        "old_learner": known & ~new_learner,
        "new_credential": known & new_credential,
        "old_credential": known & ~new_credential,
        **{f"fifth {number}": known & (part == number) for number in range(PARTS)},
        **{f"history {name}": bucket == number + 1 for number, name in enumerate(_bucket_names())},
    }


def _breakdown(groups: Mapping[str, Accuracy]) -> Breakdown:
    return Breakdown(
        without_history=groups["without_history"],
        new_learner=groups["new_learner"],
        old_learner=groups["old_learner"],
        new_credential=groups["new_credential"],
        old_credential=groups["old_credential"],
        fifths=[groups[f"fifth {number}"] for number in range(PARTS)],
        history={name: groups[f"history {name}"] for name in _bucket_names()},
    )


def _bucket_names() -> list[str]:
    """`1`, `2-3`, …, `16+`."""
    pairs = pairwise(HISTORY_BUCKETS)
    names = [str(low) if high == low + 1 else f"{low}-{high - 1}" for low, high in pairs]
    return [*names, f"{HISTORY_BUCKETS[-1]}+"]


class _Beyond:
    """The measures beyond accuracy, of a model's lists; popularity is that of the training part."""

    def __init__(self, plan: Plan, catalog: Catalog | None) -> None:
        train = plan.train.take(taken_up(plan.train))
        self._ids = plan.train.credential_ids
        pairs = np.unique(np.stack([train.learner, train.credential]), axis=1)
        self._support = np.bincount(pairs[1], minlength=len(self._ids))
        self._learners = len(np.unique(train.learner))
        self._skills = (
            None
            if catalog is None
            else metrics.skill_matrix([catalog.skills.get(each, frozenset()) for each in self._ids])
        )

    def exposure(self, lists: Ints) -> dict[str, float]:
        listed = metrics.exposures(lists, len(self._ids))
        return {
            "coverage": metrics.coverage(listed),
            "gini": metrics.gini(listed),
            "mean_popularity": metrics.mean_popularity(listed, self._support),
            "novelty": metrics.novelty(listed, self._support, self._learners),
        }

    def skill_distance(self, lists: Ints) -> float | None:
        return None if self._skills is None else metrics.skill_distance(lists, self._skills)
