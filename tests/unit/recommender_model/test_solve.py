import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.recommender.model.als import FoldIn, gram
from services.recommender.model.ragged import Ragged
from services.recommender.model.solve import TOLERANCE, solve
from services.recommender.model.types import Floats
from tests.unit.recommender_model.plain import Tastes, system

OTHERS = 12
ROWS = st.lists(
    st.lists(
        st.tuples(st.integers(0, OTHERS - 1), st.sampled_from([0.1, 0.3, 1.0, 1.3])),
        max_size=OTHERS,
        unique_by=lambda pair: pair[0],
    ),
    min_size=1,
    max_size=6,
)


def _ragged(rows: list[Tastes]) -> Ragged:
    ragged = Ragged()
    for row, tastes in enumerate(rows):
        for other, weight in tastes:
            ragged.put(row, other, weight)
    return ragged


def _random(*shape: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@settings(deadline=None)
@given(
    ROWS,
    st.integers(1, 8),
    st.sampled_from([0.5, 2.0, 30.0]),
    st.sampled_from([0.5, 5.0, 30.0]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 50),
)
def test_rows_are_solved_exactly(
    rows: list[Tastes],
    size: int,
    alpha: float,
    regularization: float,
    warm: bool,
    drawn: bool,
    seed: int,
) -> None:
    """From any start, with or without priors, at confidences above and below 1, the dense equation is solved."""
    others, count = _random(OTHERS, size, seed=seed), len(rows) + 2
    start = _random(count, size, seed=seed + 1) if warm else np.zeros((count, size), np.float32)
    priors = _random(count, size, seed=seed + 2) * drawn
    found = solve(
        start,
        np.arange(count),
        _ragged(rows),
        others,
        others.T.astype(np.float64) @ others,
        alpha=alpha,
        regularization=regularization,
        priors=priors if drawn else None,
    )
    for x, tastes, prior in zip(found, [*rows, [], []], priors.astype(np.float64), strict=True):
        left, right = system(
            others, tastes, alpha=alpha, regularization=regularization, prior=prior
        )
        assert np.linalg.norm(left @ x - right) <= 2 * TOLERANCE * np.linalg.norm(right)


@settings(deadline=None)
@given(st.integers(1, 6), st.sampled_from([0.01, 0.3, 30.0]), st.integers(0, 30))
def test_a_row_without_evidence_is_zero(size: int, regularization: float, seed: int) -> None:
    """A row whose partners are all gone, and that is drawn to nothing, is zero wherever it was before."""
    others = _random(OTHERS, size, seed=seed)
    wide = others.astype(np.float64)
    found = solve(
        _random(2, size, seed=seed + 1),
        np.arange(2),
        Ragged(),
        others,
        wide.T @ wide,
        alpha=2.0,
        regularization=regularization,
    )
    assert not found.any()


@pytest.mark.parametrize("size", [16, 64])
def test_it_agrees_with_the_fold_in_of_a_list(size: int) -> None:
    """A learner's row is what folding their history in gives, so that trainer and worker mean the same."""
    random = np.random.default_rng(4)
    others = (random.normal(size=(300, size)) / size).astype(np.float32)
    tastes = [(int(each), 1.0) for each in random.permutation(300)[:20]]
    found = solve(
        np.zeros((1, size), np.float32),
        np.zeros(1, np.int64),
        _ragged([tastes]),
        others,
        others.T.astype(np.float64) @ others,
        alpha=30.0,
        regularization=3.0,
    )
    liked = others[[each for each, _ in tastes]]
    expected = FoldIn(gram(others), liked, np.full(20, 30.0, np.float32), 3.0).x
    assert np.linalg.norm(found[0] - expected) <= 5e-3 * np.linalg.norm(expected)


def test_the_start_stays_as_it_is() -> None:
    """Solving answers new factors; those that it started from are not written to."""
    start, others = _random(1, 3, seed=1), _random(OTHERS, 3, seed=2)
    before = start.copy()
    wide = others.astype(np.float64)
    solve(
        start,
        np.zeros(1, np.int64),
        _ragged([[(1, 1.0)]]),
        others,
        wide.T @ wide,
        alpha=2.0,
        regularization=1.0,
    )
    np.testing.assert_array_equal(start, before)
