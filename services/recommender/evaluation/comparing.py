"""Accuracy of one model, with intervals, and of two models on the same events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.recommender.evaluation.bootstrap import Interval, interval, resampled_means
from services.recommender.evaluation.log import Bools
from services.recommender.evaluation.metrics import Doubles, ndcg, recall
from services.recommender.evaluation.report import Accuracy, Comparison
from services.recommender.evaluation.running import Outcome


@dataclass(frozen=True, slots=True)
class Measure:
    """mean: over the events; samples (draws,): its value in each of the draws that all models share."""

    mean: float
    samples: Doubles

    @property
    def interval(self) -> Interval:
        return interval(self.samples)


@dataclass(frozen=True, slots=True)
class Measured:
    """A model's two measures over the same `events`."""

    events: int
    recall: Measure
    ndcg: Measure


def measured(outcomes: Sequence[Outcome], events: Bools) -> dict[str, Measured]:
    """By model, over the scored events (Q,) chosen, of which there is at least one."""
    names = [outcome.name for outcome in outcomes]
    values = np.stack(
        [measure(outcome.place[events]) for outcome in outcomes for measure in (recall, ndcg)],
        axis=1,
    )
    means, samples = values.mean(axis=0), resampled_means(values)
    columns = [Measure(float(means[c]), samples[:, c]) for c in range(values.shape[1])]
    pairs = zip(columns[::2], columns[1::2], strict=True)
    return {name: Measured(len(values), *pair) for name, pair in zip(names, pairs, strict=True)}


def accuracies(outcomes: Sequence[Outcome], events: Bools) -> dict[str, Accuracy]:
    """By model, over the events (Q,) chosen."""
    if not events.any():
        nothing = Accuracy(events=0, recall=None, recall_ci=None, ndcg=None, ndcg_ci=None)
        return {outcome.name: nothing for outcome in outcomes}
    return {
        name: Accuracy(
            events=of.events,
            recall=of.recall.mean,
            recall_ci=of.recall.interval,
            ndcg=of.ndcg.mean,
            ndcg_ci=of.ndcg.interval,
        )
        for name, of in measured(outcomes, events).items()
    }


def differences(outcomes: Sequence[Outcome], events: Bools) -> dict[str, dict[str, Comparison]]:
    """Of every model to every other, over the events (Q,) chosen; empty without any."""
    return compared(measured(outcomes, events)) if events.any() else {}


def compared(of: Mapping[str, Measured]) -> dict[str, dict[str, Comparison]]:
    """Of every model to every other."""
    return {
        name: {other: _comparison(of[name], of[other]) for other in of if other != name}
        for name in of
    }


def _comparison(one: Measured, other: Measured) -> Comparison:
    recall_ratio, recall_ratio_ci = _ratio(one.recall, other.recall)
    ndcg_ratio, ndcg_ratio_ci = _ratio(one.ndcg, other.ndcg)
    return Comparison(
        recall=one.recall.mean - other.recall.mean,
        recall_ci=interval(one.recall.samples - other.recall.samples),
        recall_ratio=recall_ratio,
        recall_ratio_ci=recall_ratio_ci,
        ndcg=one.ndcg.mean - other.ndcg.mean,
        ndcg_ci=interval(one.ndcg.samples - other.ndcg.samples),
        ndcg_ratio=ndcg_ratio,
        ndcg_ratio_ci=ndcg_ratio_ci,
    )


def _ratio(one: Measure, other: Measure) -> tuple[float, Interval] | tuple[None, None]:
    if not (other.samples > 0).all():
        return None, None
    return one.mean / other.mean, interval(one.samples / other.samples)
