from dataclasses import replace

import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

from libs.common.contracts.item_side import ItemRow
from services.recommender.model import als
from services.recommender.model.learned import Model, empty
from tests.unit.recommender_model.data import NOW, TUNING, checkerboard, trained


@pytest.fixture(scope="module")
def model() -> Model:
    return trained(checkerboard())


@pytest.mark.parametrize("learner", range(0, 50, 7))
def test_the_one_obvious_credential_comes_first(model: Model, learner: int) -> None:
    """A learner who likes all of their parity but one is recommended that one, out of all unseen."""
    seen = [f"c{row}" for row in range(learner % 2, 50, 2) if row != learner]
    scores = model.affinity([(item, 1.0) for item in seen])
    scores[[model.index[item] for item in seen]] = -np.inf
    assert model.item_ids[int(scores.argmax())] == f"c{learner}"


def test_fold_in_equals_implicit_recalculate_user() -> None:
    """Our solve of a learner's row is the one that implicit would compute for any weights."""
    random = np.random.default_rng(3)
    weights = csr_matrix(np.where(random.random((40, 30)) < 0.3, random.random((40, 30)) * 3, 0))
    reference = AlternatingLeastSquares(
        factors=TUNING.factors,
        alpha=TUNING.alpha,
        regularization=TUNING.regularization,
        iterations=10,
        num_threads=1,
        random_state=1,
    )
    reference.fit(weights.astype(np.float32), show_progress=False)
    model = trained(weights)
    ours = replace(model, factors=reference.item_factors, gram=reference.YtY.astype(float))
    for learner in range(40):
        row = weights[learner]
        history = [(f"c{c}", float(w)) for c, w in zip(row.indices, row.data, strict=True)]
        expected = reference.recalculate_user(learner, row.astype(np.float32))
        np.testing.assert_allclose(ours._fold_in(history).x, expected, rtol=1e-3, atol=1e-4)


def test_what_raises_a_score_is_named_and_adds_up(model: Model) -> None:
    """A credential is explained by liked ones of its own parity, and the shares are a whole."""
    history = [("c1", 1.0), ("c3", 1.0), ("unknown", 1.0), ("c5", 1.0)]
    (because,) = model.because(history, ["c7"])
    assert {item for item, _ in because} == {"c1", "c3", "c5"}
    assert sum(share for _, share in because) == pytest.approx(1)
    parts = model._fold_in(history).contributions(model.factors)
    assert parts.shape == (50, 3)
    np.testing.assert_allclose(parts.sum(axis=1), model.affinity(history), rtol=1e-3, atol=1e-4)


def test_what_is_unknown_changes_nothing(model: Model) -> None:
    """Ids without a factor, in a history or as an item, neither fail nor move a score."""
    known = model.affinity([("c1", 1.0)])
    np.testing.assert_array_equal(model.affinity([("never seen", 1.0), ("c1", 1.0)]), known)
    assert model.because([("c1", 1.0)], ["never seen"]) == [[]]
    assert not model.affinity([("never seen", 1.0)]).any()


def test_the_empty_model_answers() -> None:
    """Before the first training there are no rows, and nothing fails."""
    model = empty("v0", NOW, 24)
    assert model.affinity([("c1", 1.0)]).shape == (0,)
    assert model.affinity([]).shape == (0,)
    assert model.because([("c1", 1.0)], ["c2"]) == [[]]
    model.warm_up()


def test_rows_move_the_model_in_place() -> None:
    """Every part of a row can move by itself, a new credential is a new row, and the Gram matrix stays exact."""
    model = trained(checkerboard())
    history = [("c1", 1.0)]
    before = model.affinity(history).copy()
    model.move([_row("new", trend=700.0), _row("c1", trend=650.0)])
    assert model.item_ids[-1] == "new"
    np.testing.assert_array_equal(model.affinity(history), [*before, 0])
    assert model.trends[[model.index["new"], 1]].tolist() == [700.0, 650.0]
    model.move(
        [_row("new", factor=model.factors[3].tolist(), neighbours={"newer": 2.0, "c1": 1.0})]
    )
    assert model.trends[model.index["new"]] == 700.0
    assert model.affinity(history)[model.index["new"]] == model.affinity(history)[3]
    assert model.related([("new", 0.5)])[model.index["newer"]] == 1.0
    np.testing.assert_allclose(model.gram, als.gram(model.factors), rtol=1e-4, atol=1e-4)


def test_a_factor_of_another_fit_is_not_taken() -> None:
    """A factor of another length than the model's leaves its factors as they are."""
    model = trained(checkerboard())
    before = model.factors.copy()
    model.move([_row("c1", factor=[1.0] * 7)])
    np.testing.assert_array_equal(model.factors, before)


def _row(credential_id: str, **parts: object) -> ItemRow:
    return ItemRow(epoch=0, seq=0, model_version="v1", credential_id=credential_id, **parts)
