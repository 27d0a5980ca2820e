"""The canary's composition root."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar

from libs.common.background import background
from libs.common.client import ServiceClient
from libs.common.health import Health
from libs.common.web import App, create_app
from services.gateway.canary.rounds import Canary
from services.gateway.settings import CanarySettings


def build_canary(settings: CanarySettings) -> App:
    """The canary's process; its HTTP side answers for its health only. It needs nothing to be ready: what it finds missing is
    what it is there to say."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with ServiceClient("gateway", settings.gateway_url) as gateway:
            canary = Canary(gateway, settings.canary_key.get_secret_value())
            async with background(_sing(canary, settings.canary_seconds)):
                yield

    return create_app(routes=(), health=Health(), lifespan=[lifespan])


async def _sing(canary: Canary, every: float) -> None:
    """A round each so many seconds, however long the one before took."""
    while True:
        pause = asyncio.create_task(asyncio.sleep(every))
        await canary.round()
        await pause
