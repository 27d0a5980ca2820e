import copy
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.contracts.item_side import ItemRow
from services.recommender.model import moved, trend
from services.recommender.model.graph import Edges
from services.recommender.model.learned import Model, snapshot
from services.recommender.model.live import Fold, Live
from services.recommender.model.moved import EDGES_MOVED, FACTOR_MOVED, TREND_MOVED, Followers
from services.recommender.model.trend import NOTHING
from services.recommender.model.types import Doubles
from tests.unit.recommender_model.plain import CREDENTIALS, LEARNERS, PUTS, TASTES, histories_of

SIZE = 3
IDS = [f"c{row}" for row in range(CREDENTIALS)]
KNOWN = 5
CHANGES = st.lists(
    st.tuples(
        st.integers(0, LEARNERS - 1),
        TASTES,
        st.dictionaries(st.integers(0, CREDENTIALS - 1), st.floats(600, 601), max_size=3),
    ),
    max_size=15,
)


def _live(tastes: dict[int, list[tuple[int, float]]]) -> Live:
    live = Live(histories_of(tastes))
    factors = np.random.default_rng(3).normal(size=(KNOWN, SIZE)).astype(np.float32)
    live.install(Fold(factors, np.arange(KNOWN), 5.0, 2.0, np.zeros_like(factors)))
    return live


def _model(live: Live, trends: Doubles) -> Model:
    return snapshot(
        live,
        IDS,
        trends,
        version="v1",
        trained_at=datetime(2026, 1, 1, tzinfo=UTC),
        half_life_hours=24,
        metrics={},
    )


def _named(edges: Edges, row: int, ids: list[str]) -> dict[str, float]:
    pairs = zip(edges.to[row].tolist(), edges.weight[row].tolist(), strict=True)
    return {ids[to]: weight for to, weight in pairs if to >= 0}


def _known(model: Model) -> dict[str, object]:
    """All that a model says of each credential of which it says anything."""
    said: dict[str, object] = {}
    for credential_id, row in model.index.items():
        factor, log = model.factors[row].tolist(), float(model.trends[row])
        edges = [_named(each, row, model.item_ids) for each in (model.together, model.follows)]
        if any(factor) or log != trend.NOTHING or any(edges):
            said[credential_id] = factor, log, edges
    return said


def _distance(now: dict[str, float], sent: dict[str, float]) -> float:
    return sum(abs(now.get(to, 0) - sent.get(to, 0)) for to in now.keys() | sent.keys())


def _assert_near(live: Live, trends: Doubles, model: Model) -> None:
    for row, credential_id in enumerate(IDS):
        at = model.index.get(credential_id)
        known = trend.NOTHING if at is None else model.trends[at]
        assert abs(trends[row] - known) <= TREND_MOVED
        if row >= len(live.factors):
            continue
        factor = live.factors[row]
        gone = factor if at is None else factor - model.factors[at]
        assert np.linalg.norm(gone) <= FACTOR_MOVED * np.linalg.norm(factor) + 1e-6
        for name in ("together", "follows"):
            now = _named(getattr(live, name), row, IDS)
            sent = {} if at is None else _named(getattr(model, name), at, model.item_ids)
            whole = sum(now.values()) + sum(sent.values())
            assert _distance(now, sent) <= EDGES_MOVED * whole + 1e-6


@settings(deadline=None)
@given(PUTS, CHANGES, st.integers(1, 4))
def test_the_last_row_of_each_credential_makes_the_followers_model(
    before: list, changes: list, at_once: int
) -> None:
    """A fresh copy of the announced model that gets only the last row of each credential is what followers have.

    When nothing waits any more, that is as near the live item side as the thresholds say.
    """
    live, trends = _live(dict(before)), np.full(CREDENTIALS, NOTHING)
    model = _model(live, trends)
    fresh, followers, last = copy.deepcopy(model), Followers(model, IDS), dict[str, ItemRow]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moved, "AT_ONCE", at_once)
        for learner, liked, trended in changes:
            live.put(learner, [each for each, _ in liked], [weight for _, weight in liked])
            trends[[*trended]] = [*trended.values()]
            rows = followers.moved(live, live.step(), trends)
            assert len(rows) <= at_once
            last |= {row.credential_id: row for row in rows}
        while rows := followers.moved(live, np.zeros(0, np.int64), trends):
            last |= {row.credential_id: row for row in rows}
    _assert_near(live, trends, followers.model)
    fresh.move(last.values())
    assert _known(fresh) == _known(followers.model)
    np.testing.assert_allclose(fresh.gram, followers.model.gram, rtol=1e-6, atol=1e-6)


def test_those_that_have_waited_longest_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """When more rows have moved than are sent at once, a row that keeps moving does not hold up the others."""
    monkeypatch.setattr(moved, "AT_ONCE", 3)
    live, trends = _live({}), np.full(CREDENTIALS, NOTHING)
    followers, sent = Followers(_model(live, trends), IDS), list[str]()
    for tick in range(3):
        trends = np.full(CREDENTIALS, 600.0 + tick)
        rows = followers.moved(live, np.zeros(0, np.int64), trends)
        sent += [row.credential_id for row in rows]
    assert sorted(sent) == sorted(IDS)


def test_what_has_not_moved_is_not_sent() -> None:
    """Without a change nothing is sent, and a moved trend is sent without factor and edges."""
    live = _live({0: [(0, 1.0), (1, 1.0)]})
    trends = np.full(CREDENTIALS, NOTHING)
    followers = Followers(_model(live, trends), IDS)
    assert not followers.moved(live, np.arange(KNOWN), trends)
    trends[2] = 600.0
    (row,) = followers.moved(live, np.arange(KNOWN), trends)
    assert (row.credential_id, row.trend) == ("c2", 600.0)
    assert (row.factor, row.neighbours, row.transitions) == (None, None, None)


def test_factors_of_another_size_are_not_sent() -> None:
    """While the followers' model is of a fit with other factors, rows move without theirs."""
    live = _live({0: [(0, 1.0)]})
    model = _model(live, np.full(CREDENTIALS, NOTHING))
    model.factors, model.gram = np.zeros((KNOWN, 7), np.float32), np.zeros((7, 7))
    live.put(1, [1, 0], [1.0, 1.0])
    rows = Followers(model, IDS).moved(live, live.step(), np.full(CREDENTIALS, NOTHING))
    assert rows
    assert all(row.factor is None for row in rows)
