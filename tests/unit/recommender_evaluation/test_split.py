"""What is trained on, asked and applied, on logs that can be read."""

from dataclasses import replace

import numpy as np
import pytest

from libs.common.errors import InvalidRequest
from services.recommender.evaluation.split import leave_last_out, prequential, split
from tests.unit.recommender_evaluation.data import log_of


def pairs(log) -> list[tuple[int, int]]:
    return list(zip(log.learner.tolist(), log.credential.tolist(), strict=True))


def test_prequential_trains_on_the_first_part_in_time() -> None:
    """70 % of ten events are seven; the others are the stream, in order."""
    entries = [(n % 3, n) for n in range(10)]
    plan = prequential(log_of(entries))
    assert pairs(plan.train) == entries[:7]
    assert pairs(plan.stream) == entries[7:]
    assert plan.applied


def test_prequential_asks_for_first_takings_up_only() -> None:
    """A repetition, a completion of what was enrolled in, and a view are applied but not asked."""
    stream = [(0, 0), (0, 2), (0, 2, "complete"), (0, 3, "view"), (0, 3), (1, 3)]
    plan = prequential(log_of([(0, 0), (0, 1), *stream]), share=0.25)
    assert plan.scored.tolist() == [False, True, False, False, True, True]
    assert plan.history.tolist() == [2, 2, 3, 3, 4, 0]


def test_new_means_not_in_the_training_part() -> None:
    """Even after their first event in the stream."""
    plan = prequential(log_of([(0, 0), (0, 1), (1, 0), (1, 2), (0, 2)]), share=0.4)
    assert plan.new_learner.tolist() == [True, True, False]
    assert plan.new_credential.tolist() == [False, True, True]


def test_prequential_needs_a_clock() -> None:
    """An order within learners is no order between them."""
    with pytest.raises(InvalidRequest, match="occurred_at"):
        prequential(replace(log_of([(0, 0), (0, 1)]), clock=False))


def test_leave_last_out_holds_out_the_last_of_each_learner() -> None:
    """Whoever has one credential is trained on only; what a learner did later is not known when asked."""
    plan = leave_last_out(log_of([(0, 0), (1, 0), (0, 1), (2, 3), (1, 2), (1, 0), (0, 2, "view")]))
    assert pairs(plan.stream) == [(0, 1), (1, 2)]
    assert pairs(plan.train) == [(0, 0), (1, 0), (2, 3)]
    assert plan.scored.all()
    assert plan.history.tolist() == [1, 1]
    assert not plan.applied


def test_a_repetition_is_not_the_last_credential() -> None:
    """What the learner already has would be masked: the last first taking up is asked for."""
    plan = leave_last_out(log_of([(0, 0), (0, 1), (0, 0)]))
    assert pairs(plan.stream) == [(0, 1)]


def test_nothing_to_ask_is_refused() -> None:
    """Learners of one credential each have no history."""
    with pytest.raises(InvalidRequest, match="too little"):
        split(log_of([(0, 0), (1, 1)]), "leave-last-out")


def test_thinning_keeps_the_stream() -> None:
    """Fewer are asked, the same are applied."""
    plan = prequential(log_of([(0, n) for n in range(100)]), share=0.2)
    thin = plan.thinned(10)
    assert thin.scored.sum() == 10
    assert np.array_equal(thin.stream.credential, plan.stream.credential)
    assert not (thin.scored & ~plan.scored).any()
