"""Redis reads of one turn of the event loop, sent as one MGET."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Protocol

from redis.exceptions import RedisError

from libs.common.errors import TryAgain
from services.gateway.breaker import Breaker

MOST_KEYS = 512


class Client(Protocol):
    """`redis.asyncio.Redis`, without decoding of responses."""

    def mget(self, keys: Any, *args: Any) -> Awaitable[Any]: ...


class Reads:
    """`await reads.get(keys)` from many requests at once costs Redis one command."""

    def __init__(self, client: Client, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker
        self._pending: dict[str, list[asyncio.Future[bytes | None]]] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def get(self, *keys: str) -> list[bytes | None]:
        """The values in the order of the keys. Raises TryAgain while Redis is away."""
        loop = asyncio.get_running_loop()
        if not self._pending:
            loop.call_soon(self._flush)
        waiting = []
        for key in keys:
            future: asyncio.Future[bytes | None] = loop.create_future()
            self._pending.setdefault(key, []).append(future)
            waiting.append(future)
        return await asyncio.gather(*waiting)

    def _flush(self) -> None:
        pending, self._pending = self._pending, {}
        keys = list(pending)
        for start in range(0, len(keys), MOST_KEYS):
            part = {key: pending[key] for key in keys[start : start + MOST_KEYS]}
            task = asyncio.create_task(self._read(part))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _read(self, pending: dict[str, list[asyncio.Future[bytes | None]]]) -> None:
        try:
            with self._breaker.guarding():
                values = await self._mget(list(pending))
        except TryAgain as away:
            for future in _unanswered(pending):
                future.set_exception(away)
            return
        for futures, value in zip(pending.values(), values, strict=True):
            for future in futures:
                if not future.done():
                    future.set_result(value)

    async def _mget(self, keys: list[str]) -> list[bytes | None]:
        try:
            values: list[bytes | None] = await self._client.mget(keys)
        except (RedisError, OSError) as error:
            raise TryAgain(f"Redis is away: {type(error).__name__}") from error
        return values


def _unanswered(
    pending: dict[str, list[asyncio.Future[bytes | None]]],
) -> list[asyncio.Future[bytes | None]]:
    return [future for futures in pending.values() for future in futures if not future.done()]
