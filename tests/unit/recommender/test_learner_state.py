"""The merge of events into a learner's state (contracts.md 3 and 5)."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.profile import HeldCredential, Interaction, Kind, Learner
from libs.common.contracts.redis_values import LearnerState, Packed, pack
from libs.common.contracts.types import milliseconds
from services.recommender.domain import learner_state
from services.recommender.domain.learner_state import Place, merge
from tests.unit.recommender.events import Event, at, erased, interaction, learner

KINDS: list[Kind] = ["view", "save", "unsave", "enroll", "withdraw", "complete", "dismiss"]


def merged(events: list[Event], *, log: str = "log") -> LearnerState:
    """The state after the events, each interaction at the offset of its place in the list."""
    state = None
    for offset, event in enumerate(events):
        state = merge(state, event, place=Place(log, offset), lookup="lookup:1")
    assert state is not None
    return state


def without_position(state: LearnerState) -> LearnerState:
    """The state apart from where it stands in the log, which repetition moves."""
    return LearnerState(
        state.learner_key,
        state.consent_changed_at,
        erased=state.erased,
        consented=state.consented,
        profile=state.profile,
        interactions=state.interactions,
    )


def directly(events: list[Event], cap: int) -> LearnerState:
    """The state written down from the rules, all events in view at once."""
    newest = max(milliseconds(event.consent_changed_at) for event in events)
    snapshots = [event for event in events if isinstance(event, Learner)]
    if any(snapshot.erased for snapshot in snapshots):
        return LearnerState("key-1", newest, erased=True, consented=False)
    current = [s for s in snapshots if milliseconds(s.consent_changed_at) == newest]
    if any(not snapshot.consent.personalization for snapshot in current):
        return LearnerState("key-1", newest, consented=False)
    profile = None
    if current:
        last = max(current, key=lambda snapshot: snapshot.revision)
        profile = merge(None, last).profile
    times: dict[tuple[str, Kind], int] = defaultdict(int)
    for event in events:
        if isinstance(event, Interaction) and milliseconds(event.consent_changed_at) == newest:
            pair = event.credential_id, event.kind
            times[pair] = max(times[pair], milliseconds(event.occurred_at))
    passing = [pair for pair in times if pair[1] not in ("complete", "dismiss")]
    passing.sort(key=lambda pair: (-times[pair], pair))
    interactions: dict[str, dict[Kind, int]] = {}
    for credential_id, kind in set(times) - set(passing[cap:]):
        interactions.setdefault(credential_id, {})[kind] = times[credential_id, kind]
    return LearnerState("key-1", newest, profile=profile, interactions=interactions)


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """What profile may publish of one learner: consent changes, edits, interactions, perhaps an end."""
    events: list[Event] = []
    consent, revision = 0, 0
    for change in draw(st.lists(st.booleans(), min_size=1, max_size=4)):
        consent += 1
        for _ in range(draw(st.integers(0, 2))):
            revision += 1
            snapshot = learner(
                personalization=change, revision=revision, consent_changed_at=at(consent)
            )
            events.append(snapshot)
        events += [
            interaction(
                draw(st.sampled_from("abcde")),
                draw(st.sampled_from(KINDS)),
                occurred_at=at(draw(st.integers(-5, 5))),
                consent_changed_at=at(consent),
            )
            for _ in range(draw(st.integers(0, 12)))
        ]
    if draw(st.integers(0, 9)) == 0:
        events.append(erased(revision=revision + 1, consent_changed_at=at(consent + 1)))
    return events or [learner(consent_changed_at=at(1))]


@given(life=lives(), shuffle=st.randoms(use_true_random=False), cap=st.integers(1, 8))
def test_any_order_and_repetition_gives_the_state_of_the_unique_events(
    life: list[Event], shuffle, cap: int
) -> None:
    """Shuffled and with half of them repeated, the events give what the rules say of them directly."""
    events = life + shuffle.sample(life, len(life) // 2)
    shuffle.shuffle(events)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learner_state, "CAP", cap)
        assert without_position(merged(events)) == directly(life, cap)


@given(life=lives(), shuffle=st.randoms(use_true_random=False))
def test_the_position_is_that_of_the_newest_interaction(life: list[Event], shuffle) -> None:
    """Whatever the order, position and as_of are those of the interaction with the highest offset."""
    placed = list(enumerate(life))
    last = max((o for o, e in placed if isinstance(e, Interaction)), default=None)
    shuffle.shuffle(placed)
    state = None
    for offset, event in placed:
        state = merge(state, event, place=Place("log", offset))
    assert state is not None
    if state.erased or last is None:
        assert (state.position, state.as_of) == (None, None)
    else:
        assert (state.position, state.as_of) == (last, milliseconds(life[last].accepted_at))


def test_an_event_that_changes_nothing_moves_only_the_position() -> None:
    """A repeated interaction advances position and as_of and leaves the rest."""
    before = merged([learner(), interaction()])
    after = merge(before, interaction(accepted_at=at(7)), place=Place("log", 9))
    assert (after.position, after.as_of) == (9, milliseconds(at(7)))
    assert without_position(after) == without_position(before)


def test_the_same_record_again_gives_the_very_same_object() -> None:
    """Who keeps statistics can see by identity that nothing has changed."""
    event = interaction()
    before = merge(None, event, place=Place("log", 3))
    assert merge(before, event, place=Place("log", 3)) is before


def test_a_position_of_another_log_does_not_hold_back_a_new_one() -> None:
    """After the log was replaced, the position counts in the new log, even where it is smaller."""
    before = merge(None, interaction(), place=Place("old", 500))
    after = merge(before, interaction("c2"), place=Place("new", 2))
    assert (after.log, after.position) == ("new", 2)


def test_what_is_completed_or_dismissed_outlives_the_cap() -> None:
    """Of 600 views the newest 512 stay, of the completed and dismissed all."""
    ended = [interaction(f"e{i}", kind) for i in range(40) for kind in ("complete", "dismiss")]
    views = [interaction(f"v{i:03}", occurred_at=at(i)) for i in range(600)]
    state = merged([*ended, *views])
    kinds = [kind for kept in state.interactions.values() for kind in kept]
    assert kinds.count("view") == 512
    assert kinds.count("complete") == kinds.count("dismiss") == 40
    assert "v088" in state.interactions
    assert "v087" not in state.interactions


def test_withdrawn_consent_leaves_only_a_marker() -> None:
    """Nothing that the learner did or said stays; a late event of the older consent brings nothing back."""
    state = merged(
        [
            learner(target_occupation="o1"),
            interaction(),
            learner(personalization=False, revision=2, consent_changed_at=at(2)),
            interaction("c2"),
        ]
    )
    assert (state.consented, state.profile, state.interactions) == (False, None, {})


def test_consent_given_again_counts_only_later_events() -> None:
    """After withdrawal and renewal only what was accepted under the new consent counts."""
    state = merged(
        [
            learner(),
            interaction("old"),
            learner(personalization=False, revision=2, consent_changed_at=at(2)),
            interaction("new", consent_changed_at=at(3)),
            learner(revision=3, consent_changed_at=at(3)),
            interaction("late"),
        ]
    )
    assert list(state.interactions) == ["new"]
    assert state.profile is not None
    assert state.profile.revision == 3


def test_an_erased_learner_never_comes_back() -> None:
    """Neither a late interaction, nor an older snapshot, nor a later one under the same key undoes an erasure."""
    late = interaction(consent_changed_at=at(20))
    state = merged([learner(), interaction(), erased(), late, learner(revision=99)])
    assert without_position(state) == LearnerState(
        "key-1", milliseconds(at(9)), erased=True, consented=False
    )
    assert (state.position, state.lookup, state.partner_id) == (None, None, None)


def test_a_snapshot_carries_what_ranking_needs() -> None:
    """Goal, held credentials and revision of the newest snapshot are in the state."""
    held = [HeldCredential(credential_id="c7", status="verified")]
    state = merged(
        [learner(revision=4, target_occupation="o1", held_credentials=held), learner(revision=3)]
    )
    assert state.profile is not None
    assert state.profile.revision == 4
    assert state.profile.profile.target_occupation == "o1"
    assert state.profile.held_credentials == held
    assert (state.partner_id, state.lookup) == ("partner", "lookup:1")


def test_a_state_survives_packing() -> None:
    """What is read from Redis is what was written."""
    state = merged([learner(), *(interaction(kind=kind) for kind in KINDS)])
    assert Packed(LearnerState).unpack(pack(state)) == state


def test_a_snapshot_with_a_lower_revision_is_ignored() -> None:
    """Of two snapshots the higher revision stays, in both orders."""
    first, second = learner(revision=1, region="DE"), learner(revision=2, region="FR")
    for events in ([first, second], [second, first]):
        profile = merged(list(events)).profile
        assert profile is not None
        assert profile.profile.region == "FR"


def test_an_interaction_before_1970_counts() -> None:
    """A degree may be that old."""
    long_ago = datetime(1965, 6, 1, tzinfo=UTC)
    state = merged([interaction("c", "complete", occurred_at=long_ago)])
    assert state.interactions == {"c": {"complete": milliseconds(long_ago)}}
