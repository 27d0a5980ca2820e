"""Whatever happens meanwhile, every learner's state ends as the one computed from the unique events.

Ten thousand interactions, one in twenty a duplicate, in shuffled order, are posted at full speed through
the gateway while something is broken. Each that was acknowledged must count exactly once.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import pytest
import redis.asyncio as redis
from aiokafka import TopicPartition

from libs.common.contracts import redis_keys
from libs.common.contracts.redis_values import Offsets, Packed, StoredList
from libs.common.contracts.topics import CREDENTIAL, INTERACTION, LEARNER
from libs.common.kafka.lookup import end_offsets
from tests.support import kafka
from tests.support.flood import Flood, Line, during, events
from tests.support.flow import Flow
from tests.support.oracle import differences, expected, stored
from tests.support.waiting import until

pytestmark = pytest.mark.stack

COUNT = 10_000
LEARNERS = 200
OFFSETS = Packed(Offsets)
LIST = Packed(StoredList)
Disturbance = Callable[[Flow], Awaitable[None]]


async def lines_for(flow: Flow, count: int = COUNT) -> list[Line]:
    """A flood of interactions of learners and credentials of its own."""
    seed = uuid.uuid4().hex
    credentials = [f"{seed}/{number}" for number in range(20)]
    await asyncio.gather(*(flow.publish(id) for id in credentials))
    return events(seed, [f"{seed}-{n}" for n in range(LEARNERS)], credentials, count)


async def settle(flow: Flow, lines: list[Line], seconds: float = 120) -> None:
    """Waits until the states in Redis are those computed from the lines; fails with a difference."""
    want = expected(lines)
    pepper, partner = flow.stack.lookup_pepper, flow.stack.partner.id

    async def look() -> dict[str, object]:
        have = await stored(flow.redis, pepper, partner, want)
        return dict(differences(want, have))

    await until(look, lambda found: not found, seconds=seconds, every=0.5)


async def nothing(flow: Flow) -> None:
    """The undisturbed run."""


async def worker_killed(flow: Flow) -> None:
    """SIGKILL; the supervisor starts it again."""
    flow.stack.workers[0].kill()


async def redis_flushed(flow: Flow) -> None:
    """All of Redis is lost while the worker runs."""
    await flow.redis.flushall()


async def redis_loses_its_last_second(flow: Flow) -> None:
    """Redis comes back as it was a second ago."""
    old = await snapshot(flow.redis)
    await asyncio.sleep(1)
    async with flow.redis.pipeline(transaction=True) as pipeline:
        pipeline.flushall()
        pipeline.mset(old)
        await pipeline.execute()


async def snapshot(client: "redis.Redis") -> dict[bytes, bytes]:
    """Everything in Redis; only strings are kept there."""
    keys = [key async for key in client.scan_iter(count=1_000)]
    values = await client.mget(keys)
    return {key: value for key, value in zip(keys, values, strict=True) if value is not None}


async def kafka_away(flow: Flow) -> None:
    """Ten seconds without Kafka."""
    await kafka.away(flow.stack)


@pytest.mark.parametrize(
    "disturb",
    [
        nothing,
        worker_killed,
        redis_flushed,
        redis_loses_its_last_second,
        kafka_away,
    ],
    ids=lambda disturb: disturb.__name__,
)
async def test_states_are_exact(storm: Flow, disturb: Disturbance) -> None:
    """All that was acknowledged counts once, whatever was away meanwhile."""
    lines = await lines_for(storm)
    await during(Flood(storm.partner, lines), COUNT // 3, lambda: disturb(storm))
    await settle(storm, lines)


@pytest.mark.kafka  # Its sessions end in time; the embedded broker's take a minute.
async def test_states_are_exact_when_a_frozen_worker_wakes(storm: Flow) -> None:
    """A worker that slept beyond its session, while another took its partitions, does no harm."""
    lines = await lines_for(storm)
    first = storm.stack.workers[0]
    second = await storm.stack.start_worker()
    try:
        await storm.stack.until_ready()

        async def freeze() -> None:
            first.freeze()

        await during(Flood(storm.partner, lines), COUNT // 3, freeze)
        await settle(storm, lines)
        first.thaw()
        more = await lines_for(storm)
        await Flood(storm.partner, more).send()
        await settle(storm, more)
        await settle(storm, lines)
    finally:
        first.thaw()
        await second.stop()


async def test_states_are_exact_after_the_topics_were_recreated(storm: Flow) -> None:
    """Logs that begin anew and outgrow the old offsets are recognised; states keep what they had, and workers know
    the whole catalog again."""
    before = await lines_for(storm, COUNT // 4)
    await Flood(storm.partner, before).send()
    await settle(storm, before)
    old = await marks(storm)

    await kafka.recreate(storm.stack, [LEARNER, INTERACTION])

    after = await lines_for(storm, COUNT)
    await Flood(storm.partner, after).send()
    await settle(storm, after)
    await settle(storm, before)
    new = await marks(storm)
    assert all(new[partition].log != old[partition].log for partition in old.keys() & new.keys())
    await until(lambda: catalog_unseen(storm), lambda unseen: unseen <= 1, seconds=60, every=1)


async def catalog_unseen(flow: Flow) -> int:
    """How many of the catalog's records a list that is made now has not seen; all of them while there is no list."""
    learner, credential = uuid.uuid4().hex, uuid.uuid4().hex
    await flow.publish(credential)
    await Flood(flow.partner, events(learner, [learner], [credential], 1)).send()
    await until(lambda: flow.state(learner), bool)
    place = TopicPartition(CREDENTIAL.name, 0)
    async with flow.reading(CREDENTIAL, 0) as consumer:
        end = (await end_offsets(consumer, [place], seconds=20))[place]
    found = await flow.lookup(learner)
    assert found is not None
    assert found.learner_key is not None
    made = LIST.unpack(await flow.redis.get(redis_keys.ranked(found.partition, found.learner_key)))
    return end if made is None else end - 1 - made.catalog_epoch


async def marks(flow: Flow) -> dict[int, Offsets]:
    """The offsets of every partition that has interactions."""
    found = {}
    for partition in range(INTERACTION.partitions):
        offsets = OFFSETS.unpack(await flow.redis.get(redis_keys.offsets(partition)))
        if offsets is not None and offsets.interaction is not None:
            found[partition] = offsets
    return found
