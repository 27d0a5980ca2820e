"""A Redis Cluster of three nodes on this machine, from the embedded Valkey."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypedDict

from redis.asyncio import Redis

from deploy.local.child import running
from deploy.local.embedded import valkey
from deploy.local.ports import free_port
from tests.support.waiting import until

NODES = 3
SLOTS = 16_384


class RedisAt(TypedDict):
    """What a client of ours is told."""

    url: str
    cluster: bool


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[str]:
    """The URL of its first node, once all of them know of all slots; gone when the block ends."""
    password = secrets.token_urlsafe(24)
    async with AsyncExitStack() as opened:
        ports = [(free_port(), free_port()) for _ in range(NODES)]
        clients, urls = [], []
        for number, (port, bus) in enumerate(ports):
            server = valkey.prepare(
                folder / f"redis-{number}",
                folder / f"redis-{number}.log",
                port,
                password=password,
                cluster_port=bus,
            )
            await opened.enter_async_context(running(server.program))
            clients.append(await opened.enter_async_context(Redis.from_url(server.url)))
            urls.append(server.url)
        await join(clients, ports)
        yield urls[0]


async def join(nodes: Sequence["Redis"], ports: Sequence[tuple[int, int]]) -> None:
    """Shares the slots out among the nodes and has them know each other."""
    for number, node in enumerate(nodes):
        first, after = (SLOTS * at // NODES for at in (number, number + 1))
        await node.execute_command("CLUSTER", "ADDSLOTSRANGE", first, after - 1)
        await node.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
    for port, bus in ports[1:]:
        await nodes[0].execute_command("CLUSTER", "MEET", "127.0.0.1", port, bus)
    for node in nodes:
        await until(lambda node=node: _slots_known(node), lambda known: known == (SLOTS, NODES))


async def _slots_known(node: "Redis") -> tuple[int, int]:
    """Of how many slots and nodes a node knows; no slots before it serves."""
    info: Any = await node.execute_command("CLUSTER", "INFO")
    if isinstance(info, bytes):
        info = dict(line.split(":") for line in info.decode().split())
    serving = info["cluster_state"] == "ok"
    return int(info["cluster_slots_ok"]) if serving else 0, int(info["cluster_size"])
