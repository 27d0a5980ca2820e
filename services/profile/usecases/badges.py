"""Badges: taken in once they are verified, matched to the catalog, and checked again from time to time.

Verifying takes a while and holds no lock; what it found is written under the learner's, in one transaction with the
learner's next revision, and only if the learner is still the one for whom it was begun.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from libs.common.clock import Clock
from libs.common.contracts.calls import BadgeAnswer, HeldAnswer
from libs.common.contracts.profile import HeldCredential, Learner
from libs.common.errors import Conflict, NotFound, Unavailable
from services.profile.domain import badges as domain
from services.profile.domain import learner as learners
from services.profile.domain.badges import Badge
from services.profile.usecases.learners import fitting, living
from services.profile.usecases.ports import (
    BadgeStore,
    Document,
    Due,
    Examined,
    Examiner,
    LockedLearner,
    Matching,
    Store,
)

MOST_BADGES = 1_000
# Fewer than the database has connections for: a thousand badges must not keep everyone else waiting.
AT_ONCE = 6
MOST_WAITING = 2_000


class Badges:
    """`recheck`: how long after a check the next one is due. Raises Unavailable while the database is away."""

    def __init__(
        self,
        store: Store,
        badges: BadgeStore,
        examiner: Examiner,
        matching: Matching,
        clock: Clock,
        *,
        recheck: timedelta,
    ) -> None:
        self._store = store
        self._badges = badges
        self._examiner = examiner
        self._matching = matching
        self._clock = clock
        self._recheck = recheck
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def take_in(self, partner_id: str, learner_id: str, document: Document) -> BadgeAnswer:
        """Verifies a badge and, if it is verified, has the learner hold it; the same badge again is a check of it.

        Raises NotFound for an unknown learner, Unavailable while the catalog is not known or too many badges wait, Conflict
        for one badge too many. A badge of another recipient than it was handed in for changes nothing.
        """
        with self._room():
            async with self._turns:
                known = living(await self._store.find(partner_id, learner_id))
            found = await self._examiner.examine(document, self._clock())
            if domain.is_anothers(found.verification):
                return BadgeAnswer(id=found.id, verification=found.verification, held=None)
            async with self._turns, self._store.locked(partner_id, learner_id) as row:
                if living(row.learner).learner_key != known.learner_key:
                    raise NotFound("the learner was erased", code="learner_not_found")
                held = await self._record(row, document, found)
        return BadgeAnswer(id=found.id, verification=found.verification, held=held)

    async def check(self, due: Due) -> None:
        """Checks a badge again; what has changed since is the learner's next revision."""
        with self._room():
            found = await self._examiner.examine(due.document, self._clock())
            async with self._turns, self._store.locked(due.partner_id, due.learner_id) as row:
                if row.learner is not None and row.learner.learner_key == due.learner_key:
                    await self._record(row, due.document, found)

    async def held(self, partner_id: str, learner_id: str) -> list[HeldAnswer]:
        """What the learner holds, with the verification log of what badges speak for."""
        learner = living(await self._store.find(partner_id, learner_id))
        return _answers(learner, await self._badges.of(learner.learner_key))

    async def answer(self, partner_id: str, learner_id: str, held: HeldCredential) -> HeldAnswer:
        """One of them, which perhaps a badge speaks for."""
        answers = await self.held(partner_id, learner_id)
        known = {each.credential_id: each for each in answers}
        return known.get(held.credential_id) or domain.answered(held, None)

    @contextlib.contextmanager
    def _room(self) -> Iterator[None]:
        if problem := self._matching.problem():
            raise Unavailable(problem)
        if self._waiting >= MOST_WAITING:
            raise Unavailable("too many badges are waiting to be verified", retry_after=10)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def _record(
        self, row: LockedLearner, document: Document, found: Examined
    ) -> HeldAnswer | None:
        """What the badge is held as; None for one that is not verified and was not known, which changes nothing."""
        learner = living(row.learner)
        known = {badge.id: badge for badge in await row.badges()}
        badge = self._next(known.get(found.id), found, row.now)
        if badge is None:
            return None
        if badge.id not in known and len(known) >= MOST_BADGES:
            raise Conflict(f"a learner has at most {MOST_BADGES} badges")
        await row.put_badge(badge, document, self._due_at(found, row.now))
        known[badge.id] = badge
        changed = fitting(domain.with_badges(learner, known.values()))
        if changed is not learner:
            await row.save(changed)
        return domain.answered(learners.held(changed)[badge.match.credential_id], badge)

    def _next(self, known: Badge | None, found: Examined, at: datetime) -> Badge | None:
        verified = found.verification.status == "verified"
        if known is None and not verified:
            return None
        log = [] if known is None else known.log
        entry = domain.checked(log, domain.of_itself(found.verification), at)
        rest = log[1:] if log and log[0].since == entry.since else log
        if found.claims is None:  # It cannot even be read any more: what it was stays known.
            return None if known is None else replace(known, log=[entry, *rest])
        return Badge(
            id=found.id,
            match=self._matching.match(found.claims, found.id),
            awarded_at=found.claims.awarded_at,
            verified_at=at if known is None or verified else known.verified_at,
            log=[entry, *rest],
        )

    def _due_at(self, found: Examined, at: datetime) -> datetime:
        """When the period has passed, or at the badge's end, whichever is first."""
        due = at + self._recheck
        ends = None if found.claims is None else found.claims.ends_at
        return due if ends is None or ends <= at else min(due, ends + timedelta(seconds=1))


def _answers(learner: Learner, badges: Sequence[Badge]) -> list[HeldAnswer]:
    speaking = domain.deciding(badges)
    return [
        domain.answered(held, speaking.get(held.credential_id)) for held in learner.held_credentials
    ]
