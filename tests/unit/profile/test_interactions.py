"""Which interactions are accepted, under which consent, and who is registered by them."""

import asyncio
from collections.abc import Sequence

import pytest

from libs.common.clock import now
from libs.common.contracts.calls import LearnerBody, StoredInteractions
from libs.common.contracts.profile import Interaction
from libs.common.errors import NotFound, TryAgain
from services.profile.store.learners import LearnerStore
from services.profile.usecases.interactions import Interactions
from services.profile.usecases.learners import Learners
from tests.unit.profile.conftest import FakeLog
from tests.unit.profile.factories import consent, new_id, viewed


async def test_an_event_is_published_as_sent(
    interactions: Interactions, learners: Learners, log: FakeLog
):
    """An accepted event carries what was sent, the learner's key, and the consent that was read."""
    learner_id = new_id()
    learner, _ = await learners.put("p", learner_id, LearnerBody(), None)
    event = viewed(learner_id, "http://data.europa.eu/esco/skill/é")
    answer = await interactions.accept("p", [event])
    [published] = log.interactions
    assert _codes(answer) == [None]
    assert [result.position for result in answer.results] == [0]
    assert published == Interaction(
        learner_key=learner.learner_key,
        partner_id="p",
        credential_id=event.credential_id,
        kind="view",
        occurred_at=event.occurred_at,
        accepted_at=published.accepted_at,
        consent_changed_at=learner.consent_changed_at,
    )


async def test_each_event_is_answered_in_its_place(
    interactions: Interactions, learners: Learners, log: FakeLog
):
    """A call with willing, unwilling, erased and unknown learners: a result for each event, in order."""
    willing, unwilling, erased, unknown = (new_id() for _ in range(4))
    await learners.put("p", willing, LearnerBody(), None)
    await learners.put("p", unwilling, consent(False), None)
    await learners.put("p", erased, LearnerBody(), None)
    await learners.erase("p", erased, None)
    ids = [unwilling, willing, erased, unknown, unknown, unwilling, willing]
    answer = await interactions.accept("p", [viewed(each) for each in ids])
    no, gone = "no_consent", "learner_erased"
    assert _codes(answer) == [no, None, gone, None, None, no, None]
    assert [r.position for r in answer.results] == [None, 0, None, 1, 2, None, 3]
    keys = [(await learners.get("p", each)).learner_key for each in (willing, unknown)]
    assert [i.learner_key for i in log.interactions] == [keys[0], keys[1], keys[1], keys[0]]


async def test_an_unknown_learner_is_registered_with_the_defaults(
    interactions: Interactions, learners: Learners, log: FakeLog
):
    """The learner that an event registers is a learner as a PUT of nothing would make them."""
    learner_id = new_id()
    await interactions.accept("p", [viewed(learner_id)])
    learner = await learners.get("p", learner_id)
    assert (learner.revision, learner.consent.personalization) == (1, True)
    assert (learner.partner_id, learner.learner_id) == ("p", learner_id)
    assert log.interactions[0].consent_changed_at == learner.consent_changed_at
    assert await learners.put("p", learner_id, LearnerBody(), None) == (learner, False)


async def test_concurrent_calls_register_one_learner(
    interactions: Interactions, store: LearnerStore, log: FakeLog
):
    """Calls that name the same unknown learners at once, in any order, agree on one key for each."""
    ids = [new_id() for _ in range(1000)]
    calls = [ids, ids[::-1], ids[500:] + ids[:500], ids[::2] + ids[1::2]] * 3
    await asyncio.gather(*(interactions.accept("p", [viewed(i) for i in call]) for call in calls))
    published = {interaction.learner_key for interaction in log.interactions}
    registered = await store.standings("p", ids)
    assert published == {standing.learner_key for standing in registered.values()}
    assert len(log.interactions) == len(calls) * len(ids)


async def test_consent_withdrawn_and_given_again(
    interactions: Interactions, learners: Learners, log: FakeLog
):
    """Without consent nothing is accepted; afterwards events carry the newer moment."""
    learner_id = new_id()
    await interactions.accept("p", [viewed(learner_id)])
    await learners.put("p", learner_id, consent(False), None)
    assert _codes(await interactions.accept("p", [viewed(learner_id)])) == ["no_consent"]
    renewed, _ = await learners.put("p", learner_id, consent(True), None)
    await interactions.accept("p", [viewed(learner_id)])
    before, after = log.interactions
    assert before.consent_changed_at < after.consent_changed_at == renewed.consent_changed_at


async def test_late_events_do_not_bring_an_erased_learner_back(
    interactions: Interactions, learners: Learners, log: FakeLog
):
    """An erased id is refused until a PUT; then events belong to the new key."""
    learner_id = new_id()
    old, _ = await learners.put("p", learner_id, LearnerBody(), None)
    await learners.erase("p", learner_id, None)
    assert (
        _codes(await interactions.accept("p", [viewed(learner_id)] * 2)) == ["learner_erased"] * 2
    )
    with pytest.raises(NotFound):
        await learners.get("p", learner_id)
    new, _ = await learners.put("p", learner_id, LearnerBody(), None)
    await interactions.accept("p", [viewed(learner_id)])
    assert [i.learner_key for i in log.interactions] == [new.learner_key]
    assert new.learner_key != old.learner_key


async def test_erasure_outdates_what_races_with_it(
    store: LearnerStore, learners: Learners, log: FakeLog
):
    """An event whose consent was read before an erasure, and which is appended long after it, carries
    the erased key and an older moment than the erasure, so that it counts nowhere."""
    learner_id = new_id()
    await learners.put("p", learner_id, LearnerBody(), None)
    slow = SlowLog(log)
    call = asyncio.create_task(Interactions(store, slow, now).accept("p", [viewed(learner_id)]))
    await slow.reached.wait()
    await learners.erase("p", learner_id, None)
    erased = await store.find("p", learner_id)
    reborn, _ = await learners.put("p", learner_id, LearnerBody(), None)
    slow.released.set()
    assert _codes(await call) == [None]
    [late] = log.interactions
    assert erased is not None
    assert late.learner_key == erased.learner_key != reborn.learner_key
    assert late.consent_changed_at < erased.consent_changed_at


async def test_withdrawal_outdates_what_races_with_it(
    store: LearnerStore, learners: Learners, log: FakeLog
):
    """The same for consent withdrawn and given again while an event was on its way."""
    learner_id = new_id()
    await learners.put("p", learner_id, LearnerBody(), None)
    slow = SlowLog(log)
    call = asyncio.create_task(Interactions(store, slow, now).accept("p", [viewed(learner_id)]))
    await slow.reached.wait()
    withdrawn, _ = await learners.put("p", learner_id, consent(False), None)
    renewed, _ = await learners.put("p", learner_id, consent(True), None)
    slow.released.set()
    await call
    [late] = log.interactions
    assert late.consent_changed_at < withdrawn.consent_changed_at < renewed.consent_changed_at


async def test_an_erasure_between_reading_and_registering_stands(
    store: LearnerStore, learners: Learners, log: FakeLog
):
    """A call that finds an id unknown registers nobody if the id is created and erased before it does."""
    learner_id = new_id()

    class MeanwhileErased(FakeLog):
        async def ask(self) -> None:
            await learners.put("p", learner_id, LearnerBody(), None)
            await learners.erase("p", learner_id, None)

    answer = await Interactions(store, MeanwhileErased(), now).accept("p", [viewed(learner_id)])
    assert _codes(answer) == ["learner_erased"]
    with pytest.raises(NotFound):
        await learners.get("p", learner_id)


async def test_nothing_is_done_while_kafka_is_away(
    interactions: Interactions, learners: Learners, log: FakeLog
):
    """With Kafka away the call fails, nobody is registered, and the next attempt succeeds."""
    learner_id = new_id()
    log.away = True
    with pytest.raises(TryAgain):
        await interactions.accept("p", [viewed(learner_id)])
    with pytest.raises(NotFound):
        await learners.get("p", learner_id)
    log.away = False
    assert _codes(await interactions.accept("p", [viewed(learner_id)])) == [None]


async def test_an_event_that_may_have_arrived_can_be_erased(
    interactions: Interactions, learners: Learners, store: LearnerStore, log: FakeLog
):
    """An append without an answer may have happened: its learner stays registered under the key it
    carries, so that a second attempt is the same learner and an erasure reaches both."""
    learner_id = new_id()
    log.forgetful = True
    with pytest.raises(TryAgain):
        await interactions.accept("p", [viewed(learner_id)])
    log.forgetful = False
    await interactions.accept("p", [viewed(learner_id)])
    await learners.erase("p", learner_id, None)
    erased = await store.find("p", learner_id)
    assert erased is not None
    assert [i.learner_key for i in log.interactions] == [erased.learner_key] * 2


async def test_refusals_need_no_kafka(interactions: Interactions, learners: Learners, log: FakeLog):
    """Where nothing is accepted nothing is sent, so the answer is the same with Kafka away."""
    learner_id = new_id()
    await learners.put("p", learner_id, consent(False), None)
    log.away = True
    assert _codes(await interactions.accept("p", [viewed(learner_id)])) == ["no_consent"]


async def test_partners_register_their_own(interactions: Interactions, learners: Learners):
    """The same unknown id posted by two partners registers two learners."""
    learner_id = new_id()
    await interactions.accept("p", [viewed(learner_id)])
    await interactions.accept("q", [viewed(learner_id)])
    ours, theirs = [await learners.get(partner, learner_id) for partner in "pq"]
    assert ours.learner_key != theirs.learner_key


class SlowLog:
    """A log whose append waits to be released."""

    def __init__(self, log: FakeLog) -> None:
        self._log = log
        self.reached = asyncio.Event()
        self.released = asyncio.Event()

    async def ask(self) -> None:
        await self._log.ask()

    async def append(self, interactions: Sequence[Interaction]) -> list[int]:
        self.reached.set()
        await self.released.wait()
        return await self._log.append(interactions)


def _codes(answer: StoredInteractions) -> list[str | None]:
    return [result.code for result in answer.results]
