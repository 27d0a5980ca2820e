"""States from an archive joined with others, by the rules of events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.common.contracts.profile import Learner
from libs.common.contracts.redis_values import LearnerState
from services.recommender.domain import learner_state
from services.recommender.domain.learner_state import Place, join, merge
from tests.unit.recommender.events import Event, at, erased, interaction, learner
from tests.unit.recommender.test_learner_state import directly, lives, merged, without_position


def archived(*events: Event) -> LearnerState:
    """What the trainer keeps of these events: no profile, and nothing about where they stood."""
    return replace(without_position(merged(list(events))), profile=None)


@given(life=lives(), chance=st.randoms(use_true_random=False), cap=st.integers(1, 8))
def test_whatever_is_archived_the_state_is_that_of_all_events(
    life: list[Event], chance, cap: int
) -> None:
    """Any part of a life in the archive, the rest and all snapshots from the logs, joined at any moment and twice."""
    part = [event for event in life if chance.random() < 0.5]
    rest = [event for event in life if event not in part or isinstance(event, Learner)]
    rest += [event for event in part if chance.random() < 0.2]
    chance.shuffle(rest)
    moment = chance.randint(0, len(rest))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learner_state, "CAP", cap)
        state = None
        for event in rest[:moment]:
            state = merge(state, event)
        for _ in range(2 if part else 0):
            state = join(state, archived(*part), place=Place("log", 3))
        for event in rest[moment:]:
            state = merge(state, event)
        assert state is not None
        assert without_position(state) == directly(life, cap)


def test_what_is_known_gives_the_very_same_object() -> None:
    """Nothing is written for a learner of whom the archive knows nothing new."""
    state = merged([learner(), interaction(), interaction("c2", "save")])
    assert join(state, archived(interaction())) is state
    assert join(state, archived(learner())) is state
    gone = merged([erased()])
    assert join(gone, archived(interaction())) is gone


def test_the_position_is_the_archives_where_the_log_goes_on_from_it() -> None:
    """It includes everything up to there; when that was accepted is not known. Otherwise there is none."""
    state = join(merge(None, learner()), archived(interaction()), place=Place("log", 7))
    assert (state.position, state.log, state.as_of) == (7, "log", None)
    state = merge(state, interaction("c2", occurred_at=at(2)), place=Place("log", 9))
    assert state.position == 9
    assert join(merge(None, learner()), archived(interaction())).position is None


def test_an_archived_erasure_keeps_the_lookup_to_be_emptied() -> None:
    """The snapshot of the erasure, which comes again, finds out where the learner was looked up."""
    state = join(merge(None, learner(), lookup="lookup:1"), archived(erased()))
    assert (state.erased, state.lookup, state.profile) == (True, "lookup:1", None)
    assert merge(state, erased()).lookup is None
