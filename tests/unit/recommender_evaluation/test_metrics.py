"""Every measure against a value worked out by hand."""

import numpy as np
import pytest

from services.recommender.evaluation import metrics
from services.recommender.evaluation.running import NOWHERE

PLACES = np.array([0, 2, NOWHERE])
LISTS = np.array([[0, 1], [0, 2], [0, NOWHERE]])


def test_recall_is_one_for_a_hit() -> None:
    """Anywhere in the list counts the same; nowhere is nothing."""
    assert metrics.recall(PLACES).tolist() == [1, 1, 0]


def test_ndcg_discounts_by_rank() -> None:
    """First place 1, third place 1/log2(4)."""
    assert metrics.ndcg(PLACES).tolist() == [1, 0.5, 0]


def test_exposure_does_not_count_the_ends_of_short_lists() -> None:
    """Of five places three are the first credential's; nobody sees the last."""
    assert metrics.exposures(LISTS, 4).tolist() == [3, 1, 1, 0]


def test_coverage_counts_what_was_listed_at_all() -> None:
    """Three of four."""
    assert metrics.coverage(np.array([3, 1, 1, 0])) == 0.75


@pytest.mark.parametrize(
    ("exposure", "expected"),
    [([5, 5, 5, 5], 0.0), ([0, 0, 0, 7], 0.75), ([3, 1, 1, 0], 0.45), ([0, 0], 0.0)],
)
def test_gini_measures_inequality(exposure: list[int], expected: float) -> None:
    """Equal shares give 0, all for one of n gives (n−1)/n, whatever the order."""
    assert metrics.gini(np.array(exposure)) == pytest.approx(expected)


def test_mean_popularity_weighs_by_exposure() -> None:
    """(3·10 + 1·4 + 1·1) / 5."""
    assert metrics.mean_popularity(np.array([3, 1, 1, 0]), np.array([10, 4, 1, 99])) == 7.0


def test_novelty_is_mean_self_information() -> None:
    """A credential that 7 of 15 learners have is 1 bit with one added to both counts; 3 of 15 is 2 bits."""
    found = metrics.novelty(np.array([1, 3]), np.array([7, 3]), 15)
    assert found == pytest.approx((1 * 1 + 3 * 2) / 4)


def test_skill_distance_is_mean_jaccard_distance_of_pairs() -> None:
    """One pair shares 1 of 3 skills, the other nothing; a credential without skills has no distance."""
    skills = metrics.skill_matrix(
        [frozenset("ab"), frozenset("bc"), frozenset("d"), frozenset(), frozenset("ab")]
    )
    assert metrics.skill_distance(np.array([[0, 1, NOWHERE]]), skills) == pytest.approx(2 / 3)
    assert metrics.skill_distance(np.array([[0, 4]]), skills) == pytest.approx(0)
    both = np.array([[0, 1, 3], [0, 2, NOWHERE]])
    assert metrics.skill_distance(both, skills) == pytest.approx((2 / 3 + 1) / 2)
    assert metrics.skill_distance(np.array([[0, 3]]), skills) is None
