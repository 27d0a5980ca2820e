import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

from services.recommender.model.learned import Model, empty
from tests.unit.recommender_model.data import NOW, TUNING, checkerboard, trained


@pytest.fixture(scope="module")
def model() -> Model:
    return trained(checkerboard())


@pytest.mark.parametrize("learner", range(0, 50, 7))
def test_the_one_obvious_credential_comes_first(model: Model, learner: int) -> None:
    """A learner who likes all of their parity but one is recommended that one, out of all unseen."""
    seen = [f"c{row}" for row in range(learner % 2, 50, 2) if row != learner]
    scores = model.scores([(item, 1.0) for item in seen])
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
    ours = Model(
        **{
            **{name: getattr(model, name) for name in model.__slots__},
            "factors": reference.item_factors,
            "gram": reference.YtY,
        }
    )
    for learner in range(40):
        row = weights[learner]
        history = [(f"c{c}", float(w)) for c, w in zip(row.indices, row.data, strict=True)]
        expected = reference.recalculate_user(learner, row.astype(np.float32))
        np.testing.assert_allclose(ours.fold_in(history)[0].x, expected, rtol=1e-3, atol=1e-4)


def test_what_raises_a_score_is_named_and_adds_up(model: Model) -> None:
    """A credential is explained by liked ones of its own parity, and the shares are a whole."""
    history = [("c1", 1.0), ("c3", 1.0), ("unknown", 1.0), ("c5", 1.0)]
    (because,) = model.because(history, ["c7"])
    assert {item for item, _ in because} == {"c1", "c3", "c5"}
    assert sum(share for _, share in because) == pytest.approx(1)
    fold_in, known = model.fold_in(history)
    parts = fold_in.contributions(model.factors)
    assert known == [0, 1, 3]
    np.testing.assert_allclose(parts.sum(axis=1), model.scores(history), rtol=1e-3, atol=1e-4)


def test_what_is_unknown_changes_nothing(model: Model) -> None:
    """Ids without a factor, in a history or as an item, neither fail nor move a score."""
    known = model.scores([("c1", 1.0)])
    np.testing.assert_array_equal(model.scores([("never seen", 1.0), ("c1", 1.0)]), known)
    assert model.because([("c1", 1.0)], ["never seen"]) == [[]]
    assert not model.scores([("never seen", 1.0)]).any()


def test_the_empty_model_answers() -> None:
    """Before the first training there are no rows, and nothing fails."""
    model = empty("v0", NOW, 24)
    assert model.scores([("c1", 1.0)]).shape == (0,)
    assert model.scores([]).shape == (0,)
    assert model.because([("c1", 1.0)], ["c2"]) == [[]]
    model.warm_up()


def test_new_credentials_have_a_trend_and_no_preference(model: Model) -> None:
    """A trend row of a credential newer than the training adds a row; the other model stays as it was."""
    moved = model.with_trends({"new": 700.0, "c1": 650.0})
    assert moved.item_ids[-1] == "new"
    assert moved.scores([("c1", 1.0)])[-1] == 0
    assert moved.trends[moved.index["c1"]] == 650.0
    assert "new" not in model.index
    assert len(model.scores([("c1", 1.0)])) == 50
    assert not model.trends.any()
    again = moved.with_trends({"new": 701.0})
    assert again.item_ids == moved.item_ids
