"""Work that a process does beside answering."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def background(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs them until the block ends. One that raises ends the block, and with it the process: half
    of a service must not look like a whole one."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        yield
        for task in tasks:
            task.cancel()


def being_cancelled() -> bool:
    """Whether someone cancels this task; otherwise a CancelledError is of a future that a library gave up."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
