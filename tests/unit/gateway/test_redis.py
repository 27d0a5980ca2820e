"""Reading lists from a real Redis, and waiting for them to change."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import pytest
from redis.asyncio import RedisCluster
from redis.exceptions import ConnectionError as RedisConnectionError

from libs.common.contracts import redis_keys
from libs.common.contracts.redis_values import Lookup, Offsets, pack
from libs.common.errors import TryAgain
from services.gateway.breaker import Breaker
from services.gateway.packed import PackedList
from services.gateway.store import redis as connections
from services.gateway.store.changes import Changes
from services.gateway.store.lists import REMEMBERED_SECONDS, Lists
from services.gateway.store.reads import Reads
from services.gateway.store.redis import Client
from tests.support.redis_cluster import RedisAt
from tests.support.waiting import until
from tests.unit.gateway.world import LOG, ranked

PEPPER = "a pepper for tests"


class CountingClient:
    """A client that remembers its commands, and fails when told to."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.sent = asyncio.Event()
        self.failing = False

    async def mget(self, keys: Sequence[str]) -> list[bytes]:
        self.commands.append(list(keys))
        self.sent.set()
        if self.failing:
            raise RedisConnectionError("away")
        await asyncio.sleep(0)
        return [key.encode() for key in keys]


async def test_reads_of_one_turn_are_one_command() -> None:
    """Everyone gets their own values, in their order, and a key asked for twice is sent once."""
    client = CountingClient()
    reads = Reads(client, Breaker("test"))
    found = await asyncio.gather(reads.get("a", "b"), reads.get("b"), reads.get("c", "a"))
    assert found == [[b"a", b"b"], [b"b"], [b"c", b"a"]]
    assert client.commands == [["a", "b", "c"]]
    assert await reads.get("d") == [b"d"]


async def test_reads_that_come_while_one_is_under_way_are_one_command() -> None:
    """The next, whoever asked."""
    client = CountingClient()
    reads = Reads(client, Breaker("test"))
    first = asyncio.create_task(reads.get("a"))
    await client.sent.wait()
    late = [asyncio.create_task(reads.get(key)) for key in "bcb"]
    assert await first == [b"a"]
    assert await asyncio.gather(*late) == [[b"b"], [b"c"], [b"b"]]
    assert client.commands == [["a"], ["b", "c"]]


async def test_while_redis_is_away_nobody_waits_for_it() -> None:
    """After a few failures it is not asked for a moment; then one read finds out."""
    client, time = CountingClient(), [0.0]
    reads = Reads(client, Breaker("test", failures=3, rest=1.0, clock=lambda: time[0]))
    client.failing = True
    for _ in range(10):
        with pytest.raises(TryAgain):
            await reads.get("a")
    assert len(client.commands) == 3
    time[0] = 1.1
    client.failing = False
    assert await reads.get("a") == [b"a"]
    assert await reads.get("b") == [b"b"]


async def test_a_waiter_that_gives_up_harms_no_other() -> None:
    """A cancelled read leaves the read of the same key whole."""
    reads = Reads(CountingClient(), Breaker("test"))
    given_up = asyncio.create_task(reads.get("a"))
    waiting = asyncio.create_task(reads.get("a"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await waiting == [b"a"]


class Worker:
    """Writes as the commit script does."""

    def __init__(self, redis: Client) -> None:
        self.redis = redis

    async def write(self, partition: int, key: str, answer: PackedList) -> None:
        offsets = pack(Offsets(LOG))
        await self.redis.set(redis_keys.offsets(partition), offsets)
        await self.redis.set(redis_keys.ranked(partition, key), pack(answer))
        await self.redis.execute_command("SPUBLISH", redis_keys.changed(partition), key)


@asynccontextmanager
async def listening(at: RedisAt) -> AsyncIterator[tuple[Lists, Worker, Changes]]:
    reader, listener = connections.reader(**at), connections.listener(**at)
    changes = Changes(listener)
    running = asyncio.create_task(changes.run())
    try:
        lists = Lists(Reads(reader, Breaker("test")), changes, PEPPER)
        yield lists, Worker(reader), changes
    finally:
        running.cancel()
        await asyncio.wait([running])
        await reader.aclose()
        await listener.aclose()


async def test_a_list_is_found_by_lookup(redis_at: RedisAt) -> None:
    """A partner's learner id leads to the list, and only that partner's."""
    key, learner = uuid.uuid4().hex, f"léa/{uuid.uuid4()}"
    async with listening(redis_at) as (lists, worker, _):
        assert await lists.find("partner", learner) == (None, None)
        place = redis_keys.lookup(PEPPER, "partner", learner)
        await worker.redis.set(place, pack(Lookup(3, key, 1)))
        assert await lists.find("partner", learner) == (Lookup(3, key, 1), None)
        assert await lists.find("other", learner) == (None, None)
        await worker.write(3, key, ranked("a"))
        _, found = await lists.find("partner", learner)
        assert found is not None
        assert (found.ranked, found.position) == (ranked("a"), 41)


class Values:
    """Redis as a dict; `asked` are the keys of every command."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.asked: list[list[str]] = []

    async def mget(self, keys: Sequence[str]) -> list[bytes | None]:
        self.asked.append(list(keys))
        return [self.values.get(key) for key in keys]


async def test_a_lookup_is_remembered_while_it_leads_to_a_list(redis_at: RedisAt) -> None:
    """For seconds, per partner; where it leads nowhere any more it is read again at once."""
    client, time = Values(), [0.0]
    async with listening(redis_at) as (_, _, changes):
        lists = Lists(Reads(client, Breaker("test")), changes, PEPPER, clock=lambda: time[0])
        place = redis_keys.lookup(PEPPER, "partner", "ana")
        client.values = {
            place: pack(Lookup(3, "old", 1)),
            redis_keys.offsets(3): pack(Offsets(LOG)),
            redis_keys.ranked(3, "old"): pack(ranked("a")),
            redis_keys.ranked(3, "new"): pack(ranked("b")),
        }
        for _ in range(3):
            lookup, found = await lists.find("partner", "ana")
            assert (lookup, found is None) == (Lookup(3, "old", 1), False)
        assert [place in keys for keys in client.asked] == [True, False, False, False]
        assert await lists.find("other", "ana") == (None, None)
        del client.values[redis_keys.ranked(3, "old")]
        client.values[place] = pack(Lookup(3, None, 2))
        assert await lists.find("partner", "ana") == (Lookup(3, None, 2), None)
        client.values[place] = pack(Lookup(3, "new", 3))
        lookup, found = await lists.find("partner", "ana")
        assert found is not None
        assert (lookup, found.ranked) == (Lookup(3, "new", 3), ranked("b"))
        client.values[place] = pack(Lookup(3, None, 4))
        time[0] = REMEMBERED_SECONDS
        assert await lists.find("partner", "ana") == (Lookup(3, None, 4), None)


async def test_a_list_that_cannot_be_read_is_none(redis_at: RedisAt) -> None:
    """It is made again like one that was lost."""
    key = uuid.uuid4().hex
    async with listening(redis_at) as (lists, worker, _):
        await worker.redis.set(redis_keys.ranked(3, key), b"\x93\x01")
        assert await lists.read(3, key) is None


async def test_waiting_ends_with_the_change(redis_at: RedisAt) -> None:
    """Many learners of one partition: each waits for their own position and gets it at once."""
    keys = [uuid.uuid4().hex for _ in range(20)]
    async with listening(redis_at) as (lists, worker, _):
        for key in keys:
            await worker.write(7, key, ranked("a", position=1))
        waiting = [asyncio.create_task(lists.wait(7, key, 2, 60.0)) for key in keys]
        await worker.write(7, keys[0], ranked("b", position=2))
        began = monotonic()
        found = await waiting[0]
        assert found is not None
        assert found.position == 2
        assert monotonic() - began < 30
        assert not any(task.done() for task in waiting[1:])
        for key in keys[1:]:
            await worker.write(7, key, ranked("b", position=3))
        assert {f.position for f in await asyncio.gather(*waiting[1:]) if f} == {3}


async def test_waiting_on_many_partitions(redis_at: RedisAt) -> None:
    """Wherever in a cluster a partition lies, whoever waits on it gets the change."""
    key, partitions = uuid.uuid4().hex, range(20, 32)
    async with listening(redis_at) as (lists, worker, _):
        for partition in partitions:
            await worker.write(partition, key, ranked("a", position=1))
        waiting = [asyncio.create_task(lists.wait(p, key, 2, 60.0)) for p in partitions]
        for partition in reversed(partitions):
            await worker.write(partition, key, ranked("b", position=2))
        found = await asyncio.wait_for(asyncio.gather(*waiting), 30)
        assert {each.position for each in found if each} == {2}


async def test_waiting_for_a_first_list(redis_at: RedisAt) -> None:
    """A learner not applied yet has no list to begin with."""
    key = uuid.uuid4().hex
    async with listening(redis_at) as (lists, worker, _):
        waiting = asyncio.create_task(lists.wait(9, key, None, 5.0))
        await worker.write(9, key, ranked("a"))
        found = await waiting
        assert found is not None


async def test_waiting_in_vain_gives_what_there_is(redis_at: RedisAt) -> None:
    """After the time is up, the list as it stands."""
    key = uuid.uuid4().hex
    async with listening(redis_at) as (lists, worker, _):
        await worker.write(11, key, ranked("a", position=1))
        found = await lists.wait(11, key, 99, 0.1)
        assert found is not None
        assert found.position == 1


async def test_a_lost_subscription_is_made_again(redis_at: RedisAt) -> None:
    """Redis drops the connection while someone waits: they still get their change."""
    key = uuid.uuid4().hex
    async with listening(redis_at) as (lists, worker, _):
        await worker.write(13, key, ranked("a", position=1))
        waiting = asyncio.create_task(lists.wait(13, key, 2, 10.0))

        channel = redis_keys.changed(13)
        there: dict[str, Any] = {}
        if isinstance(worker.redis, RedisCluster):
            there = {"target_nodes": worker.redis.get_node_from_key(channel)}

        async def subscribed() -> Any:
            return await worker.redis.execute_command("PUBSUB", "SHARDNUMSUB", channel, **there)

        await until(subscribed, lambda answer: answer[1] == 1)
        await worker.redis.execute_command("CLIENT", "KILL", "TYPE", "PUBSUB", **there)
        await worker.write(13, key, ranked("a", position=2))
        found = await waiting
        assert found is not None
        assert found.position == 2


@pytest.mark.parametrize("cluster", [False, True])
async def test_nothing_waits_long_for_a_redis_that_is_not_there(
    unused_tcp_port: int, cluster: bool
) -> None:
    """TryAgain within a second, whether reading or waiting."""
    at = RedisAt(url=f"redis://127.0.0.1:{unused_tcp_port}", cluster=cluster)
    async with listening(at) as (lists, _, _):
        began = monotonic()
        with pytest.raises(TryAgain):
            await lists.find("partner", "ana")
        with pytest.raises(TryAgain):
            await lists.wait(1, "key", 2, 1.0)
        assert monotonic() - began < 2
