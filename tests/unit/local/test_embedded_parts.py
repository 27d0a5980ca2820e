import asyncpg
import pytest
import redis.asyncio as redis
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from deploy.local.embedded.postgres import Postgres


async def test_postgres_gives_each_caller_a_database_of_its_own(postgres: Postgres) -> None:
    """Two databases asked for by the same name are different and both usable."""
    urls = [await postgres.create_database("catalog") for _ in range(2)]
    assert urls[0] != urls[1]
    for url in urls:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        await connection.execute("CREATE TABLE only_here (id int)")
        await connection.close()


async def test_postgres_asks_for_its_password(postgres: Postgres) -> None:
    """Without the password nobody on this machine gets in."""
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            host="127.0.0.1", port=postgres.port, user="stackwise", password="", database="postgres"
        )


async def test_valkey_answers_with_its_password_only(redis_url: str) -> None:
    """The url works, and the same server without the password does not."""
    async with redis.Redis.from_url(redis_url) as client:
        assert await client.set("greeting", "hello")
        assert await client.get("greeting") == b"hello"
    port = int(redis_url.rsplit(":", 1)[1].split("/")[0])
    async with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger:
        with pytest.raises(redis.AuthenticationError):
            await stranger.get("greeting")


async def test_a_record_sent_to_the_broker_is_read_back(kafka_bootstrap: str) -> None:
    """What a producer sends, a consumer reads."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait("local.smoke", b"hello")
    finally:
        await producer.stop()
    consumer = AIOKafkaConsumer(
        "local.smoke", bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        assert (await consumer.getone()).value == b"hello"
    finally:
        await consumer.stop()
