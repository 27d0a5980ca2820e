"""Waiting for a learner's list to change: one subscription per partition, while somebody waits.

The channels are sharded (`SSUBSCRIBE`), as the commit script publishes them.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from redis.asyncio import RedisCluster

from libs.common.contracts import redis_keys
from libs.common.errors import TryAgain
from services.gateway.store.redis import AWAY, Client
from services.gateway.store.sharded import Sharded

log = structlog.get_logger()

REST_SECONDS = 0.2
IDLE_SECONDS = 5.0


class Channel:
    """Who waits on one partition, and whether Redis has confirmed the subscription."""

    def __init__(self) -> None:
        self.confirmed = asyncio.Event()
        self.waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)


class Changes:
    """`async with changes.of(partition, learner_key) as changed:` sets `changed` at every change."""

    def __init__(self, client: Client) -> None:
        self._pubsub: Any = Sharded(client) if isinstance(client, RedisCluster) else client.pubsub()
        self._channels: dict[bytes, Channel] = {}
        self._subscribing = asyncio.Lock()
        self._subscribed = asyncio.Event()

    @asynccontextmanager
    async def of(self, partition: int, learner_key: str) -> AsyncIterator[asyncio.Event]:
        """Entered once Redis has confirmed, so that a read afterwards misses nothing. Raises TryAgain."""
        name = redis_keys.changed(partition).encode()
        channel = await self._channel(name)
        changed = asyncio.Event()
        channel.waiting[learner_key].add(changed)
        try:
            await channel.confirmed.wait()
            yield changed
        finally:
            channel.waiting[learner_key].discard(changed)
            if not channel.waiting[learner_key]:
                del channel.waiting[learner_key]

    async def run(self) -> None:
        """Hands messages on until cancelled; a lost connection is made again, subscriptions with it."""
        try:
            while True:
                await self._subscribed.wait()
                await self._listen_or_rest()
        finally:
            await self._pubsub.aclose()

    async def _channel(self, name: bytes) -> Channel:
        async with self._subscribing:
            channel = self._channels.get(name)
            if channel is None:
                # Known before Redis is asked: its confirmation may be read before the call returns.
                channel = self._channels[name] = Channel()
                try:
                    await _or_away(self._pubsub.ssubscribe(name))
                except BaseException:
                    del self._channels[name]
                    raise
                self._subscribed.set()
            return channel

    async def _listen_or_rest(self) -> None:
        try:
            await self._listen()
        except AWAY as error:
            log.warning("waiting for changes was interrupted", error=type(error).__name__)
            await asyncio.sleep(REST_SECONDS)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        swept = loop.time()
        while self._channels:
            message = await self._pubsub.get_message(timeout=IDLE_SECONDS)
            if message is not None:
                self._handle(message)
            if loop.time() - swept >= IDLE_SECONDS:
                swept = loop.time()
                await self._leave_idle()
        self._subscribed.clear()

    async def _leave_idle(self) -> None:
        async with self._subscribing:
            idle = [name for name, channel in self._channels.items() if not channel.waiting]
            for name in idle:
                del self._channels[name]
            if idle:
                await self._pubsub.sunsubscribe(*idle)

    def _handle(self, message: dict[str, Any]) -> None:
        channel = self._channels.get(message["channel"])
        if channel is None:
            return
        if message["type"] == "ssubscribe":
            # Again after a lost connection: whoever waits may have missed a message.
            channel.confirmed.set()
            woken = [changed for waiting in channel.waiting.values() for changed in waiting]
        elif message["type"] == "smessage":
            woken = list(channel.waiting.get(message["data"].decode(), ()))
        else:  # sunsubscribe of an idle channel that somebody waits on again
            return
        for changed in woken:
            changed.set()


async def _or_away(command: Any) -> None:
    try:
        await command
    except AWAY as error:
        raise TryAgain(f"Redis is away: {type(error).__name__}") from error
