"""Badges that a learner holds: what of them counts, and what their checks have found."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from libs.common.contracts.calls import (
    HeldAnswer,
    MatchedBy,
    Verification,
    VerificationEntry,
    VerificationStatus,
)
from libs.common.contracts.profile import HeldCredential, Learner

HeldStatus = Literal["verified", "self_reported", "expired", "revoked"]
# A list that cannot be reached leaves a badge a claim, never verified; a key that no longer stands for its issuer's
# signature has been taken back by them.
COUNTS_AS: dict[VerificationStatus, HeldStatus] = {
    "verified": "verified",
    "unknown": "self_reported",
    "expired": "expired",
    "revoked": "revoked",
    "invalid": "revoked",
}
SUBJECT = "subject"
# Entries of a log are told apart by their beginning.
_TICK = timedelta(milliseconds=1)
_BEST_FIRST: tuple[HeldStatus, ...] = ("verified", "self_reported", "expired", "revoked")


class Match(Struct, frozen=True, kw_only=True):
    """What a badge is to the catalog: one of its credentials, or skills (`credential_id` is then the badge's own)."""

    credential_id: str
    by: MatchedBy | None = None
    skills: list[str] = []


class Badge(Struct, frozen=True, kw_only=True):
    """A badge that has been verified once. `id` is that of its content; `log`, the newest entry first, is never
    empty; `verified_at` is when it last was."""

    id: str
    match: Match
    awarded_at: datetime | None
    verified_at: datetime
    log: list[VerificationEntry]

    @property
    def status(self) -> HeldStatus:
        """What it counts as."""
        return COUNTS_AS[self.log[0].status]


def is_anothers(found: Verification) -> bool:
    """Whether it was handed in for somebody who is not its recipient."""
    return any(step.step == SUBJECT and step.passed is False for step in found.steps)


def of_itself(found: Verification) -> Verification:
    """Without whose it is, which is asked when it is handed in and never again."""
    return replace(found, steps=[step for step in found.steps if step.step != SUBJECT])


def checked(log: list[VerificationEntry], found: Verification, at: datetime) -> VerificationEntry:
    """The newest entry after a check: the last one prolonged when nothing has changed, else another."""
    if log and (log[0].status, log[0].steps) == (found.status, found.steps):
        return replace(log[0], checked_at=max(at, log[0].checked_at))
    since = at if not log else max(at, log[0].checked_at + _TICK)
    return VerificationEntry(status=found.status, steps=found.steps, since=since, checked_at=since)


def with_badges(learner: Learner, badges: Iterable[Badge]) -> Learner:
    """The learner with what their badges say in place of what earlier badges said; the same learner if that is the same.

    What they reported themself stays, but where a badge speaks of the same credential.
    """
    held = {h.credential_id: h for h in learner.held_credentials if h.verified_at is None}
    held |= {badge.match.credential_id: _held(badge) for badge in deciding(badges).values()}
    before = {each.credential_id: each for each in learner.held_credentials}
    if held == before:
        return learner
    return replace(learner, held_credentials=list(held.values()), revision=learner.revision + 1)


def deciding(badges: Iterable[Badge]) -> dict[str, Badge]:
    """Of several badges for one credential the best, then the newest, by credential id."""
    found: dict[str, Badge] = {}
    for badge in sorted(badges, key=lambda each: (each.verified_at, each.id)):
        known = found.get(badge.match.credential_id)
        if known is None or _rank(badge) <= _rank(known):
            found[badge.match.credential_id] = badge
    return found


def answered(held: HeldCredential, badge: Badge | None) -> HeldAnswer:
    """A held credential as it is answered, with the log of the badge that speaks for it."""
    shown = HeldAnswer(**{name: getattr(held, name) for name in HeldCredential.__struct_fields__})
    if badge is None:
        return shown
    newest = badge.log[0]
    return replace(
        shown,
        matched_by=badge.match.by,
        verification=Verification(status=newest.status, steps=newest.steps),
        verification_log=badge.log,
    )


def _held(badge: Badge) -> HeldCredential:
    return HeldCredential(
        credential_id=badge.match.credential_id,
        status=badge.status,
        awarded_at=badge.awarded_at,
        verified_at=badge.verified_at,
        skills=badge.match.skills,
    )


def _rank(badge: Badge) -> int:
    return _BEST_FIRST.index(badge.status)
