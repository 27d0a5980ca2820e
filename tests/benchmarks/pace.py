"""Doing something at a rate, whatever the answers take; and one after the other."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable

TICK_SECONDS = 0.05
MOST_UNDER_WAY = 64


class Load:
    """Calls `act(how many)` every tick so that it comes to `rate` a second, until the block ends.

    `acted` counts what `act` returned; `errors` what it raised, and ticks left out because too many
    calls were under way.
    """

    def __init__(self, rate: float, act: Callable[[int], Awaitable[int]]) -> None:
        self._rate = rate
        self._act = act
        self._calls: set[asyncio.Task[None]] = set()
        self.acted = 0
        self.errors: Counter[str] = Counter()
        self.seconds = 0.0

    async def run(self, seconds: float) -> None:
        """Returns when the time is up and every call has ended."""
        began, begun, due = time.perf_counter(), 0, 0.0
        while due < seconds:
            due = min(time.perf_counter() - began + TICK_SECONDS, seconds)
            if (wanted := round(due * self._rate)) > begun:
                self._begin(wanted - begun)
                begun = wanted
            await asyncio.sleep(TICK_SECONDS - (time.perf_counter() - began) % TICK_SECONDS)
        if self._calls:
            await asyncio.wait(self._calls)
        self.seconds = time.perf_counter() - began

    def _begin(self, count: int) -> None:
        if len(self._calls) >= MOST_UNDER_WAY:
            self.errors["left out"] += count
            return
        call = asyncio.create_task(self._call(count))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _call(self, count: int) -> None:
        try:
            acted = await self._act(count)
        except (OSError, EOFError) as error:
            self.errors[type(error).__name__] += count
        else:
            self.acted += acted


async def one_by_one(count: int, act: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Acts again and again, at most so often and so long, with short breaks of different lengths."""
    until = time.perf_counter() + seconds
    for _ in range(count):
        await act()
        if time.perf_counter() > until:
            return
        await asyncio.sleep(random.uniform(0, 0.02))
