"""A learner's state as a pure function of the unique events, in any order and with any repetition.

Which events count (contracts.md 3 and 5): those of the newest consent seen, from a snapshot or an
interaction; none once a snapshot of that consent has said no; none ever after an erasure, whose
learner key is never used again.
"""

import heapq
from typing import NamedTuple

from msgspec.structs import replace

from libs.common.contracts.profile import Interaction, Kind, Learner, LearnerProfile
from libs.common.contracts.redis_values import LearnerState, ProfileState
from libs.common.contracts.types import milliseconds

Interactions = dict[str, dict[Kind, int]]

KEPT_FOR_EVER: frozenset[Kind] = frozenset({"complete", "dismiss"})
CAP = 512
"""How many (credential, kind) are kept beside those; the newest, ties by credential id and kind."""

_PROFILE_FIELDS = LearnerProfile.__struct_fields__


class Place(NamedTuple):
    """Where an interaction stands: the id of its log and its offset there."""

    log: str
    offset: int


def merge(
    state: LearnerState | None,
    event: Learner | Interaction,
    *,
    place: Place | None = None,
    lookup: str | None = None,
) -> LearnerState:
    """The state with one more event; the very same object when the event changes nothing.

    `place` is an interaction's, `lookup` the key that leads to a snapshot's learner.
    """
    if isinstance(event, Learner):
        return _with_snapshot(state, event, lookup)
    return _with_interaction(state, event, place)


def join(
    state: LearnerState | None, archived: LearnerState, *, place: Place | None = None
) -> LearnerState:
    """The state with all events that `archived` was made of; the very same object when it has them all.

    `archived` has no profile: a snapshot of the learner comes from their log, and whatever its revision
    it must not be taken for known. `place`: up to where in the log `archived` has every interaction, if
    that is the log that is read now. The state then includes them as far as that, and `as_of` is not known.
    """
    state = state or LearnerState(archived.learner_key, archived.consent_changed_at)
    consent = archived.consent_changed_at
    if state.erased or archived.erased:
        newest = max(consent, state.consent_changed_at)
        # The lookup stays until the snapshot of the erasure empties it.
        gone = LearnerState(
            state.learner_key, newest, erased=True, consented=False, lookup=state.lookup
        )
        return _unless_same(state, gone)
    state = _under_consent(state, consent)
    if consent < state.consent_changed_at or not state.consented:
        return state
    if not archived.consented:
        return replace(state, consented=False, profile=None, interactions={})
    if not archived.interactions:
        return state
    both = _capped(_union(state.interactions, archived.interactions))
    if both != state.interactions:
        state = replace(state, interactions=both)
    return _advanced(state, place, state.as_of)


def _union(one: Interactions, other: Interactions) -> Interactions:
    both = {**one, **other}
    for credential_id in one.keys() & other.keys():
        kinds = dict(one[credential_id])
        for kind, at in other[credential_id].items():
            kinds[kind] = max(at, kinds.get(kind, at))
        both[credential_id] = kinds
    return both


def _with_snapshot(
    state: LearnerState | None, learner: Learner, lookup: str | None
) -> LearnerState:
    consent = milliseconds(learner.consent_changed_at)
    state = state or LearnerState(learner.learner_key, consent)
    if state.erased or learner.erased:
        newest = max(consent, state.consent_changed_at)
        return _unless_same(
            state, LearnerState(learner.learner_key, newest, erased=True, consented=False)
        )
    state = _identified(_under_consent(state, consent), learner.partner_id, lookup)
    if consent < state.consent_changed_at or not state.consented:
        return state
    if not learner.consent.personalization:
        return replace(state, consented=False, profile=None, interactions={})
    if state.profile is not None and learner.revision <= state.profile.revision:
        return state
    return replace(state, profile=_profile(learner))


def _with_interaction(
    state: LearnerState | None, interaction: Interaction, place: Place | None
) -> LearnerState:
    consent = milliseconds(interaction.consent_changed_at)
    state = state or LearnerState(interaction.learner_key, consent)
    if state.erased:
        return state
    state = _identified(_under_consent(state, consent), interaction.partner_id, None)
    if consent == state.consent_changed_at and state.consented:
        state = _with_occurrence(
            state,
            interaction.credential_id,
            interaction.kind,
            milliseconds(interaction.occurred_at),
        )
    return _advanced(state, place, milliseconds(interaction.accepted_at))


def _under_consent(state: LearnerState, consent: int) -> LearnerState:
    """A newer consent empties the state; what leads to it and how far it has come stays."""
    if consent <= state.consent_changed_at:
        return state
    return replace(state, consent_changed_at=consent, consented=True, profile=None, interactions={})


def _identified(state: LearnerState, partner_id: str | None, lookup: str | None) -> LearnerState:
    partner_id, lookup = state.partner_id or partner_id, state.lookup or lookup
    if (partner_id, lookup) == (state.partner_id, state.lookup):
        return state
    return replace(state, partner_id=partner_id, lookup=lookup)


def _with_occurrence(
    state: LearnerState, credential_id: str, kind: Kind, occurred_at: int
) -> LearnerState:
    known = state.interactions.get(credential_id, {})
    if kind in known and known[kind] >= occurred_at:
        return state
    interactions = {**state.interactions, credential_id: {**known, kind: occurred_at}}
    return replace(state, interactions=interactions if kind in known else _capped(interactions))


def _capped(interactions: Interactions) -> Interactions:
    kept = sum(map(len, interactions.values()))
    if kept <= CAP:
        return interactions
    passing = [
        (-at, credential_id, kind)
        for credential_id, kinds in interactions.items()
        for kind, at in kinds.items()
        if kind not in KEPT_FOR_EVER
    ]
    if len(passing) <= CAP:
        return interactions
    dropped = {
        (credential_id, kind)
        for _, credential_id, kind in heapq.nlargest(len(passing) - CAP, passing)
    }
    left = {
        credential_id: {k: at for k, at in kinds.items() if (credential_id, k) not in dropped}
        for credential_id, kinds in interactions.items()
    }
    return {credential_id: kinds for credential_id, kinds in left.items() if kinds}


def _advanced(state: LearnerState, place: Place | None, accepted_at: int | None) -> LearnerState:
    if place is None:
        return state
    if state.log == place.log and state.position is not None and state.position >= place.offset:
        return state
    return replace(state, position=place.offset, as_of=accepted_at, log=place.log)


def _profile(learner: Learner) -> ProfileState:
    return ProfileState(
        revision=learner.revision,
        partner_id=learner.partner_id or "",
        learner_id=learner.learner_id or "",
        profile=LearnerProfile(**{name: getattr(learner, name) for name in _PROFILE_FIELDS}),
        consent=learner.consent,
        held_credentials=learner.held_credentials,
    )


def _unless_same(before: LearnerState, after: LearnerState) -> LearnerState:
    return before if after == before else after
