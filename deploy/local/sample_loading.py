"""The sample world in a stack: loaded once, through the public API."""

import asyncio
from datetime import UTC, datetime

from msgspec import Struct
from rich.console import Console
from rich.progress import Progress

from deploy.local.keeper import Say
from deploy.local.sample.load import Door, load
from deploy.local.sample.world import SEED, make
from deploy.local.stack import Stack

_FILE = "sample.json"


class Loaded(Struct, frozen=True):
    """Which world was loaded, and when it ends."""

    seed: int
    until: datetime


async def ensure_sample(stack: Stack, say: Say) -> None:
    """Loads the world unless it was.

    An interrupted loading is gone on with: the same world again changes nothing.
    """
    if stack.state.read(_FILE, Loaded) is not None:
        return
    loaded = stack.state.read(f"begun-{_FILE}", Loaded) or Loaded(SEED, datetime.now(UTC))
    stack.state.write(f"begun-{_FILE}", loaded)
    say("making the sample world")
    world = await asyncio.to_thread(make, loaded.until, seed=loaded.seed)
    say("loading the sample world")
    door = Door(stack.gateway_url, stack.admin_key, stack.partner.secret_key)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        await load(door, world, progress)
    stack.state.write(_FILE, loaded)
