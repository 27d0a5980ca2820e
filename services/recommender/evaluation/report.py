"""What an evaluation found: the shape of `evaluate --json` (api.md)."""

from collections.abc import Mapping

from msgspec import Struct

from services.recommender.evaluation.bootstrap import Interval


class Accuracy(Struct, frozen=True, kw_only=True):
    """Means over `events` scored events with their 95 % intervals; None without events."""

    events: int
    recall: float | None
    recall_ci: Interval | None
    ndcg: float | None
    ndcg_ci: Interval | None


class Breakdown(Struct, frozen=True, kw_only=True):
    """Accuracy by kind of event; new is what the training part does not have.

    without_history: first events of learners, which nothing else in a report counts. new_learner: those
    not in the training part, from their second event on. fifths: of the scored events, in order.
    history: by how many credentials the learner liked before, the least of each bucket as in its name.
    """

    without_history: Accuracy
    new_learner: Accuracy
    old_learner: Accuracy
    new_credential: Accuracy
    old_credential: Accuracy
    fifths: list[Accuracy]
    history: dict[str, Accuracy]


class ModelReport(Struct, frozen=True, kw_only=True):
    """One contender. microseconds_per_event: CPU time of asking and telling; fit_seconds: CPU time of fitting."""

    recall: float
    recall_ci: Interval
    ndcg: float
    ndcg_ci: Interval
    coverage: float
    gini: float
    mean_popularity: float
    novelty: float
    skill_distance: float | None
    microseconds_per_event: float
    fit_seconds: float
    settings: Mapping[str, float]
    breakdown: Breakdown


class Comparison(Struct, frozen=True, kw_only=True):
    """One model minus, and divided by, another on the same events, with paired 95 % intervals.

    A ratio is None where the other model's mean can be zero.
    """

    recall: float
    recall_ci: Interval
    recall_ratio: float | None
    recall_ratio_ci: Interval | None
    ndcg: float
    ndcg_ci: Interval
    ndcg_ratio: float | None
    ndcg_ratio_ci: Interval | None


class Dataset(Struct, frozen=True, kw_only=True):
    """The whole data set's sizes, and how many interactions were trained on and scored (with a history)."""

    learners: int
    credentials: int
    interactions: int
    trained: int
    scored: int


class GoalTrade(Struct, frozen=True, kw_only=True):
    """Lists of k toward a goal at one τ, over the same questions as the others; `tau` None is without the goal.

    recall, ndcg: of what the learner took up next. gap_closed: the share of what is missing that the whole list
    closes, 0 to 1. value: of its items, 0 to 1. net_cost: their mean in US dollars; None where no cost is known.
    """

    tau: float | None
    questions: int
    recall: float
    ndcg: float
    gap_closed: float
    value: float
    net_cost: float | None


class Report(Struct, frozen=True, kw_only=True):
    """differences: model → the other → the comparison of the two; differences_new_credential: the same over
    the events with a new credential, empty without any. goals: what τ trades, empty without a catalog."""

    protocol: str
    k: int
    dataset: Dataset
    models: dict[str, ModelReport]
    differences: dict[str, dict[str, Comparison]]
    differences_new_credential: dict[str, dict[str, Comparison]]
    goals: list[GoalTrade] = []
