"""Waiting in tests: poll with a deadline, and say what was last seen when it passes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(
    look: Callable[[], Awaitable[T]],
    holds: Callable[[T], object],
    *,
    seconds: float = 20.0,
    every: float = 0.05,
) -> T:
    """What `look` sees once `holds` of it; fails with the last sight when the deadline passes."""
    deadline = time.monotonic() + seconds
    while True:
        seen = await look()
        if holds(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s; last seen: {str(seen)[:2_000]}")
        await asyncio.sleep(every)
