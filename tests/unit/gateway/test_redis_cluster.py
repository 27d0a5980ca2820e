"""Waiting for lists while the slots of a Redis Cluster move."""

import asyncio
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
from redis.asyncio import RedisCluster

from libs.common.contracts import redis_keys
from tests.support.redis_cluster import RedisAt
from tests.unit.gateway.test_redis import listening
from tests.unit.gateway.world import ranked

PARTITION = 41


@pytest.mark.parametrize("redis_at", ["cluster"], indirect=True)
async def test_whoever_waits_is_told_after_a_slot_has_moved(redis_at: RedisAt) -> None:
    """The subscription follows the partition to its new node."""
    key = uuid.uuid4().hex
    async with listening(redis_at) as (lists, worker, changes):
        await worker.write(PARTITION, key, ranked("a", position=1))
        async with changes.of(PARTITION, key):  # subscribed, so that the move takes it away
            waiting = asyncio.create_task(lists.wait(PARTITION, key, 2, 20.0))
            assert isinstance(worker.redis, RedisCluster)
            await move(worker.redis, urlsplit(redis_at["url"]).password or "")
            await worker.write(PARTITION, key, ranked("b", position=2))
            found = await asyncio.wait_for(waiting, 10)
    assert found is not None
    assert found.position == 2


async def move(cluster: RedisCluster, password: str) -> None:
    """Has another node take over the slot of the partition, keys and all."""
    offsets = redis_keys.offsets(PARTITION)
    slot, old = cluster.keyslot(offsets), cluster.get_node_from_key(offsets)
    assert old is not None
    new = next(node for node in cluster.get_primaries() if node.name != old.name)

    async def on(node: Any, *command: Any) -> Any:
        return await node.execute_command(*command)

    ids = {node: (await on(node, "CLUSTER MYID")).decode() for node in (old, new)}
    await on(new, "CLUSTER SETSLOT", slot, "IMPORTING", ids[old])
    await on(old, "CLUSTER SETSLOT", slot, "MIGRATING", ids[new])
    names = await on(old, "CLUSTER GETKEYSINSLOT", slot, 1_000)
    await on(old, "MIGRATE", new.host, new.port, "", 0, 5_000, "AUTH", password, "KEYS", *names)
    for node in (new, old):
        await on(node, "CLUSTER SETSLOT", slot, "NODE", ids[new])
