"""The worker on a broker and a Redis of its own: whatever goes away, every state comes out right."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import pytest

from libs.common.contracts import redis_keys
from libs.common.contracts.profile import Interaction
from libs.common.contracts.redis_values import (
    LearnerState,
    Lookup,
    Mark,
    Offsets,
    StoredList,
    pack,
)
from libs.common.contracts.topics import CREDENTIAL, INTERACTION
from libs.common.kafka import consumption
from libs.common.kafka.publisher import Sent
from services.recommender.domain.learner_state import merge
from services.recommender.listing import Listing
from services.recommender.rebuild import forget_offsets
from services.recommender.settings import RebuildSettings
from services.recommender.store import Commit, Store
from services.recommender.worker.recovery import places, recover
from tests.factories.catalog import credential
from tests.support import waiting
from tests.unit.recommender.conftest import PEPPER, Stack
from tests.unit.recommender.events import Event, at, erased, interaction, learner, message

KEYS = [f"learner-{i}" for i in range(12)]


async def until(reached: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Polls until something holds; fails after the deadline."""
    await waiting.until(reached, bool, seconds=seconds, every=0.02)


def lives(count: int, seed: int = 7) -> list[Interaction]:
    """Interactions of all learners, shuffled, one in twenty twice."""
    chance = random.Random(seed)
    events = [
        interaction(f"c{chance.randrange(8)}", kind, key=key, occurred_at=at(minute))
        for minute in range(count // len(KEYS))
        for key in KEYS
        for kind in [chance.choice(["view", "save", "enroll", "complete"])]
    ]
    events += chance.sample(events, len(events) // 20)
    chance.shuffle(events)
    return events


async def applied(stack: Stack, sent: Sequence[Sent], events: Sequence[Event]) -> bool:
    """Whether the offsets cover everything that was sent."""
    last: dict[tuple[int, bool], int] = {}
    for record, event in zip(sent, events, strict=True):
        place = record.partition, isinstance(event, Interaction)
        last[place] = max(last.get(place, -1), record.offset)
    for (partition, done), offset in last.items():
        offsets = await stack.offsets(partition)
        mark = offsets and (offsets.interaction if done else offsets.learner)
        if mark is None or mark.offset < offset:
            return False
    return True


async def publish(stack: Stack, events: Sequence[Event]) -> list[Sent]:
    """Sends the events and waits until the worker has applied them."""
    sent = await stack.send(*map(message, events))
    await until(lambda: applied(stack, sent, events))
    return sent


def directly(events: Sequence[Event]) -> dict[str, LearnerState]:
    """The states computed from the events in one go."""
    states: dict[str, LearnerState] = {}
    for event in events:
        states[event.learner_key] = merge(states.get(event.learner_key), event)
    return states


async def wrong(stack: Stack, sent: Sequence[Sent], events: Sequence[Event]) -> list[str]:
    """The learners whose stored state differs from the one computed directly."""
    where = {event.learner_key: s.partition for event, s in zip(events, sent, strict=True)}
    found = []
    for key, expected in directly(events).items():
        state = await stack.state(where[key], key)
        if state is None or (state.interactions, state.profile, state.consented) != (
            expected.interactions,
            expected.profile,
            expected.consented,
        ):
            found.append(key)
    return found


def population() -> list[Event]:
    """A snapshot of every learner."""
    return [learner(key) for key in KEYS]


async def test_an_interaction_becomes_a_list_that_covers_it(stack: Stack) -> None:
    """State, list, lookup and position are stored, and what was completed is not in the list."""
    await stack.send(*((CREDENTIAL, f"c{i}", credential(f"c{i}")) for i in range(4)))
    await stack.work()
    (_, sent) = await publish(stack, [learner("a"), interaction("c1", "complete", key="a")])
    ranked = await stack.ranked(sent.partition, "a")
    assert ranked is not None
    assert ranked.position == sent.offset
    assert {item.credential_id for item in ranked.ranking.items} == {"c0", "c2", "c3"}
    offsets = await stack.offsets(sent.partition)
    assert offsets is not None
    assert ranked.log == offsets.log
    assert await stack.lookup("learner of a") == Lookup(sent.partition, "a", 1)


async def test_shuffled_and_repeated_events_give_every_state(stack: Stack) -> None:
    """At full speed, with duplicates, each learner's state is that of the unique events."""
    await stack.work()
    events = [*population(), *lives(1200)]
    sent = await publish(stack, events)
    assert await wrong(stack, sent, events) == []


async def test_unusable_records_hold_nothing_up(stack: Stack) -> None:
    """Empty, malformed and wrongly keyed records are passed over, before and after good ones."""
    ownership = await stack.work()
    (first,) = await publish(stack, [interaction(key="a")])
    broker = (await stack._connected())._broker
    for body in (b"", b"{", b"\xff\x00", b"{}"):
        await broker.publish(body, INTERACTION.name, partition=first.partition, key=b"a")
    (last,) = await publish(stack, [interaction("c2", key="a")])
    state = await stack.state(last.partition, "a")
    assert state is not None
    assert set(state.interactions) == {"c1", "c2"}
    assert ownership.problem() is None


async def test_a_learner_who_cannot_be_computed_is_parked_alone(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One learner whose ranking raises does not keep the others of the batch from theirs."""
    compute = Listing.own

    def fail_for_one(self: Listing, state: LearnerState, *rest: object) -> StoredList:
        if state.learner_key == KEYS[0]:
            raise RuntimeError("cannot be computed")
        return compute(self, state, *rest)

    monkeypatch.setattr(Listing, "own", fail_for_one)
    await stack.work()
    events = [interaction(key=key) for key in KEYS]
    sent = await publish(stack, events)
    assert await wrong(stack, sent, events) == [KEYS[0]]


async def test_an_erased_learner_leaves_nothing(stack: Stack) -> None:
    """State and lookup become empty markers, the list goes; late events and a rebuild change nothing."""
    await stack.work()
    (sent, *_) = await publish(stack, [learner("a"), interaction(key="a")])
    assert await stack.ranked(sent.partition, "a") is not None
    late = interaction("c9", key="a")
    await publish(stack, [erased("a"), late])

    async def gone() -> bool:
        state = await stack.state(sent.partition, "a")
        return state == LearnerState(
            "a", state.consent_changed_at if state else 0, erased=True, consented=False
        )

    assert await gone()
    assert await stack.ranked(sent.partition, "a") is None
    assert await stack.lookup("learner of a") == Lookup(sent.partition, None, 9)
    await forget_offsets(RebuildSettings(redis_url=stack.redis_url, lookup_pepper=PEPPER))
    await publish(stack, [interaction("c10", key="a")])
    assert await gone()
    assert await stack.ranked(sent.partition, "a") is None
    assert await stack.lookup("learner of a") == Lookup(sent.partition, None, 9)


async def test_withdrawn_consent_deletes_the_list(stack: Stack) -> None:
    """A marker stays; after renewal only what follows counts."""
    await stack.work()
    (sent, *_) = await publish(stack, [learner("a"), interaction(key="a")])
    await publish(
        stack, [learner("a", personalization=False, revision=2, consent_changed_at=at(2))]
    )
    assert await stack.ranked(sent.partition, "a") is None
    renewed = learner("a", revision=3, consent_changed_at=at(3))
    await publish(
        stack,
        [renewed, interaction("new", key="a", consent_changed_at=at(3)), interaction(key="a")],
    )
    state = await stack.state(sent.partition, "a")
    assert state is not None
    assert list(state.interactions) == ["new"]
    assert await stack.ranked(sent.partition, "a") is not None


async def test_a_flushed_redis_is_filled_again(stack: Stack) -> None:
    """The worker finds the fence closed and reads everything again, under a new log id."""
    await stack.work()
    before = [*population(), *lives(240)]
    sent = await publish(stack, before)
    old = await stack.offsets(sent[-1].partition)
    await stack.client.flushall()
    after = lives(240, seed=8)
    sent += await stack.send(*map(message, after))
    events = [*before, *after]
    await until(lambda: applied(stack, sent, events))
    assert await wrong(stack, sent, events) == []
    new = await stack.offsets(sent[-1].partition)
    assert old is not None
    assert new is not None
    assert old.log != new.log


async def test_a_redis_that_lost_its_last_second_heals(stack: Stack) -> None:
    """Where state and offsets fall back together, the worker reads on from there."""
    await stack.work()
    before = [*population(), *lives(240)]
    sent = await publish(stack, before)
    keys = await stack.client.keys("*")
    kept = dict(zip(keys, await stack.client.mget(keys), strict=True))
    middle = lives(240, seed=8)
    sent += await publish(stack, middle)
    await stack.client.mset(kept)
    last = lives(240, seed=9)
    sent += await stack.send(*map(message, last))
    events = [*before, *middle, *last]
    await until(lambda: applied(stack, sent, events))
    assert await wrong(stack, sent, events) == []


async def test_a_state_that_does_not_decode_is_made_again_from_the_log(stack: Stack) -> None:
    """It costs nobody their history, parks nothing, and an erasure is applied to it as well."""
    await stack.work()
    before = [*population(), *lives(240)]
    sent = await publish(stack, before)
    for event, place in zip(population(), sent, strict=False):
        await stack.client.set(redis_keys.state(place.partition, event.learner_key), b"\xc1")
    after = [erased(KEYS[0]), *lives(120, seed=8)]
    sent += await publish(stack, after)
    events = [*before, *after]

    async def whole() -> bool:
        return await wrong(stack, sent, events) == []

    await until(whole)


@pytest.mark.parametrize("broken", [b"\xc1", b"\x91\x07", b""])
async def test_offsets_that_do_not_decode_are_begun_again(stack: Stack, broken: bytes) -> None:
    """At a worker's start, and under a running one."""
    events = [*population(), *lives(120)]
    sent = await stack.send(*map(message, events))
    keys = {redis_keys.offsets(place.partition) for place in sent}

    async def mended() -> bool:
        return broken not in await stack.client.mget(*keys)

    await stack.client.mset(dict.fromkeys(keys, broken))
    await stack.work()
    for _ in range(2):
        await until(mended)
        await until(lambda: applied(stack, sent, events))
        assert await wrong(stack, sent, events) == []
        await stack.client.mset(dict.fromkeys(keys, broken))


async def test_a_redis_that_is_away_is_waited_for(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes while Redis is down is applied when it is back; the worker lives on. Its liveness is its consumer's progress."""
    await stack.work()
    before = [*population(), *lives(120)]
    sent = await publish(stack, before)
    child = stack.redis.child
    await child.kill()
    after = lives(120, seed=8)
    sent += await stack.send(*map(message, after))
    await asyncio.sleep(0.3)  # long enough for the worker to meet the outage
    assert stack.health.failures() == {}
    await stack.redis.replace()
    events = [*before, *after]
    await until(lambda: applied(stack, sent, events))
    assert await wrong(stack, sent, events) == []
    monkeypatch.setattr(consumption, "STILL_SECONDS", -1.0)
    assert "neither polled nor tried" in stack.health.failures()["events"]


async def test_logs_recreated_and_outgrown_are_noticed(stack: Stack) -> None:
    """After the topics were made anew and became longer than the old offsets, they are read from the start."""
    await stack.work()
    old = [interaction(f"old{i}", key="a") for i in range(3)]
    (*_, sent) = await publish(stack, old)
    first = await stack.offsets(sent.partition)
    await stack.disconnect()
    await stack.broker.replace()
    await stack.provision()
    new = [interaction(f"new{i}", key="a") for i in range(6)]
    sents = await stack.send(*map(message, new))

    async def complete() -> bool:
        state = await stack.state(sents[-1].partition, "a")
        return state is not None and set(state.interactions) == {
            e.credential_id for e in (*old, *new)
        }

    await until(complete, 60)
    second = await stack.offsets(sent.partition)
    assert first is not None
    assert second is not None
    assert first.log != second.log
    state = await stack.state(sent.partition, "a")
    assert state is not None
    assert (state.log, state.position) == (second.log, sents[-1].offset)


async def test_interactions_wait_for_the_learners_of_a_rebuild(stack: Stack) -> None:
    """A rebuild knows every consent before the first interaction, so what was withdrawn stays gone."""
    await stack.send(
        *map(
            message,
            [
                *(interaction(f"c{i}", key="a") for i in range(50)),
                learner("a"),
                *(learner(f"other-{i}") for i in range(400)),
                learner("a", personalization=False, revision=2, consent_changed_at=at(2)),
            ],
        )
    )
    await stack.work()
    (sent,) = await publish(stack, [interaction("c99", key="a")])
    state = await stack.state(sent.partition, "a")
    assert state is not None
    assert (state.consented, state.interactions) == (False, {})
    assert await stack.client.exists(redis_keys.ranked(sent.partition, "a")) == 0


async def test_a_flush_is_noticed_without_traffic(stack: Stack) -> None:
    """Partitions that nobody writes to are filled again too."""
    await stack.work()
    events = [*population(), *lives(120)]
    sent = await publish(stack, events)
    await stack.client.flushall()

    async def whole() -> bool:
        return await wrong(stack, sent, events) == []

    await until(whole)
    assert await stack.lookup(f"learner of {KEYS[0]}") is not None


async def test_a_log_replaced_behind_our_back_is_recognised_by_its_witness(stack: Stack) -> None:
    """Where the newest mark stands in the new log already, the record where reading began gives it away."""
    sent = await stack.send(*(message(interaction(f"c{i}", key="a")) for i in range(4)))
    partition = sent[0].partition
    place = places(partition)[1]
    store = Store(stack.client)
    kept = Offsets("old", None, Mark(sent[-1].offset, sent[-1].record_id))
    await store.commit([Commit(partition, None, pack(kept), [])])
    same = Mark(sent[0].offset, sent[0].record_id)
    for witness, log_kept in ((same, True), (Mark(99, "beyond"), False)):
        found = await recover(stack.settings(), store, [partition], {place: witness})
        assert (found[partition].log == "old") is log_kept
    await store.forget_offsets([partition])
    await store.commit([Commit(partition, None, pack(kept), [])])
    other = Mark(sent[0].offset, "of the old log")
    found = await recover(stack.settings(), store, [partition], {place: other})
    assert found[partition].log != "old"
    assert found[partition].interaction.mark is None
