"""Redis reads of one turn of the event loop, and of the time that the last command takes, as one MGET.

A command costs as much as thirty of its keys, so the busier the gateway the cheaper a read. The
deadline of a command bounds what waiting behind it can take.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from itertools import chain
from typing import Any, NamedTuple, Protocol

from redis.asyncio import RedisCluster

from libs.common.errors import TryAgain
from services.gateway.breaker import Breaker
from services.gateway.store.redis import AWAY

MOST_READS = 256


class Client(Protocol):
    """`redis.asyncio.Redis` or `RedisCluster`, without decoding of responses."""

    def mget(self, keys: Any, *args: Any) -> Awaitable[Any]: ...


class Read(NamedTuple):
    """Keys, and who waits for their values."""

    keys: tuple[str, ...]
    values: "asyncio.Future[list[bytes | None]]"


class Reads:
    """`await reads.get(keys)` from many requests at once costs Redis one command."""

    def __init__(self, client: Client, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker
        self._waiting: list[Read] = []
        self._sending: asyncio.Task[None] | None = None

    async def get(self, *keys: str) -> list[bytes | None]:
        """The values in the order of the keys. Raises TryAgain while Redis is away."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._flush)
        read = Read(keys, loop.create_future())
        self._waiting.append(read)
        return await read.values

    def _flush(self) -> None:
        if self._waiting and self._sending is None:
            reads, self._waiting = self._waiting[:MOST_READS], self._waiting[MOST_READS:]
            self._sending = asyncio.create_task(self._send(reads))
            self._sending.add_done_callback(self._sent)

    def _sent(self, _: asyncio.Task[None]) -> None:
        self._sending = None
        self._flush()

    async def _send(self, reads: Sequence[Read]) -> None:
        keys = list(dict.fromkeys(chain.from_iterable(read.keys for read in reads)))
        try:
            with self._breaker.guarding():
                values = dict(zip(keys, await self._mget(keys), strict=True))
        except TryAgain as away:
            for read in reads:
                if not read.values.done():
                    read.values.set_exception(away)
            return
        for read in reads:
            if not read.values.done():
                read.values.set_result([values[key] for key in read.keys])

    async def _mget(self, keys: list[str]) -> list[bytes | None]:
        """One partition's values are those of one moment, in a cluster as well."""
        get = (
            self._client.mget_nonatomic
            if isinstance(self._client, RedisCluster)
            else self._client.mget
        )
        try:
            values: list[bytes | None] = await get(keys)
        except AWAY as error:
            raise TryAgain(f"Redis is away: {type(error).__name__}") from error
        return values
