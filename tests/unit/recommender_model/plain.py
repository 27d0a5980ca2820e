"""The item side as its docstrings define it, in plain Python over whole dictionaries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

from services.recommender.model import graph
from services.recommender.model.graph import Edges
from services.recommender.model.histories import Histories
from services.recommender.model.types import Doubles, Floats

Tastes = Sequence[tuple[int, float]]
"""Credentials with weights, the newest first."""
Rows = Mapping[int, Mapping[int, float]]

LEARNERS, CREDENTIALS = 6, 9
WEIGHTS = st.sampled_from([0.3, 0.6, 1.0, 1.3])
TASTES = st.lists(
    st.tuples(st.integers(0, CREDENTIALS - 1), WEIGHTS), max_size=6, unique_by=lambda pair: pair[0]
)
PUTS = st.lists(st.tuples(st.integers(0, LEARNERS - 1), TASTES), max_size=25)


def histories_of(tastes: Mapping[int, Tastes]) -> Histories:
    histories = Histories()
    for learner, liked in tastes.items():
        histories.put(learner, [each for each, _ in liked], [weight for _, weight in liked])
    return histories


def support_of(tastes: Mapping[int, Tastes]) -> Mapping[int, float]:
    support: dict[int, float] = defaultdict(float)
    for liked in tastes.values():
        for credential, weight in liked:
            support[credential] += weight
    return support


def edges_of(tastes: Mapping[int, Tastes]) -> tuple[Rows, Rows]:
    """Every edge of the item graph and of the transitions, none left out."""
    together: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    follows: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    support = support_of(tastes)
    for liked in tastes.values():
        newest = liked[: graph.DEEP]
        total = sum(weight for _, weight in newest)
        for place, (one, weight) in enumerate(newest):
            for later, (other, its_weight) in enumerate(newest):
                if one == other:
                    continue
                together[one][other] += weight * its_weight / total
                gap = place - later
                if 1 <= gap <= graph.LONGEST_GAP:
                    follows[one][other] += its_weight * graph.GAP_DECAY ** (gap - 1)
    return (
        {
            i: {
                j: (v / (support[i] * support[j]) ** 0.5) ** graph.TOGETHER_POWER
                for j, v in row.items()
            }
            for i, row in together.items()
        },
        {
            i: {
                j: v / (support[i] ** graph.FROM_POWER * support[j] ** graph.TO_POWER)
                for j, v in row.items()
            }
            for i, row in follows.items()
        },
    )


def assert_row(edges: Edges, place: int, expected: Mapping[int, float]) -> None:
    """The row has exactly the strongest `WIDE` of the expected edges; which of equally strong ones is free."""
    count = int((edges.to[place] >= 0).sum())
    assert (edges.to[place, count:] == -1).all()
    assert not edges.weight[place, count:].any()
    found = dict(
        zip(edges.to[place, :count].tolist(), edges.weight[place, :count].tolist(), strict=True)
    )
    assert len(found) == min(len(expected), graph.WIDE)
    for other, weight in found.items():
        np.testing.assert_allclose(weight, expected[other], rtol=1e-5)
    strongest = sorted(expected.values(), reverse=True)[: graph.WIDE]
    np.testing.assert_allclose(sorted(found.values(), reverse=True), strongest, rtol=1e-5)


def system(
    others: Floats, tastes: Tastes, *, alpha: float, regularization: float, prior: Doubles
) -> tuple[Doubles, Doubles]:
    """A and b of the row's exact factor A⁻¹b: YᵀY + Σ (c − 1) y yᵀ + λI, and Σ c y + λ · prior."""
    wide = others.astype(np.float64)
    left = wide.T @ wide + regularization * np.eye(wide.shape[1])
    right = regularization * prior
    for other, weight in tastes:
        confidence, y = alpha * np.float32(weight), wide[other]
        left += (confidence - 1) * np.outer(y, y)
        right = right + confidence * y
    return left, right
