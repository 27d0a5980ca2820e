"""The learner, from registration to erasure: each function gives the next snapshot.

A change raises `revision` by one; what changes nothing gives the very same learner back.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from libs.common.contracts.calls import LearnerBody, SelfReported
from libs.common.contracts.profile import (
    Consent,
    HeldCredential,
    Learner,
    LearnerProfile,
)

_PROFILE_FIELDS = LearnerProfile.__struct_fields__
# States and Redis keep time in milliseconds, so moments of consent must differ by one.
_TICK = timedelta(milliseconds=1)


def created(
    partner_id: str,
    learner_id: str,
    body: LearnerBody,
    *,
    learner_key: str,
    at: datetime,
    before: Learner | None = None,
) -> Learner:
    """A new learner under a key that nobody has had before.

    `before` is the erased learner whom the id meant; revisions go on from theirs, because the lookup
    in Redis ignores a lower one.
    """
    return Learner(
        learner_key=learner_key,
        revision=1 if before is None else before.revision + 1,
        consent_changed_at=at,
        partner_id=partner_id,
        learner_id=learner_id,
        consent=_consent(Consent(), body),
        **_fields(body),
    )


def replaced(learner: Learner, body: LearnerBody, *, at: datetime) -> Learner:
    """The learner with another profile: what the body omits becomes empty, but consent stays."""
    consent = _consent(learner.consent, body)
    agreed = consent.personalization == learner.consent.personalization
    changed = msgspec.structs.replace(
        learner,
        consent=consent,
        consent_changed_at=learner.consent_changed_at if agreed else _rising(learner, at),
        **_fields(body),
    )
    return _next(learner, changed)


def holding(learner: Learner, reported: SelfReported) -> Learner:
    """The learner with a credential that they say they hold; a date once given is not forgotten, and what a badge says
    is not overruled."""
    credentials = held(learner)
    known = credentials.get(reported.credential_id) or HeldCredential(
        credential_id=reported.credential_id, status="self_reported"
    )
    if known.verified_at is None:
        known = msgspec.structs.replace(known, awarded_at=reported.awarded_at or known.awarded_at)
    credentials[known.credential_id] = known
    changed = msgspec.structs.replace(learner, held_credentials=list(credentials.values()))
    return _next(learner, changed)


def held(learner: Learner) -> dict[str, HeldCredential]:
    """What the learner holds, by credential id."""
    return {credential.credential_id: credential for credential in learner.held_credentials}


def erased(learner: Learner, *, at: datetime) -> Learner:
    """What is left of an erased learner: the key, without anything that says whose it was."""
    return Learner(
        learner_key=learner.learner_key,
        revision=learner.revision + 1,
        consent_changed_at=_rising(learner, at),
        erased=True,
        consent=Consent(personalization=False, team_sharing=False),
    )


def profile_of(learner: Learner) -> LearnerProfile:
    """The part of a snapshot that the learner says of themself."""
    return LearnerProfile(**_fields(learner))


def _fields(profile: LearnerProfile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in _PROFILE_FIELDS}


def _consent(before: Consent, body: LearnerBody) -> Consent:
    given = {
        name: choice
        for name in Consent.__struct_fields__
        if (choice := getattr(body.consent, name)) is not msgspec.UNSET
    }
    return msgspec.structs.replace(before, **given)


def _rising(learner: Learner, at: datetime) -> datetime:
    return max(at, learner.consent_changed_at + _TICK)


def _next(before: Learner, after: Learner) -> Learner:
    if after == before:
        return before
    return msgspec.structs.replace(after, revision=before.revision + 1)
