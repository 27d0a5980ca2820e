import numpy as np
import pytest
from hypothesis import given, settings

from services.recommender.model import graph
from services.recommender.model.graph import edges
from tests.unit.recommender_model.plain import (
    CREDENTIALS,
    PUTS,
    Tastes,
    assert_row,
    edges_of,
    histories_of,
)

ALL = np.arange(CREDENTIALS + 2)


def _assert_all(tastes: dict[int, Tastes]) -> None:
    rows = np.arange(max((each for liked in tastes.values() for each, _ in liked), default=0) + 3)
    found = edges(histories_of(tastes), rows)
    for kept, expected in zip(found, edges_of(tastes), strict=True):
        for row in rows.tolist():
            assert_row(kept, row, expected.get(row, {}))


@settings(deadline=None)
@given(PUTS)
def test_edges_are_the_definition(puts: list[tuple[int, Tastes]]) -> None:
    """After any changes of tastes, late and removed ones among them, every row is that of a plain computation."""
    tastes: dict[int, Tastes] = {}
    histories = histories_of({})
    for learner, liked in puts:
        histories.put(learner, [each for each, _ in liked], [weight for _, weight in liked])
        tastes[learner] = liked
    found = edges(histories, ALL)
    for kept, expected in zip(found, edges_of(tastes), strict=True):
        for row in ALL.tolist():
            assert_row(kept, row, expected.get(row, {}))


def test_a_late_event_splits_a_transition() -> None:
    """With 2 put between 1 and 3 afterwards, 3 follows 1 at a gap of two, and 2 follows it directly."""
    histories = histories_of({0: [(3, 1.0), (1, 1.0)]})
    direct = edges(histories, np.array([1]))[1].weight[0, 0]
    histories.put(0, [3, 2, 1], [1.0, 1.0, 1.0])
    follows = edges(histories, np.array([1]))[1]
    found = dict(zip(follows.to[0].tolist(), follows.weight[0].tolist(), strict=True))
    assert found[2] == pytest.approx(direct)
    assert found[3] == pytest.approx(direct * graph.GAP_DECAY)


def test_what_is_dismissed_leaves_no_edge() -> None:
    """Without the one learner who linked them, two credentials are not linked any more."""
    histories = histories_of({0: [(1, 1.0), (2, 1.0)], 1: [(1, 1.0)]})
    histories.put(0, [1], [1.0])
    together, follows = edges(histories, np.array([1, 2]))
    assert (together.to == -1).all()
    assert (follows.to == -1).all()


def test_only_the_newest_count() -> None:
    """What is deeper than `DEEP` in a history neither has edges by it nor weighs in it."""
    long = [(each, 1.0) for each in range(graph.DEEP + 10)]
    _assert_all({0: long, 1: [(graph.DEEP + 3, 1.0), (0, 0.3)]})


def test_only_the_strongest_edges_are_kept() -> None:
    """Of a credential that goes with more than `WIDE` others only the strongest remain, ties to any."""
    random = np.random.default_rng(6)
    tastes = {
        learner: [
            (int(each), float(random.choice([0.3, 0.6, 1.0, 1.3])))
            for each in [0, *random.permutation(np.arange(1, 180))[:40]]
        ]
        for learner in range(30)
    }
    assert len(edges_of(tastes)[0][0]) > graph.WIDE
    _assert_all(tastes)
