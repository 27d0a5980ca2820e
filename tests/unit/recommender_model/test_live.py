import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.recommender.model import live as module
from services.recommender.model.live import DUE_SHARE, Fold, Live
from services.recommender.model.solve import TOLERANCE
from tests.unit.recommender_model.plain import (
    CREDENTIALS,
    LEARNERS,
    PUTS,
    TASTES,
    Tastes,
    assert_row,
    edges_of,
    histories_of,
    system,
)

SIZE, ALPHA, REGULARIZATION = 3, 5.0, 2.0
STEPS = st.lists(
    st.one_of(st.tuples(st.integers(0, LEARNERS - 1), TASTES), st.just("step")), max_size=40
)


def _fold(trained: list[int], credentials: int = CREDENTIALS, seed: int = 3) -> Fold:
    factors = np.random.default_rng(seed).normal(size=(credentials, SIZE)).astype(np.float32)
    rows = np.array(trained, np.int64)
    return Fold(factors, rows, ALPHA, REGULARIZATION, np.zeros_like(factors))


def _put(live: Live, learner: int, liked: Tastes) -> None:
    live.put(learner, [each for each, _ in liked], [weight for _, weight in liked])


def _assert_grams(live: Live) -> None:
    for kept, factors in ((live.gram, live.factors), (live._learner_gram, live._learners)):
        wide = factors.astype(np.float64)
        np.testing.assert_allclose(kept, wide.T @ wide, atol=1e-6 * (1 + np.abs(kept).max()))


def _assert_solved(live: Live, row: int, tastes: dict[int, Tastes]) -> None:
    """The row's factor solves its equation among the learners as they are."""
    partners = [(u, weight) for u, liked in tastes.items() for each, weight in liked if each == row]
    left, right = system(
        live._learners,
        partners,
        alpha=ALPHA,
        regularization=REGULARIZATION,
        prior=np.zeros(SIZE),
    )
    missing = np.linalg.norm(left @ live.factors[row] - right)
    assert missing <= 2 * TOLERANCE * np.linalg.norm(right) + 1e-5


@settings(deadline=None)
@given(PUTS, STEPS)
def test_the_item_side_follows_the_tastes(before: list[tuple[int, Tastes]], steps: list) -> None:
    """After any puts and steps the Gram matrices are the factors', and each row's edges those of when it was due."""
    tastes = dict(before)
    live = Live(histories_of(tastes))
    live.install(_fold([*range(0, CREDENTIALS, 2)]))
    drawn = dict.fromkeys(range(CREDENTIALS), edges_of(tastes))
    expecting: set[int] = set()
    for step in [*steps, "step"]:
        if step != "step":
            learner, liked = step
            expecting |= {each for each, _ in [*tastes.get(learner, []), *liked]}
            tastes[learner] = liked
            _put(live, learner, liked)
            continue
        leading = _leading(live, expecting)
        changed = live.step().tolist()
        assert expecting <= set(changed) <= expecting | leading
        drawn |= dict.fromkeys(changed, edges_of(tastes))
        expecting = set()
        _assert_grams(live)
    for row in range(CREDENTIALS):
        together, follows = drawn[row]
        assert_row(live.together, row, together.get(row, {}))
        assert_row(live.follows, row, follows.get(row, {}))


def _leading(live: Live, rows: set[int]) -> set[int]:
    """The rows whose edges lead to one of `rows`, whose support has moved."""
    tables = (live.together.to, live.follows.to)
    return {at for table in tables for at, ends in enumerate(table.tolist()) if rows & set(ends)}


@settings(deadline=None)
@given(PUTS, PUTS, PUTS)
def test_a_fit_is_brought_up_to_what_changed_since_its_mark(
    before: list[tuple[int, Tastes]],
    fitting: list[tuple[int, Tastes]],
    preparing: list[tuple[int, Tastes]],
) -> None:
    """Credentials that changed while a fit ran or was prepared are solved anew; the others keep its factors."""
    tastes, changed = dict(before), set[int]()
    live = Live(histories_of(tastes))
    live.mark()

    def put(learner: int, liked: Tastes) -> None:
        old, new = dict(tastes.get(learner, [])), dict(liked)
        changed.update(each for each in old.keys() | new.keys() if old.get(each) != new.get(each))
        tastes[learner] = liked
        _put(live, learner, liked)

    for each in fitting:
        put(*each)
    fold = _fold([*range(CREDENTIALS)])
    *_, prepared = live.prepared(fold)
    for each in preparing:
        put(*each)
    assert prepared is not None
    live.adopt(prepared)
    live.settle()
    _assert_grams(live)
    together, follows = edges_of(tastes)
    for row in range(CREDENTIALS):
        if row in changed:
            _assert_solved(live, row, tastes)
        else:
            np.testing.assert_array_equal(live.factors[row], fold.factors[row])
        assert_row(live.together, row, together.get(row, {}))
        assert_row(live.follows, row, follows.get(row, {}))


def test_a_popular_credential_waits_and_then_comes() -> None:
    """With 300 learners one change does not make a row due; when a share of its support has changed it is."""
    live = Live(histories_of({learner: [(0, 1.0)] for learner in range(300)}))
    live.install(_fold([0, 1], credentials=2))
    needed = int(np.ceil(300 * DUE_SHARE))
    for learner in range(needed):
        assert 0 not in live.step().tolist()
        live.put(learner, [1, 0], [1.0, 1.0])
    assert 0 in live.step().tolist()
    assert not live.behind


def test_work_is_done_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """When more is due than a step may do, the steps that follow do the rest, and end where one would."""
    tastes = {learner: [(learner, 1.0), (learner + 1, 0.6)] for learner in range(8)}
    live, whole = Live(histories_of(tastes)), Live(histories_of(tastes))
    whole.settle()
    monkeypatch.setattr(module, "WORK", 20)
    parts = []
    while live.behind:
        parts.append(live.step().tolist())
    assert len(parts) > 1
    assert sorted(row for part in parts for row in part) == list(range(9))
    np.testing.assert_array_equal(live.together.to, whole.together.to)


def test_newcomers_while_a_fit_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and learners that a fit or its parts cannot know count for nothing in it, and then come in."""
    monkeypatch.setattr(module, "_LEARNERS_AT_ONCE", 1)
    tastes: dict[int, Tastes] = {0: [(5_000, 1.0), (0, 1.0)], 1: [(0, 1.0)], 2: [(1, 1.3)]}
    live = Live(histories_of(tastes))
    live.mark([5_000])
    parts = live.prepared(_fold([0, 1], credentials=2))
    assert next(parts) is None
    for learner, credential in ((1, 9_000), (2, 20_000), (7_000, 20_000), (7_001, 1)):
        tastes[learner] = [(credential, 1.0)]
        _put(live, learner, tastes[learner])
    *_, prepared = parts
    assert prepared is not None
    live.adopt(prepared)
    live.step()
    live.settle()
    _assert_grams(live)
    assert np.isfinite(live.factors).all()
    assert live._learners[7_001].any()
    for row in (5_000, 9_000, 20_000):
        _assert_solved(live, row, tastes)


def test_a_drawn_credential_has_its_prior() -> None:
    """A credential that nobody has taken up has the factor that it is drawn to, and others are as they were."""
    tastes: dict[int, Tastes] = {0: [(0, 1.0), (1, 1.0)], 1: [(1, 1.3)]}
    live = Live(histories_of(tastes))
    live.install(_fold([0, 1], credentials=2))
    before, prior = live.factors.copy(), np.array([1, -2, 0.5], np.float32)
    live.draw(4, prior)
    assert live.step().tolist() == [4]
    np.testing.assert_allclose(live.factors[4], prior, rtol=1e-2)
    np.testing.assert_array_equal(live.factors[:2], before)
    _assert_grams(live)


def test_many_new_credentials_and_learners() -> None:
    """Rows far beyond those of the fit are made as they are named, and what was there stays."""
    live = Live(histories_of({0: [(0, 1.0), (1, 1.0)]}))
    live.install(_fold([0, 1], credentials=2))
    for learner in range(1, 60):
        live.put(learner, [learner * 7, 0], [1.0, 0.3])
        live.step()
    assert len(live.factors) == len(live.together.to) == 59 * 7 + 1
    assert live.factors[59 * 7].any()
    _assert_grams(live)
