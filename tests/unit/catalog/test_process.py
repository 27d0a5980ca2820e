"""The api as a process, with PostgreSQL and Kafka."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from deploy.local.child import Child, Program, running
from deploy.local.ports import free_port
from libs.common.contracts.catalog import Credential
from libs.common.contracts.topics import CREDENTIAL
from libs.common.kafka.provision import provision
from tests.support.waiting import until
from tests.unit.catalog.bodies import credential


@contextlib.asynccontextmanager
async def api_process(
    database_url: str, kafka: str, folder: Path
) -> AsyncIterator[tuple[httpx.AsyncClient, Child]]:
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base_url, trust_env=False) as client:

        async def live() -> bool:
            try:
                return (await client.get("/health/live")).is_success
            except httpx.HTTPError:
                return False

        program = Program(
            name="catalog",
            command=(sys.executable, "-m", "services.catalog", "api"),
            log=folder / "catalog.log",
            environment={
                **os.environ,
                "STACKWISE_POSTGRES_URL": database_url,
                "STACKWISE_KAFKA_BOOTSTRAP": kafka,
                "STACKWISE_KAFKA_IDEMPOTENCE": "false",
                "STACKWISE_PORT": str(port),
            },
            ready=live,
        )
        async with running(program) as child:
            yield client, child


async def published(kafka: str, id: str) -> list[ConsumerRecord]:
    """All records of one credential, in their order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, fetch_max_wait_ms=10)
    await consumer.start()
    try:
        place = TopicPartition(CREDENTIAL.name, 0)
        end = (await consumer.end_offsets([place]))[place]
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        found: list[ConsumerRecord] = []
        while end > await consumer.position(place):
            batches = await consumer.getmany(place, timeout_ms=500)
            found += batches.get(place, [])
        return [record for record in found if record.key == id.encode()]
    finally:
        await consumer.stop()


def ready(client: httpx.AsyncClient) -> Callable[[], Awaitable[httpx.Response]]:
    return lambda: client.get("/health/ready")


async def test_what_is_stored_is_published_in_order_with_its_envelope(
    database_url: str, kafka_bootstrap: str, tmp_path: Path
) -> None:
    """Each change arrives under its id with the newest revision last; `republish` sends it again; the
    process ends cleanly when asked to."""
    await provision(kafka_bootstrap)
    id = f"https://acme.example/{tmp_path.name}/é"
    async with api_process(database_url, kafka_bootstrap, tmp_path) as (client, child):
        await until(ready(client), lambda answer: answer.status_code == 200)
        path = f"/credentials/{quote(id, safe='')}"
        assert (await client.put(path, json=credential())).json()["id"] == id
        retired = (await client.delete(path)).json()

        records = await until(
            lambda: published(kafka_bootstrap, id),
            lambda seen: seen and _value(seen[-1]).revision == 2,
        )
        assert _value(records[-1]) == msgspec.convert(retired, Credential)
        headers = dict(records[-1].headers)
        assert headers["ce_type"] == b"catalog.credential.v1"
        assert headers.keys() >= {"ce_id", "ce_source", "ce_time", "ce_specversion"}

        again = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.catalog", "republish"),
            env={**os.environ, "STACKWISE_POSTGRES_URL": database_url},
        )
        assert await again.wait() == 0
        await until(
            lambda: published(kafka_bootstrap, id), lambda seen: len(seen) == len(records) + 1
        )
        await child.stop()
        assert child.exit_code == 0


async def test_without_kafka_writes_are_stored_and_readiness_says_so(
    database_url: str, tmp_path: Path
) -> None:
    """The api starts, takes writes and answers reads; `relay` is what keeps it from being ready."""
    nobody = f"127.0.0.1:{free_port()}"
    async with api_process(database_url, nobody, tmp_path) as (client, _):
        assert (await client.put("/credentials/c1", json=credential())).status_code == 201
        answer = await until(
            ready(client), lambda seen: seen.json()["problems"].keys() == {"relay"}
        )
        assert answer.status_code == 503


def _value(record: ConsumerRecord) -> Credential:
    return msgspec.json.decode(record.value, type=Credential)
