"""Creating, reading, changing and erasing a learner."""

import secrets

import msgspec

from libs.common.contracts.calls import LearnerBody, LearnerRef, SelfReported
from libs.common.contracts.profile import HeldCredential, Learner
from libs.common.errors import NotFound, TooLarge
from services.profile.domain import learner as domain
from services.profile.domain.acceptance import ERASED
from services.profile.usecases.if_match import refuse_unless_matched
from services.profile.usecases.ports import Store

# A snapshot must fit into one Kafka record (8 MiB); a body of 1 MB may grow to this by its defaults.
LARGEST_SNAPSHOT = 4 * 1024 * 1024


class Learners:
    """Every method raises NotFound (`learner_not_found`) for whom it does not know or has erased."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, partner_id: str, learner_id: str) -> Learner:
        """The learner as last published, or about to be."""
        return living(await self._store.find(partner_id, learner_id))

    async def ref(self, partner_id: str, learner_id: str) -> LearnerRef:
        """Where the learner's state is to be found. NotFound says `learner_erased` of an erased one."""
        known = await self._store.find(partner_id, learner_id)
        if known is not None and known.erased:
            raise NotFound(ERASED.detail or "", code=ERASED.code)
        learner = living(known)
        return LearnerRef(
            learner_key=learner.learner_key,
            revision=learner.revision,
            personalization=learner.consent.personalization,
        )

    async def put(
        self, partner_id: str, learner_id: str, body: LearnerBody, if_match: str | None
    ) -> tuple[Learner, bool]:
        """Creates or replaces; the learner, and whether they are new. Never raises NotFound."""
        while True:
            async with self._store.locked(partner_id, learner_id) as row:
                known = None if row.learner is None or row.learner.erased else row.learner
                refuse_unless_matched(if_match, known)
                if known is not None:
                    changed = fitting(domain.replaced(known, body, at=row.now))
                    if changed is not known:
                        await row.save(changed)
                    return changed, False
                new = domain.created(
                    partner_id,
                    learner_id,
                    body,
                    learner_key=new_key(),
                    at=row.now,
                    before=row.learner,
                )
                created = fitting(new)
                if await row.insert(created):
                    return created, True

    async def report(
        self, partner_id: str, learner_id: str, reported: SelfReported
    ) -> HeldCredential:
        """Adds a credential that the learner says they hold; the same again changes nothing."""
        async with self._store.locked(partner_id, learner_id) as row:
            known = living(row.learner)
            changed = fitting(domain.holding(known, reported))
            if changed is not known:
                await row.save(changed)
            return domain.held(changed)[reported.credential_id]

    async def erase(self, partner_id: str, learner_id: str, if_match: str | None) -> None:
        """Leaves nothing of the learner but the key, and the id that late events are refused by."""
        async with self._store.locked(partner_id, learner_id) as row:
            known = living(row.learner)
            refuse_unless_matched(if_match, known)
            await row.delete_badges()
            await row.save(domain.erased(known, at=row.now))


def new_key() -> str:
    """A pseudonym: 128 random bits that say nothing of whose they are."""
    return secrets.token_urlsafe(16)


def living(learner: Learner | None) -> Learner:
    """The learner. Raises NotFound (`learner_not_found`) for nobody, or one who is erased."""
    if learner is None or learner.erased:
        raise NotFound("there is no such learner", code="learner_not_found")
    return learner


def fitting(learner: Learner) -> Learner:
    """The learner. Raises TooLarge for one whose snapshot Kafka would not take."""
    size = len(msgspec.json.encode(learner))
    if size > LARGEST_SNAPSHOT:
        raise TooLarge(f"a learner of {size} bytes; at most {LARGEST_SNAPSHOT} can be kept")
    return learner
