"""Replacing the instances of a service one by one, behind what stands before them as a Service does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

from deploy.local.keeper import Process
from deploy.local.ports import free_port
from deploy.local.proxy import Proxy, proxy
from deploy.local.stack import Stack

SERVING = ("catalog", "profile", "recommender", "gateway")
GRACE_SECONDS = 45.0
"""As in the manifests."""


class Service:
    """One service: the instance that takes new connections, and the address before it."""

    def __init__(self, stack: Stack, name: str, front: Proxy) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{front.port}"
        self._stack = stack
        self._front = front
        self._instance = name
        self._count = 1

    async def another(self, **variables: str) -> str:
        """Starts a new instance, has it take the new connections once it is ready; the name of the old one."""
        old, self._count = self._instance, self._count + 1
        self._instance = f"{self.name} {self._count}"
        url = await self._stack.start_beside(self.name, self._instance, **variables)
        self._front.target = urlsplit(url).port or 0
        return old

    async def replace(self, **variables: str) -> None:
        """A new instance, ready, before the old one is asked to stop; fails unless that ends by itself."""
        old = self._stack.processes[await self.another(**variables)]
        await ended(old)

    async def restore(self) -> None:
        """The stack's own instance runs, and no other."""
        own = self._stack.processes[self.name]
        if own.down:
            await own.start()
        others = (f"{self.name} {number}" for number in range(2, self._count + 1))
        await asyncio.gather(*(self._stack.processes[name].stop(GRACE_SECONDS) for name in others))


@asynccontextmanager
async def in_front(stack: Stack) -> AsyncIterator[Mapping[str, Service]]:
    """The services by name, each behind its front, which the gateway behind its own calls. Afterwards the stack is as
    before."""
    async with AsyncExitStack() as opened:
        services = {}
        for name in SERVING:
            port = urlsplit(stack.url(name)).port or 0
            front = await opened.enter_async_context(proxy(free_port(), port))
            services[name] = Service(stack, name, front)
        try:
            await services["gateway"].another(**addresses(services))
            yield services
        finally:
            await asyncio.gather(*(service.restore() for service in services.values()))
            await stack.until_ready()


def addresses(services: Mapping[str, Service]) -> dict[str, str]:
    """What the gateway is told of the others."""
    return {
        f"STACKWISE_{name.upper()}_URL": service.url
        for name, service in services.items()
        if name != "gateway"
    }


async def ended(process: Process) -> None:
    """SIGTERM; fails unless it ends by itself and in time."""
    await process.stop(GRACE_SECONDS)
    assert process.exit_code == 0, f"{process.name} ended with {process.exit_code}"
