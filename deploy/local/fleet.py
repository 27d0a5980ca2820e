"""Processes that belong together, and the order in which they stop."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from deploy.local.child import Child, Program, Watch
from deploy.local.keeper import Launch, Process, Say
from deploy.local.together import together


class Fleet:
    """Named processes, each kept running."""

    def __init__(self, *, watch: Watch, say: Say) -> None:
        self.processes: dict[str, Process] = {}
        self._given_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watch = watch
        self._say = say

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    async def launch(self, program: Program) -> Child:
        """Starts a program under the guard's eyes."""
        return await Child.start(program, self._watch)

    async def start(self, program: Program, launch: Launch | None = None) -> Process:
        """Starts a program, waits until it is ready and keeps it running."""
        process = Process(
            program, say=self._say, launch=launch or self.launch, given_up=self._given_up
        )
        self.processes[program.name] = process
        await process.start()
        return process

    async def start_all(self, programs: Iterable[Program]) -> None:
        """The same for several at once."""
        await together(*(self.start(program) for program in programs))

    async def stop(self, *names: str, grace: float = 20) -> None:
        """Stops the named processes at the same time."""
        await asyncio.gather(
            *(self.processes[name].stop(grace) for name in names if name in self.processes)
        )

    async def failure(self) -> None:
        """Waits until one of them cannot be kept running and raises why."""
        await asyncio.shield(self._given_up)

    async def unless_failed(self, work: Coroutine[Any, Any, None]) -> None:
        """Does the work, or raises why one of the processes cannot be kept running meanwhile."""
        working, failing = asyncio.create_task(work), asyncio.create_task(self.failure())
        try:
            await asyncio.wait((working, failing), return_when=asyncio.FIRST_COMPLETED)
            await (failing if failing.done() else working)
        finally:
            working.cancel()
            failing.cancel()
            await asyncio.gather(working, failing, return_exceptions=True)
