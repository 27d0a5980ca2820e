"""Keeps programs running: a death is named and followed by a new start, too many are the end."""

import asyncio
import contextlib
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable

from deploy.local.child import Child, Program
from deploy.local.errors import TooManyDeaths

_WINDOW_SECONDS = 60.0
_DEATHS = 5
_FIRST_BACKOFF_SECONDS = 0.2

Say = Callable[[str], None]
Launch = Callable[[Program], Awaitable[Child]]


class Deaths:
    """Counts deaths within the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: deque[float] = deque()

    def count(self) -> int:
        """One more; how many there were in the last minute, this one included."""
        now = self._clock()
        self._times.append(now)
        while self._times[0] <= now - _WINDOW_SECONDS:
            self._times.popleft()
        return len(self._times)


class Process:
    """A program that is to run until `stop`, with what a chaos test does to it.

    given_up: where the exception goes for which it cannot be kept running any more.
    """

    def __init__(
        self, program: Program, *, say: Say, launch: Launch, given_up: asyncio.Future[None]
    ) -> None:
        self.program = program
        self.name = program.name
        self._given_up = given_up
        self._say = say
        self._launch = launch
        self._deaths = Deaths()
        self._child: Child | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()
        self._frozen = False

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return None if self._child is None or self._child.exit_code is not None else self._child.pid

    @property
    def exit_code(self) -> int | None:
        """How its last run ended; None while it runs."""
        return None if self._child is None else self._child.exit_code

    @property
    def down(self) -> bool:
        """Whether it is to stay down: not started yet, or stopped, until `start`."""
        return self._keeping is None

    @property
    def frozen(self) -> bool:
        """Whether `freeze` holds it."""
        return self._frozen and self.pid is not None

    async def start(self, timeout: float = 120) -> None:
        """Starts it and waits until its `ready` says so; Unstarted when it does not."""
        async with self._changing:
            child = self._child = await self._launch(self.program)
            self._frozen = False
        try:
            await child.until_ready(timeout)
        except BaseException:
            await child.kill()
            raise
        self._keeping = asyncio.create_task(self._keep(child), name=f"keep {self.name}")

    async def stop(self, grace: float = 20) -> None:
        """Ends it for good, with SIGKILL after `grace` seconds; `start` begins again."""
        await self._let_go()
        if self._child is not None:
            await self._child.stop(grace)

    async def crash(self) -> None:
        """SIGKILL, and it stays down until `start`."""
        await self._let_go()
        if self._child is not None:
            await self._child.kill()

    async def restart(self) -> None:
        """A clean stop and a start."""
        await self.stop()
        await self.start()

    def kill(self) -> None:
        """SIGKILL, as from outside: it is started again after the backoff."""
        self._send(signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP: it keeps its connections and does nothing."""
        self._frozen = True
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._frozen = False
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        if self._child is not None:
            self._child.send(number)

    async def _let_go(self) -> None:
        """Its death is its end from here on; a launch under way is waited for, so that none is forgotten."""
        if self._keeping is None:
            return
        async with self._changing:
            self._keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeping
        self._keeping = None

    async def _keep(self, child: Child) -> None:
        try:
            while True:
                code = await child.wait()
                await asyncio.sleep(self._backoff(child, code))
                async with self._changing:
                    child = self._child = await self._launch(self.program)
                    self._frozen = False
        except Exception as error:  # noqa: BLE001 whoever waits for it gets it
            if not self._given_up.done():
                self._given_up.set_exception(error)

    def _backoff(self, child: Child, code: int) -> float:
        """Seconds until the next start; TooManyDeaths after the fifth death in a minute."""
        deaths = self._deaths.count()
        died = f"{self.name} {_describe(code)}"
        log = self.program.log
        if deaths >= _DEATHS:
            raise TooManyDeaths(
                f"{died}, the {deaths}th time in a minute; its log ({log}) ends:\n{child.log_tail()}"
            )
        backoff = _FIRST_BACKOFF_SECONDS * (1 << deaths - 1)
        self._say(f"{died}; starting it again in {backoff:.1f} s (log: {log})")
        return backoff


def _describe(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"
