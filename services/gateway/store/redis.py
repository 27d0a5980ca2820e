"""Redis as the gateway uses it: nothing waits for it longer than a moment."""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

CONNECT_SECONDS = 0.3
ANSWER_SECONDS = 0.2
POOL_WAIT_SECONDS = 0.1


def reader(url: str, *, connections: int = 8) -> "Redis":
    """For reads: short deadlines, a bounded pool, one retry where a connection was lost."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=POOL_WAIT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )
    return Redis.from_pool(pool)


def listener(url: str) -> "Redis":
    """For subscriptions: connects as quickly, and then waits for as long as nothing happens."""
    return Redis.from_url(
        url, socket_connect_timeout=CONNECT_SECONDS, socket_keepalive=True, health_check_interval=15
    )
