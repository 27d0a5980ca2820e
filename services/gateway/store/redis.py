"""Redis as the gateway uses it: nothing waits for it longer than a moment."""

from typing import Any, TypeAlias

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException, RedisError

Client: TypeAlias = Redis | RedisCluster
AWAY = (RedisError, RedisClusterException, OSError)
"""What is raised when Redis does not do what it was asked to."""

CONNECT_SECONDS = 0.3
ANSWER_SECONDS = 0.2
POOL_WAIT_SECONDS = 0.1


def reader(url: str, *, connections: int = 8, cluster: bool = False) -> Client:
    """For reads: short deadlines, a bounded pool, one retry where a connection was lost. `cluster`: the URL is that of
    a node of a Redis Cluster; the pool is each node's."""
    settings: dict[str, Any] = {
        "socket_timeout": ANSWER_SECONDS,
        "socket_connect_timeout": CONNECT_SECONDS,
    }
    if cluster:
        return RedisCluster.from_url(
            url, max_connections=connections, retry=Retry(NoBackoff(), 1), **settings
        )
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=POOL_WAIT_SECONDS,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        **settings,
    )
    return Redis.from_pool(pool)


def listener(url: str, *, cluster: bool = False) -> Client:
    """For subscriptions: connects as quickly, and then waits for as long as nothing happens."""
    kind: Any = RedisCluster if cluster else Redis
    client: Client = kind.from_url(
        url, socket_connect_timeout=CONNECT_SECONDS, socket_keepalive=True, health_check_interval=15
    )
    return client
