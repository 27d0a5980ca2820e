import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.profile import Interaction, Learner
from libs.common.contracts.redis_values import LearnerState
from services.recommender.domain.history import tastes
from services.recommender.domain.learner_state import merge
from services.recommender.model.trend import NOTHING
from services.recommender.trainer.columns import Credentials, of_states
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.states import States, fold
from services.recommender.trainer.taste_rows import taste_rows
from tests.unit.recommender_model.events import EVENTS, at, interaction, snapshot

ALL = ["l1", "l2", "ünïcode", "l4"]


def _learners(states: States | None = None) -> Learners:
    return Learners(states or States(), half_life_hours=1)


def _refold(states: States, forget_before: int = 0) -> None:
    changed = states.freeze()
    states.adopt(fold(states.columns, changed, states.credentials, forget_before))


def _histories(learners: Learners) -> dict[str, list[list[float]]]:
    """Credential rows and weights of each learner who has any."""
    of = learners.live.histories.by_learner
    found = {key: [part.tolist() for part in of.row(at)] for key, at in learners._rows.items()}
    return {key: parts for key, parts in found.items() if parts[0]}


def _essence(state: LearnerState | None) -> object:
    return state and (
        state.learner_key,
        state.consent_changed_at,
        state.erased,
        state.consented,
        state.profile and state.profile.revision,
        state.interactions,
    )


@given(EVENTS, st.sets(st.integers(0, 60)))
def test_states_are_those_of_the_plain_merge(
    events: list[Learner | Interaction], folds: set[int]
) -> None:
    """However often the changes are folded into columns, every learner has the state of a plain merge."""
    learners, plain = _learners(), dict[str, LearnerState]()
    for step, event in enumerate(events):
        learners.apply(7, event)
        plain[event.learner_key] = merge(plain.get(event.learner_key), event)
        if step in folds:
            _refold(learners.states)
    for key in ALL:
        assert _essence(learners.states.get(key)) == _essence(plain.get(key))
    assert learners.interactions == sum(
        len(kinds) for state in plain.values() for kinds in state.interactions.values()
    )


@given(EVENTS)
def test_the_running_trend_is_that_of_the_states(events: list[Learner | Interaction]) -> None:
    """Taking old terms away and adding new ones ends where adding up the final states does."""
    learners = _learners()
    for event in events:
        learners.apply(0, event)
    _refold(learners.states)
    fresh = _learners(learners.states)
    np.testing.assert_allclose(learners.trends(), fresh.trends(), rtol=1e-6)


def test_a_restart_has_the_same_histories() -> None:
    """In the same order, also of what was done at the same time, whichever came first."""
    learners = _learners()
    for credential_id in ("c2", "c3", "c1"):
        learners.apply(0, interaction("l1", credential_id, "enroll", 0))
    _refold(learners.states)
    assert _histories(_learners(learners.states)) == _histories(learners)


@given(EVENTS)
def test_tastes_of_columns_are_those_of_the_states(events: list[Learner | Interaction]) -> None:
    """The vectorised tastes are the ones that ranking uses, learner by learner."""
    learners = _learners()
    for event in events:
        learners.apply(0, event)
    _refold(learners.states)
    columns, ids = learners.states.columns, learners.states.credentials
    found = {
        (place, ids.ids[row], weight, when)
        for rows in taste_rows(columns)
        for place, row, weight, when in zip(*(part.tolist() for part in rows), strict=True)
    }
    expected = {
        (place, taste.credential_id, taste.weight, taste.at)
        for place in range(len(columns))
        for taste in tastes(columns.state(place, ids).interactions)
    }
    assert found == expected


def test_repeated_and_reordered_events_change_nothing() -> None:
    """Duplicates are not counted as changes, and another order ends in the same columns."""
    events = [
        interaction("l1", f"c{i % 5}", kind, i) for i in range(40) for kind in ("view", "save")
    ]
    one, other = _learners(), _learners()
    for event in events:
        one.apply(0, event)
    counted = one.events
    for event in events:
        one.apply(0, event)
    for event in reversed(events):
        other.apply(0, event)
    assert one.events == counted
    assert _essence(one.states.get("l1")) == _essence(other.states.get("l1"))
    np.testing.assert_allclose(one.trends()[0], other.trends()[other.states.credentials.row("c0")])


@pytest.mark.parametrize("end", [{"erased": True}, {"yes": False}])
def test_erasure_and_withdrawn_consent_leave_nothing(end: dict[str, bool]) -> None:
    """The columns that the next fit and the next save read have no interaction of the learner left."""
    learners = _learners()
    for event in (snapshot("l1", 1), interaction("l1", "c1", "complete", 1)):
        learners.apply(0, event)
    _refold(learners.states)
    assert len(learners.states.columns.at) == 1
    learners.apply(0, snapshot("l1", 2, 10, **end))
    learners.apply(0, interaction("l1", "c2", "view", 11))
    _refold(learners.states)
    assert len(learners.states.columns.at) == 0
    assert learners.interactions == 0
    assert (learners.trends() == NOTHING).all()
    assert _essence(learners.states.get("l1")) is not None


def test_old_markers_are_forgotten() -> None:
    """An empty marker leaves the columns once no event that it holds off can be in the log."""
    learners = _learners()
    learners.apply(0, snapshot("gone", 1, 0, erased=True))
    learners.apply(0, snapshot("here", 1, 0))
    learners.apply(0, snapshot("recent", 1, 9, yes=False))
    _refold(learners.states, forget_before=round(at(5).timestamp() * 1000))
    known = [key for key in ("gone", "here", "recent") if learners.states.get(key)]
    assert known == ["here", "recent"]


def test_changes_that_could_not_be_folded_are_not_lost() -> None:
    """After a failed save the frozen changes are changes again, the newer ones above them."""
    learners = _learners()
    learners.apply(0, interaction("l1", "c1", "view", 1))
    learners.apply(0, interaction("l2", "c1", "view", 1))
    learners.states.freeze()
    learners.apply(0, interaction("l1", "c2", "view", 2))
    learners.states.thaw()
    _refold(learners.states)
    assert set(learners.states.get("l1").interactions) == {"c1", "c2"}
    assert set(learners.states.get("l2").interactions) == {"c1"}


def test_a_million_interactions_cost_what_is_documented() -> None:
    """13 bytes per interaction and under 100 per learner, so 10 interactions each stay below 24 MB per million."""
    learners, ids = 200, Credentials()
    states = [
        LearnerState(f"{n:032x}", 0, interactions={f"c{i}": {"view": i} for i in range(10)})
        for n in range(learners)
    ]
    columns = of_states([(0, state) for state in states], ids)
    size = sum(getattr(columns, name).nbytes for name in columns.__slots__)
    assert size / (learners * 10) < 24
