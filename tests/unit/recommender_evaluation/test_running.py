"""The run scores before it tells, and catches whoever breaks the rules."""

from collections.abc import Sequence

import numpy as np
import pytest

from services.recommender.evaluation.contenders.popularity import Popularity
from services.recommender.evaluation.log import Ints
from services.recommender.evaluation.running import NOWHERE, BadRanking, run
from services.recommender.evaluation.split import leave_last_out, prequential
from tests.unit.recommender_evaluation.data import Fixed, log_of

ENTRIES = [(0, 0), (0, 1), (1, 0), (1, 2), (0, 3), (1, 1)]


def test_an_event_is_told_only_after_it_was_asked() -> None:
    """fit sees the first part; then rank, update, rank, update."""
    contender = Fixed([])
    run(contender, prequential(log_of(ENTRIES), share=0.5), 5)
    assert contender.calls == [
        ("fit", 0, 0),
        ("fit", 0, 1),
        ("fit", 1, 0),
        ("rank", 1, 3000),
        ("update", 1, 2),
        ("rank", 0, 4000),
        ("update", 0, 3),
        ("rank", 1, 5000),
        ("update", 1, 1),
    ]


def test_leave_last_out_tells_nothing() -> None:
    """Each learner is asked about with the same knowledge."""
    contender = Fixed([])
    run(contender, leave_last_out(log_of(ENTRIES)), 5)
    assert [call[0] for call in contender.calls if call[0] != "fit"] == ["rank", "rank"]


def test_places_and_lists_are_kept() -> None:
    """Credential 2 is second in the list, short lists end with NOWHERE, and what is not listed is nowhere."""
    plan = prequential(log_of([(0, 0), (0, 1), (1, 2), (2, 1), (3, 2), (4, 3)]), 0.5)
    outcome = run(Fixed([0, 2]), plan, 3)
    assert outcome.place.tolist() == [NOWHERE, 1, NOWHERE]
    assert outcome.lists.tolist() == [[0, 2, NOWHERE]] * 3


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([3], "cannot know"),
        ([9], "cannot know"),
        ([-1], "cannot know"),
        ([0], "taken it up"),
        ([1, 1], "twice"),
    ],
)
def test_breaking_the_rules_is_caught(rows: Sequence[int], why: str) -> None:
    """The future, nonsense, what the learner has, and repetition."""
    plan = prequential(log_of([(0, 0), (0, 1), (1, 0), (1, 3), (1, 1)], credentials=5), share=0.6)
    with pytest.raises(BadRanking, match=why):
        run(Fixed(rows), plan, 5)


class Patient(Fixed):
    """Lists a credential only once it has been told of it."""

    def rank(self, learner: int, now_ms: int, k: int) -> Ints:
        told = [row for call, _, row in self.calls if call != "rank"]
        return np.array([row for row in self._rows if row in told], np.int64)


def test_a_credential_is_known_from_its_first_event() -> None:
    """What cannot be listed before may be listed after it."""
    plan = prequential(log_of([(0, 0), (0, 1), (1, 0), (0, 3), (1, 3)]), share=0.6)
    assert run(Patient([3]), plan, 5).place.tolist() == [NOWHERE, 0]


def test_a_catalog_makes_credentials_known() -> None:
    """Before any event, and only those that it offers."""
    plan = prequential(log_of([(0, 0), (0, 1), (1, 0), (1, 3)], credentials=5), share=0.75)
    offered = np.array([False, False, False, True, False])
    assert run(Fixed([3]), plan, 5, offered=offered).place.tolist() == [0]
    with pytest.raises(BadRanking, match="cannot know"):
        run(Fixed([4]), plan, 5, offered=offered)


def test_popularity_is_that_of_the_moment() -> None:
    """Worked out by hand: 1 overtakes 0 in the stream, repetitions do not count, what is held is left out."""
    train = [(0, 0), (1, 0), (2, 1), (3, 1), (3, 2), (3, 2), (3, 2)]
    stream = [(4, 1), (5, 1), (5, 2), (0, 1)]
    plan = prequential(log_of([*train, *stream]), share=7 / 11)
    outcome = run(Popularity(), plan, 2)
    assert outcome.lists.tolist() == [[0, 1], [1, 0], [0, 2], [1, 2]]
    assert outcome.place.tolist() == [1, 0, 1, 0]
