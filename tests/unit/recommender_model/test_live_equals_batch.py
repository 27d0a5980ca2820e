"""After any stream the live item side is the batch computation from the same unique events, component by component."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.contracts.redis_values import LearnerState
from services.recommender.domain.history import tastes
from services.recommender.domain.learner_state import merge
from services.recommender.model.live import Fold, Live
from services.recommender.model.solve import TOLERANCE
from services.recommender.model.trend import counts
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.states import States
from tests.unit.recommender_model.events import EVENTS, Event, interaction
from tests.unit.recommender_model.plain import Tastes, assert_row, edges_of, system

SIZE, ALPHA, REGULARIZATION, HALF_LIFE = 3, 5.0, 2.0, 24.0
Weighed = tuple[tuple[str, int], float]
NOW = 1_767_229_200_000
"""An hour after the last of the events, in Unix milliseconds."""


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """Unique events in one order; and what a log may make of them: late, twice, and all of it read again."""
    events = draw(EVENTS)
    heard = [
        *events,
        *draw(st.lists(st.sampled_from(events), max_size=20) if events else st.just([])),
    ]
    arrived = draw(st.permutations(heard))
    return events, [*arrived, *draw(st.just([]) | st.permutations(heard))]


@settings(deadline=None, max_examples=60)
@given(streams(), st.sets(st.integers(0, 150), max_size=6))
def test_every_component_is_the_batch_computation(
    stream: tuple[list[Event], list[Event]], stepped: set[int]
) -> None:
    """States, supports, item graph, transitions, trend and Gram matrices, and the factors of what has changed since the
    item side settled last, which solve their equations; whatever was late, repeated, erased or read again."""
    events, heard = stream
    live, settled = trained(), set[Weighed]()
    for place, event in enumerate(heard):
        live.apply(0, event)
        if place in stepped:
            live.live.settle()
            settled = weights_of(live)
    live.live.settle()
    moved = {row for (_, row), _ in weights_of(live) ^ settled}

    states: dict[str, LearnerState] = {}
    for event in events:
        states[event.learner_key] = merge(states.get(event.learner_key), event)
    batch = {key: tastes(state.interactions) for key, state in states.items()}
    row = live.states.credentials.row
    by_row = [
        [(row(each.credential_id), each.weight) for each in liked] for liked in batch.values()
    ]
    check_states(live, states)
    check_edges(live.live, dict(enumerate(by_row)))
    check_trend(
        live, [(row(t.credential_id), t.weight, t.at) for liked in batch.values() for t in liked]
    )
    check_grams(live.live)
    check_factors(live, moved, {key: by_row[at] for at, key in enumerate(batch)})


def test_an_edge_follows_the_support_of_its_other_end() -> None:
    """A hundred learners take up one credential only: the edge of another that leads to it becomes weaker all the same."""
    live, liked = trained(), {0: ["c1", "c2"], **{learner: ["c2"] for learner in range(1, 100)}}
    for learner, taken in liked.items():
        for credential in taken:
            live.apply(0, interaction(f"l{learner}", credential, "enroll", 0))
        live.live.settle()
    row = live.states.credentials.row
    by_row: dict[int, Tastes] = {
        learner: [(row(each), 1.0) for each in taken] for learner, taken in liked.items()
    }
    together, _ = edges_of(by_row)
    found = dict(
        zip(live.live.together.to[row("c1")], live.live.together.weight[row("c1")], strict=True)
    )
    assert found[row("c2")] == pytest.approx(together[row("c1")][row("c2")], rel=0.05)


def trained() -> Learners:
    """A live item side that has taken over a fit of all four credentials."""
    learners = Learners(States(), HALF_LIFE)
    rows = [learners.states.credentials.row(each) for each in ("c1", "c2", "a/b", "é")]
    factors = np.random.default_rng(3).normal(size=(len(rows), SIZE)).astype(np.float32)
    learners.live.install(
        Fold(factors, np.array(rows), ALPHA, REGULARIZATION, np.zeros_like(factors))
    )
    return learners


def check_states(live: Learners, states: dict[str, LearnerState]) -> None:
    for key, state in states.items():
        kept = live.states.get(key)
        assert kept is not None
        assert (kept.interactions, kept.erased) == (state.interactions, state.erased)


def check_edges(live: Live, liked: dict[int, Tastes]) -> None:
    together, follows = edges_of(liked)
    for row in range(len(live.factors)):
        assert_row(live.together, row, together.get(row, {}))
        assert_row(live.follows, row, follows.get(row, {}))
        support = sum(weight for each in liked.values() for one, weight in each if one == row)
        np.testing.assert_allclose(live.histories.support[row], support, atol=1e-4)


def check_trend(live: Learners, terms: list[tuple[int, float, int]]) -> None:
    """Σ weight · 2^(-age / half-life) over all tastes."""
    expected = np.zeros(len(live.states.credentials))
    for row, weight, at in terms:
        expected[row] += weight * 2 ** (-(NOW - at) / (HALF_LIFE * 3_600_000))
    np.testing.assert_allclose(
        counts(live.trends(), NOW, HALF_LIFE), expected, rtol=1e-6, atol=1e-6
    )


def check_grams(live: Live) -> None:
    for kept, factors in ((live.gram, live.factors), (live._learner_gram, live._learners)):
        wide = factors.astype(np.float64)
        np.testing.assert_allclose(kept, wide.T @ wide, atol=1e-6 * (1 + np.abs(kept).max()))


def weights_of(live: Learners) -> set[Weighed]:
    """What every learner likes, and how much."""
    states = {key: live.states.get(key) for key in live._rows}
    return {
        ((key, live.states.credentials.row(each.credential_id)), each.weight)
        for key, state in states.items()
        if state is not None
        for each in tastes(state.interactions)
    }


def check_factors(live: Learners, moved: set[int], liked: dict[str, Tastes]) -> None:
    """Each moved credential's factor solves its equation among the learners as the item side has them. (One that has not
    moved stays as it was solved then; the next sweep goes on from there.)"""
    places = {key: row for key, row in live._rows.items() if row < len(live.live._learners)}
    for row in moved:
        partners = [
            (places[key], weight)
            for key, each in liked.items()
            for one, weight in each
            if one == row
        ]
        left, right = system(
            live.live._learners,
            partners,
            alpha=ALPHA,
            regularization=REGULARIZATION,
            prior=np.zeros(SIZE),
        )
        missing = np.linalg.norm(left @ live.live.factors[row] - right)
        assert missing <= 2 * TOLERANCE * np.linalg.norm(right) + 1e-5
