"""Creating, changing and erasing learners in PostgreSQL."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.clock import now
from libs.common.contracts.calls import LearnerBody, SelfReported
from libs.common.contracts.profile import Budget, HeldCredential, HeldSkill
from libs.common.errors import NotFound, PreconditionFailed, TooLarge
from services.profile.store.learners import LearnerStore
from services.profile.store.tables import identity, learner
from services.profile.usecases.learners import LARGEST_SNAPSHOT, Learners
from tests.unit.profile.factories import MOMENT, consent, new_id

FULL = LearnerBody(
    skills=[HeldSkill(id="http://data.europa.eu/esco/skill/é ☂", level=0.3)],
    target_occupation="a%2Fb",
    region="US-CA",
    languages=["en", "pt-BR"],
    budget=Budget(amount=Decimal("49.50")),
    hours_per_week=5,
    deadline_weeks=12,
    delivery=["online"],
    income_band="low",
    groups={"gender": "woman"},
)


async def test_what_was_put_is_what_is_read(learners: Learners):
    """Every field of a learner survives the database."""
    put, new = await learners.put("p", learner_id := new_id("ü/ 世界"), FULL, None)
    await learners.report("p", learner_id, SelfReported(credential_id="c", awarded_at=MOMENT))
    read = await learners.get("p", learner_id)
    assert new
    assert (read.partner_id, read.learner_id, read.revision) == ("p", learner_id, 2)
    assert read.skills == FULL.skills
    assert read.budget == FULL.budget
    assert read.groups == FULL.groups
    assert read.consent_changed_at == put.consent_changed_at
    assert [(h.credential_id, h.awarded_at) for h in read.held_credentials] == [("c", MOMENT)]


async def test_the_same_body_is_not_a_change(learners: Learners):
    """A second PUT of the same body is not new and keeps the revision; another one raises it."""
    learner_id = new_id()
    first, _ = await learners.put("p", learner_id, FULL, None)
    assert await learners.put("p", learner_id, FULL, None) == (first, False)
    other, new = await learners.put("p", learner_id, LearnerBody(), None)
    assert (other.revision, other.learner_key, new) == (2, first.learner_key, False)


async def test_consent_changed_at_is_the_databases_time(learners: Learners, engine: AsyncEngine):
    """Creation and withdrawal are dated by PostgreSQL, in whole milliseconds."""
    learner_id = new_id()
    async with engine.connect() as connection:
        before = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    created, _ = await learners.put("p", learner_id, LearnerBody(), None)
    withdrawn, _ = await learners.put("p", learner_id, consent(False), None)
    assert before - timedelta(milliseconds=1) <= created.consent_changed_at
    assert created.consent_changed_at < withdrawn.consent_changed_at <= now()
    assert withdrawn.consent_changed_at.microsecond % 1000 == 0


async def test_if_match(learners: Learners):
    """If-Match names the revision: another one, or nobody, is refused and nothing is written."""
    learner_id = new_id()
    with pytest.raises(PreconditionFailed):
        await learners.put("p", learner_id, FULL, "*")
    await learners.put("p", learner_id, FULL, None)
    for stale in ('"2"', 'W/"1"', "1", ""):
        with pytest.raises(PreconditionFailed):
            await learners.put("p", learner_id, LearnerBody(), stale)
        with pytest.raises(PreconditionFailed):
            await learners.erase("p", learner_id, stale)
    assert (await learners.get("p", learner_id)).revision == 1
    changed, _ = await learners.put("p", learner_id, LearnerBody(), '"7", "1"')
    assert changed.revision == 2


async def test_concurrent_changes_all_count(learners: Learners):
    """Twenty reports at once leave twenty credentials and as many revisions."""
    learner_id = new_id()
    await learners.put("p", learner_id, LearnerBody(), None)
    reports = [SelfReported(credential_id=f"c{n}") for n in range(20)]
    await asyncio.gather(*(learners.report("p", learner_id, report) for report in reports))
    read = await learners.get("p", learner_id)
    assert {h.credential_id for h in read.held_credentials} == {f"c{n}" for n in range(20)}
    assert read.revision == 21


async def test_concurrent_creation_makes_one_learner(learners: Learners):
    """Ten first PUTs at once: one creates, all speak of the same learner."""
    learner_id = new_id()
    answers = await asyncio.gather(
        *(learners.put("p", learner_id, LearnerBody(), None) for _ in range(10))
    )
    assert sum(new for _, new in answers) == 1
    assert len({learner.learner_key for learner, _ in answers}) == 1


async def test_partners_are_apart(learners: Learners):
    """The same learner id of two partners is two learners; erasing one leaves the other."""
    learner_id = new_id()
    ours, _ = await learners.put("p", learner_id, FULL, None)
    theirs, _ = await learners.put("q", learner_id, LearnerBody(), None)
    assert ours.learner_key != theirs.learner_key
    await learners.erase("p", learner_id, None)
    assert await learners.get("q", learner_id) == theirs


async def test_ids_that_join_alike_are_apart(learners: Learners):
    """Partner `ab` with learner `c` is not partner `a` with learner `bc`."""
    rest = new_id()
    one, _ = await learners.put("ab", rest, LearnerBody(), None)
    with pytest.raises(NotFound):
        await learners.get("a", "b" + rest)
    assert (await learners.get("ab", rest)).learner_key == one.learner_key


async def test_an_erased_learner_is_gone(learners: Learners):
    """After erasure every question about the id is answered with learner_not_found; only its key is said to be erased."""
    learner_id = new_id()
    await learners.put("p", learner_id, FULL, None)
    await learners.erase("p", learner_id, None)
    for ask in (
        learners.get("p", learner_id),
        learners.report("p", learner_id, SelfReported(credential_id="c")),
        learners.erase("p", learner_id, None),
        learners.erase("p", new_id("never"), None),
    ):
        with pytest.raises(NotFound) as refused:
            await ask
        assert refused.value.code == "learner_not_found"
    with pytest.raises(NotFound) as refused:
        await learners.ref("p", learner_id)
    assert refused.value.code == "learner_erased"


async def test_erasure_leaves_only_the_key_and_the_id(learners: Learners, engine: AsyncEngine):
    """The row of an erased learner keeps nothing personal but the id that late events are refused by."""
    learner_id = new_id()
    put, _ = await learners.put("p", learner_id, FULL, None)
    await learners.report("p", learner_id, SelfReported(credential_id="c"))
    await learners.erase("p", learner_id, None)
    row = await _row(engine, put.learner_key)
    assert (row["held_credentials"], row["learner_id"]) == ("[]", learner_id)
    assert "esco" not in row["profile"]
    assert "woman" not in row["profile"]
    assert (row["erased"], row["personalization"], row["revision"]) == (True, False, 3)


async def test_a_put_after_erasure_makes_a_new_learner(learners: Learners, engine: AsyncEngine):
    """The id means a new learner with a new key; the erased row stays, and no longer knows whose it was."""
    learner_id = new_id()
    old, _ = await learners.put("p", learner_id, FULL, None)
    await learners.erase("p", learner_id, None)
    answers = await asyncio.gather(
        *(learners.put("p", learner_id, LearnerBody(), None) for _ in range(5))
    )
    keys = {learner.learner_key for learner, _ in answers}
    assert sum(new for _, new in answers) == 1
    assert len(keys) == 1
    assert old.learner_key not in keys
    erased = await _row(engine, old.learner_key)
    assert erased["erased"]
    assert (erased["identity"], erased["partner_id"], erased["learner_id"]) == (None, None, None)


async def test_ids_are_forgotten_after_30_days(
    learners: Learners, store: LearnerStore, engine: AsyncEngine
):
    """The id of an erased learner goes after 30 days and not before; living learners keep theirs."""
    old, recent, living = new_id(), new_id(), new_id()
    keys = {}
    for learner_id in (old, recent, living):
        put, _ = await learners.put("p", learner_id, LearnerBody(), None)
        keys[learner_id] = put.learner_key
    for learner_id in (old, recent):
        await learners.erase("p", learner_id, None)
    await _set_back(engine, old, timedelta(days=30))
    await _set_back(engine, recent, timedelta(days=29, hours=23))
    await _set_back(engine, living, timedelta(days=400))
    assert await store.forget_erased() == 1
    assert (await _row(engine, keys[old]))["learner_id"] is None
    assert (await _row(engine, keys[old]))["erased"]
    assert (await _row(engine, keys[recent]))["learner_id"] == recent
    assert (await learners.get("p", living)).learner_key == keys[living]


async def test_a_learner_too_large_for_a_record_is_refused(learners: Learners):
    """What could not be published is refused, at once and when it grows by reports."""
    learner_id = new_id()
    one = HeldSkill(id="s" * 500)
    most = LARGEST_SNAPSHOT // len(msgspec.json.encode(one) + b",") - 1
    await learners.put("p", learner_id, LearnerBody(skills=[one] * most), None)
    with pytest.raises(TooLarge):
        await learners.put("p", learner_id, LearnerBody(skills=[one] * (most + 2)), None)
    reports = [SelfReported(credential_id=f"{n}" + "c" * 490) for n in range(5)]
    done = [await _tried(learners.report("p", learner_id, report)) for report in reports]
    assert TooLarge in done
    assert len((await learners.get("p", learner_id)).held_credentials) == done.count(HeldCredential)


async def _tried(call: Awaitable[object]) -> type:
    try:
        return type(await call)
    except TooLarge:
        return TooLarge


async def test_ids_as_long_as_the_contract_allows(learners: Learners):
    """Ids of 500 four-byte characters are as good as any."""
    partner_id, learner_id = "🧭" * 500, new_id("🎓" * 480)
    put, _ = await learners.put(partner_id, learner_id, LearnerBody(), None)
    assert await learners.get(partner_id, learner_id) == put


async def _row(engine: AsyncEngine, learner_key: str):
    async with engine.connect() as connection:
        found = await connection.execute(
            select(learner).where(learner.c.learner_key == learner_key)
        )
        return found.mappings().one()


async def _set_back(engine: AsyncEngine, learner_id: str, age: timedelta) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            update(learner)
            .where(learner.c.identity == identity("p", learner_id))
            .values(consent_changed_at=func.now() - age)
        )
