"""The api process over real PostgreSQL and a real broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from deploy.local.child import running
from deploy.local.embedded import tansu
from deploy.local.ports import free_port
from deploy.local.proxy import Proxy, proxy
from libs.common.client import ServiceClient
from libs.common.contracts.calls import LearnerRef, NewInteractions, StoredInteractions
from libs.common.contracts.profile import Learner
from libs.common.contracts.topics import CREDENTIAL, INTERACTION, LEARNER, Topic
from libs.common.errors import NotFound, Unavailable
from libs.common.kafka.provision import provision
from services.profile.app import api_app
from services.profile.settings import ApiSettings
from tests.support.waiting import until
from tests.unit.profile.factories import new_id, viewed
from tests.unit.profile.topic_reader import Written, read_topic

INTERACTIONS = "/partners/p/interactions"
# A relay that finds itself not the first waits out the longest time a send may take, 10 s.
LONG = 60.0


class Kafka:
    """A broker that clients reach only through a proxy."""

    def __init__(self, between: Proxy) -> None:
        self.between = between
        self.bootstrap = f"127.0.0.1:{between.port}"


@pytest.fixture(scope="module")
async def kafka(parts_folder) -> AsyncIterator[Kafka]:
    port, shown = free_port(), free_port()
    async with (
        running(tansu.program(parts_folder / "profile-broker.log", port, advertised_port=shown)),
        proxy(shown, port) as between,
    ):
        kafka = Kafka(between)
        await provision(kafka.bootstrap, topics=[CREDENTIAL, LEARNER, INTERACTION])
        yield kafka


@asynccontextmanager
async def process(
    kafka: Kafka, database_url: str, *, ready: bool = True
) -> AsyncIterator[ServiceClient]:
    """The api as it runs, called without a socket; once it is ready, if it is waited for."""
    app = api_app(
        ApiSettings(
            port=1,
            kafka_bootstrap=kafka.bootstrap,
            kafka_idempotence=False,
            postgres_url=database_url,
        )
    )
    transport = httpx.ASGITransport(app)
    async with (
        app.lifespan(),
        ServiceClient("profile", "http://profile", transport=transport) as client,
    ):
        await until(lambda: is_ready(client), lambda is_so: is_so or not ready, seconds=LONG)
        yield client


async def test_interactions_are_in_the_log_when_they_are_answered(kafka: Kafka, database_url: str):
    """Every position of an answer is the offset at which that event stands, keyed by its learner."""
    async with process(kafka, database_url) as client:
        ids = [new_id() for _ in range(30)]
        events = [viewed(learner_id, f"c{n}") for n in range(5) for learner_id in ids]
        answer = await _post(client, *events)
        found = await _of(kafka, INTERACTION)
        for event, result in zip(events, answer.results, strict=True):
            key = (await _ref(client, event.learner_id)).learner_key
            [record] = [r for r in found if r.key == key and r.offset == result.position]
            assert (record.value.credential_id, record.value.learner_key) == (
                event.credential_id,
                key,
            )


async def test_snapshots_follow_the_changes(kafka: Kafka, database_url: str):
    """Registration, change and erasure reach the learner topic, under one key in rising revisions, and
    the last of them says nothing of whose it was."""
    async with process(kafka, database_url) as client:
        learner_id = new_id("Zoë")
        await _post(client, viewed(learner_id))
        key = (await _ref(client, learner_id)).learner_key
        await until(lambda: _snapshots(kafka, key), len)
        path = ServiceClient.path("partners", "p", "learners", learner_id)
        await client.send("PUT", path, json={"region": "US"})
        await until(
            lambda: _snapshots(kafka, key), lambda found: found and found[-1].region == "US"
        )
        await client.send("DELETE", path)
        found = await until(
            lambda: _snapshots(kafka, key), lambda found: found and found[-1].erased
        )
        assert found[0].learner_id == learner_id
        revisions = [snapshot.revision for snapshot in found]
        assert revisions == sorted(revisions)
        last = (await _of(kafka, LEARNER, key))[-1]
        assert "Zo" not in last.raw.decode()
        assert "US" not in last.raw.decode()


async def test_without_kafka_nothing_is_half_done(kafka: Kafka, database_url: str):
    """While Kafka is away interactions are refused with 503 and nobody is registered by them, profiles
    are stored all the same, readiness says so; back again, all goes on and what was stored is published."""
    known, unknown = new_id("known"), new_id("unknown")
    async with process(kafka, database_url) as client:
        await _post(client, viewed(known))
        async with away(kafka):
            for learner_id in (known, unknown):
                with pytest.raises(Unavailable) as refused:
                    await _post(client, viewed(learner_id))
                assert refused.value.retry_after
            with pytest.raises(NotFound):
                await _ref(client, unknown)
            stored = await _put(client, known, "FR")
            await until(lambda: is_ready(client), lambda ready: not ready, seconds=LONG)
        await until(lambda: is_ready(client), lambda ready: ready, seconds=LONG)
        answer = await _post(client, viewed(known), viewed(unknown))
        assert all(result.position is not None for result in answer.results)
        await _published(kafka, stored)


async def test_what_a_dead_process_has_committed_is_published_by_the_next(
    kafka: Kafka, database_url: str
):
    """A process that ends right after a commit, Kafka out of reach, leaves the snapshot to its successor."""
    async with AsyncExitStack() as absence, process(kafka, database_url) as client:
        await absence.enter_async_context(away(kafka))
        stored = await _put(client, new_id(), "FR")
    assert await _snapshots(kafka, stored.learner_key) == []
    async with process(kafka, database_url):
        await _published(kafka, stored)


async def test_a_process_starts_without_kafka(kafka: Kafka, database_url: str):
    """Started while Kafka is away, the api answers what needs no Kafka, refuses the rest, says that it is
    not ready, and publishes what it was told when Kafka comes."""
    learner_id = new_id()
    async with AsyncExitStack() as running_on:
        async with away(kafka):
            client = await running_on.enter_async_context(process(kafka, database_url, ready=False))
            stored = await _put(client, learner_id, "FR")
            with pytest.raises(Unavailable):
                await _post(client, viewed(learner_id))
            assert not await is_ready(client)
        await until(lambda: is_ready(client), lambda ready: ready, seconds=LONG)
        await _post(client, viewed(learner_id))
        await _published(kafka, stored)


async def test_many_calls_at_once(kafka: Kafka, database_url: str):
    """Calls that name the same new learners at once are all answered, and learners are registered once."""
    async with process(kafka, database_url) as client:
        ids = [new_id() for _ in range(20)]
        answers = await asyncio.gather(
            *(_post(client, *(viewed(learner_id) for learner_id in ids)) for _ in range(30))
        )
        positions = [result.position for answer in answers for result in answer.results]
        assert None not in positions
        refs = {(await _ref(client, learner_id)).learner_key for learner_id in ids}
        assert len(refs) == len(ids)


@asynccontextmanager
async def away(kafka: Kafka) -> AsyncIterator[None]:
    """Kafka out of reach for as long as the block lasts."""
    await kafka.between.sever()
    try:
        yield
    finally:
        await kafka.between.open()


async def is_ready(client: ServiceClient) -> bool:
    try:
        await client.send("GET", "/health/ready")
    except Unavailable:
        return False
    return True


async def _post(client: ServiceClient, *events) -> StoredInteractions:
    calls = NewInteractions(events=list(events))
    return await client.call("POST", INTERACTIONS, json=calls, returns=StoredInteractions)


async def _put(client: ServiceClient, learner_id: str, region: str) -> Learner:
    path = ServiceClient.path("partners", "p", "learners", learner_id)
    return await client.call("PUT", path, json={"region": region}, returns=Learner)


async def _published(kafka: Kafka, learner: Learner) -> None:
    await until(
        lambda: _snapshots(kafka, learner.learner_key),
        lambda found: found and found[-1] == learner,
        seconds=LONG,
    )


async def _ref(client: ServiceClient, learner_id: str) -> LearnerRef:
    path = ServiceClient.path("partners", "p", "learners", learner_id, "key")
    return await client.call("GET", path, returns=LearnerRef)


async def _of(kafka: Kafka, topic: Topic, key: str | None = None) -> list[Written]:
    found = await read_topic(kafka.bootstrap, topic)
    return [record for record in found if key in (None, record.key)]


async def _snapshots(kafka: Kafka, key: str) -> list[Learner]:
    return [record.value for record in await _of(kafka, LEARNER, key)]
