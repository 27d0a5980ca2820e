import math
from datetime import timedelta

import numpy as np
import pytest

from libs.common.contracts.item_side import ItemRow
from libs.common.contracts.types import milliseconds
from services.recommender.model.learned import Model
from services.recommender.model.trend import decay_rate
from tests.unit.recommender_model.data import NOW, checkerboard, trained


@pytest.fixture
def model() -> Model:
    return trained(checkerboard())


def _row(credential_id: str, **parts: object) -> ItemRow:
    return ItemRow(epoch=1, seq=1, model_version="v1", credential_id=credential_id, **parts)


def _log(count: float) -> float:
    """What travels of a trend whose count is `count` at NOW, with the half-life of a day."""
    return math.log(count) + decay_rate(24) * milliseconds(NOW)


def test_what_moved_is_seen_by_the_next_list(model: Model) -> None:
    """Nothing that a list has worked out survives a move: the same history and moment are answered anew."""
    history = [("c1", 1.0), ("c3", 1.0)]
    before = (
        model.affinity(history).copy(),
        model.because(history, ["c5"]),
        model.trend(NOW).copy(),
    )
    moved = np.linspace(-1, 1, model.factors.shape[1]).tolist()
    model.move([_row("c1", factor=moved), _row("c3", factor=moved), _row("c0", trend=_log(8))])
    assert not np.allclose(model.affinity(history), before[0])
    assert model.because(history, ["c5"]) != before[1]
    assert model.trend(NOW)[0] != before[2][0]


def test_moved_factors_keep_the_gram_matrix(model: Model) -> None:
    """However many factors move at once, one of them twice and one of a new credential, the Gram matrix is theirs."""
    random = np.random.default_rng(1)
    ids = ["c4", "c7", "new", "c4", "c9"]
    rows = [_row(each, factor=random.normal(size=model.factors.shape[1]).tolist()) for each in ids]
    model.move(rows)
    wide = model.factors.astype(np.float64)
    np.testing.assert_allclose(model.gram, wide.T @ wide, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(model.factors[model.index["c4"]], rows[3].factor, rtol=1e-6)


def test_another_history_is_another_fold_in(model: Model) -> None:
    """A kept fold-in is used for its own history only."""
    one, other = [("c1", 1.0)], [("c2", 1.0)]
    first = model.affinity(one).copy()
    assert not np.allclose(model.affinity(other), first)
    np.testing.assert_array_equal(model.affinity(one), first)
    assert [name for name, _ in model.because(other, ["c4"])[0]] == ["c2"]


def test_trend_decays_with_the_seconds(model: Model) -> None:
    """Within a second the counts are the same, a half-life later half of them, and nobody can write to them."""
    model.move([_row("c0", trend=_log(8))])
    counts = model.trend(NOW)
    assert model.trend(NOW + timedelta(milliseconds=400)) is counts
    np.testing.assert_allclose(counts[0], 8)
    later = model.trend(NOW + timedelta(hours=model.half_life_hours))
    np.testing.assert_allclose(later[0], 4)
    with pytest.raises(ValueError, match="read-only"):
        counts[0] = 1
