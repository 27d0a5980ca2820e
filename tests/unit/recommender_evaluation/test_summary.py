"""Which events a report counts where."""

from services.recommender.evaluation.report import Dataset
from services.recommender.evaluation.running import run
from services.recommender.evaluation.split import prequential
from services.recommender.evaluation.summary import summary
from tests.unit.recommender_evaluation.data import Fixed, log_of

NOTHING = Dataset(learners=0, credentials=0, interactions=0, trained=0, scored=0)


def test_events_without_a_history_are_counted_apart() -> None:
    """Five newcomers come, then each goes on with the credential that is always listed: fifths and all
    else are of their second events only."""
    newcomers = range(1, 6)
    log = log_of(
        [(0, 0), (0, 1), *((who, 1) for who in newcomers), *((who, 0) for who in newcomers)]
    )
    plan = prequential(log, share=2 / 12)
    report = summary(plan, [run(Fixed([0]), plan, 3)], {}, 3, NOTHING, None)
    of = report.models["fixed"]
    assert of.recall == of.ndcg == 1
    assert (of.breakdown.without_history.events, of.breakdown.without_history.recall) == (5, 0)
    assert [(fifth.events, fifth.recall) for fifth in of.breakdown.fifths] == [(1, 1)] * 5
    assert of.breakdown.new_learner.events == of.breakdown.history["1"].events == 5
    assert of.breakdown.old_learner.events == 0
    assert of.coverage == 0.5
