"""Sharded channels of a Redis Cluster, read as those of one server are."""

import asyncio
from typing import Any

from redis.asyncio import RedisCluster

Message = dict[str, Any]


class Sharded:
    """The part of `PubSub` that `Changes` uses. The library's own `get_message` of a cluster asks one node after the
    other, so that a change on the second would wait for the first's time to run out; here all are read at once."""

    def __init__(self, cluster: RedisCluster) -> None:
        self._cluster = cluster
        self._pubsub = cluster.pubsub()
        self._reading: dict[str, asyncio.Task[Message | None]] = {}
        self._subscribed = asyncio.Event()

    async def ssubscribe(self, name: bytes) -> None:
        """Asks the node that has the channel; its confirmation is a message."""
        await self._cluster.initialize()
        await self._pubsub.ssubscribe(name)
        self._subscribed.set()

    async def sunsubscribe(self, *names: bytes) -> None:
        """Leaves the channels, each where it is."""
        await self._pubsub.sunsubscribe(*names)

    async def get_message(self, timeout: float) -> Message | None:
        """The next message of any node, None when there was none in time. Raises what `AWAY` lists when a node
        is lost; who has its channels now has been asked by then."""
        self._subscribed.clear()
        self._read(timeout)
        subscribed = asyncio.create_task(self._subscribed.wait())
        try:
            await asyncio.wait(
                (*self._reading.values(), subscribed),
                timeout=timeout,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            subscribed.cancel()
        for name, task in self._reading.items():
            if task.done():
                del self._reading[name]
                return await self._taken(task)
        return None

    def _read(self, timeout: float) -> None:
        """Every node with a subscription that is not being read yet is from here on."""
        for name, channel in self._pubsub.node_pubsub_mapping.items():
            node = self._cluster.get_node(node_name=name)
            connected: Any = channel.connection
            if node is not None and connected is not None and name not in self._reading:
                self._reading[name] = asyncio.create_task(
                    self._pubsub.get_sharded_message(timeout=timeout, target_node=node)
                )

    async def _taken(self, task: "asyncio.Task[Message | None]") -> Message | None:
        """Where a channel was lost, with its node or because its slot has moved, the library subscribes anew once it
        knows the cluster as it is now."""
        if task.exception() is not None:
            await self._cluster.nodes_manager.initialize()
            return task.result()
        message = task.result()
        if message is not None and message["type"] == "sunsubscribe":
            await self._cluster.nodes_manager.initialize()
        return message

    async def aclose(self) -> None:
        """Ends reading and the subscriptions."""
        for task in self._reading.values():
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)
        self._reading.clear()
        await self._pubsub.aclose()
