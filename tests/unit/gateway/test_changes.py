"""Waiting for changes on a subscription that answers in whatever order the network has."""

import asyncio
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisAway

from libs.common.background import background
from libs.common.contracts import redis_keys
from libs.common.errors import TryAgain
from services.gateway.store.changes import Changes


class _Pubsub:
    """A subscription whose confirmation is read before the command that asked for it returns."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.away = False

    def pubsub(self) -> "_Pubsub":
        return self

    async def ssubscribe(self, name: bytes) -> None:
        if self.away:
            raise RedisAway
        await self.messages.put({"type": "ssubscribe", "channel": name, "data": 1})
        for _ in range(5):
            await asyncio.sleep(0)

    async def get_message(self, timeout: float) -> dict[str, Any]:
        return await self.messages.get()

    async def aclose(self) -> None:
        pass


async def _entered(changes: Changes, partition: int) -> None:
    async with asyncio.timeout(2), changes.of(partition, "learner"):
        pass


async def test_a_confirmation_that_comes_at_once_is_not_lost() -> None:
    """While another subscription is being listened to, a new one is confirmed all the same."""
    changes = Changes(_Pubsub())  # type: ignore[arg-type]
    async with background(changes.run()):
        for partition in range(3):
            await _entered(changes, partition)


async def test_a_subscription_that_failed_is_tried_again() -> None:
    """Redis away is TryAgain, and the next one to wait subscribes anew."""
    pubsub = _Pubsub()
    changes = Changes(pubsub)  # type: ignore[arg-type]
    async with background(changes.run()):
        pubsub.away = True
        with pytest.raises(TryAgain):
            await _entered(changes, 1)
        pubsub.away = False
        await _entered(changes, 1)
        name = redis_keys.changed(1).encode()
        async with asyncio.timeout(2), changes.of(1, "learner") as changed:
            await pubsub.messages.put({"type": "smessage", "channel": name, "data": b"learner"})
            await changed.wait()
