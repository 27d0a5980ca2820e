"""What the flow and acceptance tests do with a running stack, beyond a partner's own calls."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple, TypeVar

import httpx
import msgspec
import redis.asyncio as redis
from aiokafka import AIOKafkaConsumer, TopicPartition
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from deploy.local.stack import Stack
from libs.common.contracts import redis_keys
from libs.common.contracts.item_side import ItemRow
from libs.common.contracts.profile import Interaction
from libs.common.contracts.redis_values import LearnerState, Lookup
from libs.common.contracts.topics import INTERACTION, ITEM_SIDE, Topic
from tests.support.oracle import LOOKUP, STATE
from tests.support.partner import Partner, client, path
from tests.support.waiting import until

T = TypeVar("T", bound=msgspec.Struct)


class Ladder(NamedTuple):
    """Three credentials of one skill; the second asks for the first."""

    skill: str
    first: str
    second: str
    other: str


class Flow:
    """A running stack as its administrator, one partner and an onlooker see it."""

    def __init__(
        self, stack: Stack, admin: httpx.AsyncClient, partner: Partner, reading: "redis.Redis"
    ) -> None:
        self.stack = stack
        self.admin = admin
        self.partner = partner
        self.redis = reading

    async def publish(self, id: str, **parts: Any) -> dict[str, Any]:
        """Publishes a credential of 30 online hours in English for 49 dollars."""
        body = {
            "type": "MicroCredential",
            "name": f"Credential {id}",
            "status": "active",
            "issuer": {"id": "org/flow", "name": "Flow College"},
            "url": "https://flow.example/credential",
            "cost": [{"amount": "49.00", "currency": "USD", "kind": "tuition"}],
            "workload_hours": 30,
            "delivery": ["online"],
            "languages": ["en"],
            **parts,
        }
        answer = await self.admin.put(path("credentials", id), json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        snapshot: dict[str, Any] = answer.json()
        if answer.status_code == 202:
            await until(lambda: self._revision(id), lambda seen: seen >= snapshot["revision"])
        return snapshot

    async def _revision(self, credential_id: str) -> int:
        """The revision that the gateway's view has; 0 while it has none."""
        answer = await self.admin.get(path("credentials", credential_id))
        return int(answer.json()["revision"]) if answer.status_code == 200 else 0

    async def publish_ladder(self, name: str) -> Ladder:
        """A skill of its own, and three credentials that teach it."""
        ladder = Ladder(f"skill {name}", f"{name}/1 é", f"{name}/2", f"{name}/3")
        put = await self.admin.put(path("skills", ladder.skill), json={"name": ladder.skill})
        assert put.status_code in (201, 202), put.text
        taught = [{"id": ladder.skill, "level": 0.33}]
        await self.publish(ladder.first, level="beginner", skills=taught, leads_to=[ladder.second])
        needs = [{"credential": ladder.first}]
        higher = [{"id": ladder.skill, "level": 0.66}]
        await self.publish(ladder.second, skills=higher, prerequisites=needs)
        await self.publish(ladder.other, skills=taught)
        return ladder

    def lookup_key(self, learner_id: str) -> str:
        """The name in Redis under which a learner of this partner is found."""
        return redis_keys.lookup(self.stack.lookup_pepper, self.stack.partner.id, learner_id)

    async def lookup(self, learner_id: str) -> Lookup | None:
        """Where the learner is found in Redis."""
        return LOOKUP.unpack(await self.redis.get(self.lookup_key(learner_id)))

    async def state(self, learner_id: str) -> LearnerState | None:
        """The learner's state in Redis."""
        found = await self.lookup(learner_id)
        if found is None or found.learner_key is None:
            return None
        return STATE.unpack(
            await self.redis.get(redis_keys.state(found.partition, found.learner_key))
        )

    async def interaction(self, partition: int, offset: int) -> Interaction:
        """The interaction at a place in the log."""
        async with self.reading(INTERACTION, partition) as consumer:
            consumer.seek(TopicPartition(INTERACTION.name, partition), offset)
            record = await consumer.getone()
            assert record.offset == offset
            return msgspec.json.decode(record.value, type=Interaction)

    async def item_row(self, credential_id: str) -> ItemRow:
        """The newest row that the trainer streamed for a credential, once there is one."""
        async with self.reading(ITEM_SIDE, 0) as consumer:
            await consumer.seek_to_beginning()
            rows: list[ItemRow] = []

            async def look() -> list[ItemRow]:
                batch = await consumer.getmany(timeout_ms=100)
                records = [record for part in batch.values() for record in part]
                rows.extend(
                    msgspec.json.decode(record.value, type=ItemRow)
                    for record in records
                    if (record.key or b"").decode() == credential_id
                )
                return rows

            return (await until(look, bool))[-1]

    async def wait_erased(self, partition: int, learner_key: str) -> None:
        """Waits until Redis holds nothing of a learner but the marker of the erasure."""

        async def look() -> tuple[LearnerState | None, bytes | None]:
            state = STATE.unpack(await self.redis.get(redis_keys.state(partition, learner_key)))
            return state, await self.redis.get(redis_keys.ranked(partition, learner_key))

        state, _ = await until(
            look, lambda seen: seen[0] is not None and seen[0].erased and seen[1] is None
        )
        assert state is not None
        assert (state.profile, state.interactions) == (None, {})

    async def rebuild(self) -> None:
        """Has the workers apply every log again from its beginning, and waits until they have."""
        await self.stack.command("recommender", "rebuild")
        for worker in self.stack.workers:
            await worker.restart()
        await self.stack.until_applied()

    @asynccontextmanager
    async def reading(self, topic: Topic, partition: int) -> AsyncIterator[AIOKafkaConsumer]:
        """A consumer of one partition, without a group."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.stack.kafka, fetch_max_wait_ms=10)
        await consumer.start()
        try:
            consumer.assign([TopicPartition(topic.name, partition)])
            yield consumer
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def another_partner(self, name: str) -> AsyncIterator[Partner]:
        """A second partner, created by the command as an operator would."""
        made = json.loads(await self.stack.gateway_command("partners", "create", name, "--json"))
        async with client(self.stack.gateway_url, made["secret_key"]) as http:
            yield Partner(http, made["id"])


@asynccontextmanager
async def flow_on(stack: Stack) -> AsyncIterator[Flow]:
    """The clients of a running stack, closed again."""
    async with AsyncExitStack() as opened:
        admin = await opened.enter_async_context(client(stack.gateway_url, stack.admin_key))
        http = await opened.enter_async_context(client(stack.gateway_url, stack.partner.secret_key))
        # Redis may have been another process when this was last used.
        reading = redis.from_url(stack.redis_url, retry=Retry(ConstantBackoff(0.2), 25))
        opened.push_async_callback(reading.aclose)
        yield Flow(stack, admin, Partner(http), reading)
