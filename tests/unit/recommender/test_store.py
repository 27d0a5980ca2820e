"""The fence, the lookups and read repair, on a real Valkey and on a cluster of three."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from libs.common.contracts import redis_keys
from libs.common.contracts.redis_values import LearnerState, Lookup, Mark, Offsets, Packed, pack
from libs.common.errors import TryAgain
from services.recommender.store import Commit, Result, Store, Stored, connect
from tests.support.redis_cluster import RedisAt

_partitions = itertools.count(1_000)


@pytest.fixture
async def store(redis_at: RedisAt) -> AsyncIterator[Store]:
    """A store on the tests' Valkey, and on their cluster."""
    opened = Store(connect(**redis_at))
    yield opened
    await opened.close()


@pytest.fixture
def partition() -> int:
    """A partition that no other test uses."""
    return next(_partitions)


def offsets(position: int, log: str = "log") -> bytes:
    """Packed offsets whose interactions stand at a position."""
    return pack(Offsets(log, None, Mark(position, f"id-{position}")))


def result(key: str, *, ranked: bytes | None = b"list", marker: bool = False) -> Result:
    """A learner's result with a state named after the key."""
    return Result(key, pack(LearnerState(key, 1)), ranked, marker)


async def test_a_commit_sets_states_lists_and_offsets_together(
    store: Store, partition: int
) -> None:
    """From the expected offsets on, everything of the batch is there."""
    assert await store.commit(
        [Commit(partition, None, offsets(5), [result("a"), result("b")])]
    ) == [True]
    assert await store.offsets([partition]) == [offsets(5)]
    assert await store.learner(partition, "a") == Stored(pack(LearnerState("a", 1)), b"list")
    states = await store.states({partition: ["a", "missing", "b"]})
    assert (set(states.known), states.broken) == ({"a", "b"}, {})


async def test_a_commit_from_other_offsets_changes_nothing(store: Store, partition: int) -> None:
    """The fence refuses whoever started from offsets that are no longer stored."""
    await store.commit([Commit(partition, None, offsets(5), [])])
    for stale in (None, offsets(4)):
        assert await store.commit([Commit(partition, stale, offsets(6), [result("a")])]) == [False]
    assert await store.offsets([partition]) == [offsets(5)]
    assert await store.learner(partition, "a") == Stored(None, None)


async def test_a_commit_repeated_after_a_lost_answer_is_done(store: Store, partition: int) -> None:
    """Who does not know whether a commit happened may do it again."""
    commit = Commit(partition, None, offsets(5), [result("a")])
    assert await store.commit([commit]) == [True]
    assert await store.commit([commit]) == [True]


async def test_a_state_that_does_not_decode_is_told_apart(
    store: Store, partition: int, redis_at: RedisAt
) -> None:
    """The others are known; forgetting it takes it, its list and the offsets, if those are still ours."""
    await store.commit([Commit(partition, None, offsets(5), [result("a"), result("b")])])
    client = connect(**redis_at)
    await client.set(redis_keys.state(partition, "a"), b"\x93not a state")
    await client.aclose()
    states = await store.states({partition: ["a", "b"]})
    assert (set(states.known), states.broken) == ({"b"}, {partition: ["a"]})
    assert not await store.forget(partition, offsets(4), ["a"])
    assert (await store.learner(partition, "a")).state is not None
    assert await store.forget(partition, offsets(5), ["a"])
    assert await store.learner(partition, "a") == Stored(None, None)
    assert (await store.learner(partition, "b")).state is not None
    assert await store.offsets([partition]) == [None]


async def test_one_refused_partition_does_not_hold_back_the_others(store: Store) -> None:
    """Each partition is fenced by itself."""
    first, second = next(_partitions), next(_partitions)
    await store.commit([Commit(first, None, offsets(1), [])])
    done = await store.commit(
        [Commit(first, None, offsets(2), []), Commit(second, None, offsets(2), [result("b")])]
    )
    assert done == [False, True]
    assert (await store.learner(second, "b")).ranked == b"list"


async def test_a_marker_deletes_the_list_and_expires(
    store: Store, redis_at: RedisAt, partition: int
) -> None:
    """An empty state stays for 400 days, without a list; a state of a learner stays for ever."""
    await store.commit([Commit(partition, None, offsets(1), [result("a"), result("b")])])
    marker = result("a", ranked=None, marker=True)
    await store.commit([Commit(partition, offsets(1), offsets(2), [marker])])
    assert (await store.learner(partition, "a")).ranked is None
    redis = connect(**redis_at)
    assert 399 < await redis.ttl(redis_keys.state(partition, "a")) / 86_400 <= 400
    assert await redis.ttl(redis_keys.state(partition, "b")) == -1
    await redis.aclose()


async def test_each_change_is_published_on_the_partitions_channel(
    store: Store, redis_at: RedisAt, partition: int
) -> None:
    """Whoever waits for a learner hears the key, from a commit and from a repair."""
    redis = connect(**redis_at)
    await redis.initialize()
    pubsub = redis.pubsub()
    await pubsub.ssubscribe(redis_keys.changed(partition))
    await store.commit([Commit(partition, None, offsets(1), [result("a")])])
    await store.repair(partition, "a", await store.learner(partition, "a"), b"repaired")
    heard = []
    get: Any = getattr(pubsub, "get_sharded_message", pubsub.get_message)
    async with asyncio.timeout(10):
        while len(heard) < 2:
            message = await get(ignore_subscribe_messages=True, timeout=1)
            if message is not None and message["type"] == "smessage":
                heard.append(message["data"])
    assert heard == [b"a", b"a"]
    await pubsub.aclose()
    await redis.aclose()


async def test_a_repair_never_undoes_a_worker(store: Store, partition: int) -> None:
    """A list is repaired only while state and list are those that were read."""
    await store.commit([Commit(partition, None, offsets(1), [result("a", ranked=None)])])
    read = await store.learner(partition, "a")
    await store.commit([Commit(partition, offsets(1), offsets(2), [result("a", ranked=b"new")])])
    assert not await store.repair(partition, "a", read, b"repaired")
    assert (await store.learner(partition, "a")).ranked == b"new"
    assert await store.repair(partition, "a", await store.learner(partition, "a"), b"repaired")
    assert (await store.learner(partition, "a")).ranked == b"repaired"


async def test_a_lookup_of_a_lower_revision_is_ignored(store: Store, redis_at: RedisAt) -> None:
    """Whatever the order, the highest revision stays; an empty lookup goes after 30 days."""
    key = redis_keys.lookup("pepper", "partner", "learner of the lookup test")
    redis = connect(**redis_at)
    for lookup in (Lookup(3, "k", 2), Lookup(3, None, 4), Lookup(3, "k", 3)):
        await store.set_lookups([(key, lookup)])
    assert Packed(Lookup).unpack(await redis.get(key)) == Lookup(3, None, 4)
    assert 29 < await redis.ttl(key) / 86_400 <= 30
    await store.set_lookups([(key, Lookup(9, "k2", 5))])
    assert Packed(Lookup).unpack(await redis.get(key)) == Lookup(9, "k2", 5)
    assert await redis.ttl(key) == -1
    await redis.aclose()


async def test_scripts_are_sent_again_to_a_server_that_forgot_them(
    store: Store, redis_at: RedisAt, partition: int
) -> None:
    """A restarted Redis costs one more round trip, not an error."""
    redis = connect(**redis_at)
    await redis.script_flush()
    assert await store.commit([Commit(partition, None, offsets(1), [result("a")])]) == [True]
    await redis.aclose()


class Repeating(Redis):
    """Says every key twice, as SCAN may while the server grows."""

    async def scan_iter(self, *args: Any, **more: Any) -> AsyncIterator[Any]:
        async for name in super().scan_iter(*args, **more):
            for _ in range(2):
                yield name


async def test_everyone_comes_once(store: Store, redis_at: RedisAt) -> None:
    """From every node, with their lists, and also where SCAN says a key twice."""
    partitions = [next(_partitions) for _ in range(12)]
    marks = {f"everyone-{partition}".encode() for partition in partitions}
    for partition, mark in zip(partitions, sorted(marks), strict=True):
        await store.commit(
            [Commit(partition, None, offsets(1), [result(mark.decode(), ranked=mark)])]
        )
    found = [each.ranked async for each in store.everyone(at_once=5) if each.ranked in marks]
    assert sorted(found) == sorted(marks)
    if not redis_at["cluster"]:
        repeating = Store(Repeating.from_url(redis_at["url"]))
        found = [each.ranked async for each in repeating.everyone() if each.ranked in marks]
        assert sorted(found) == sorted(marks)
        await repeating.close()


@pytest.mark.parametrize("cluster", [False, True])
async def test_a_redis_that_is_away_is_tried_again(cluster: bool) -> None:
    """Nothing is skipped: the caller is told to come back."""
    store = Store(connect("redis://127.0.0.1:1/0", cluster=cluster))
    with pytest.raises(TryAgain):
        await store.offsets([1])
    with pytest.raises(TryAgain):
        await store.commit([Commit(1, None, offsets(1), [])])
    await store.close()
