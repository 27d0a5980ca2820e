"""Child processes: each leads its own session, writes to a log file and dies with this process."""

import asyncio
import contextlib
import os
import pwd
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.local.errors import Unstarted

_LAUNCHER = Path(__file__).with_name("launch.py")
_LOG_TAIL = 2_000


@dataclass(frozen=True)
class Program:
    """What to run and how to see that it is ready.

    `environment` is all that it gets, None for this process's own. `user` is an account to change
    to (root only).
    """

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] | None = None
    directory: Path | None = None
    ready: Callable[[], Awaitable[bool]] | None = None
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL


def dying_with_us(
    command: Sequence[str],
    *,
    user: str | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> tuple[str, ...]:
    """The command line that runs `command` so that it gets the signal when this process dies."""
    account = pwd.getpwnam(user) if user else None
    identity = (account.pw_uid, account.pw_gid) if account else (-1, -1)
    launch = map(str, (os.getpid(), int(death_signal), *identity))
    return (sys.executable, "-I", "-S", str(_LAUNCHER), *launch, *command)


class Watch(Protocol):
    """Told of the sessions that children lead."""

    def begun(self, pid: int) -> None: ...
    def ended(self, pid: int) -> None: ...


class Child:
    """A running program."""

    def __init__(
        self, program: Program, process: asyncio.subprocess.Process, watch: Watch | None
    ) -> None:
        self.program = program
        self._process = process
        self._watch = watch

    @classmethod
    async def start(cls, program: Program, watch: Watch | None = None) -> "Child":
        """Starts the program; `ready` is not waited for."""
        command = dying_with_us(
            program.command, user=program.user, death_signal=program.death_signal
        )
        with program.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=program.environment,
                cwd=program.directory,
                start_new_session=True,
            )
        if watch is not None:
            watch.begun(process.pid)
        return cls(program, process, watch)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -N when signal N ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        """Waits for the end, then ends what the program itself left running in its session."""
        code = await self._process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        if self._watch is not None:
            self._watch.ended(self.pid)
        return code

    def send(self, number: signal.Signals) -> None:
        """Sends a signal; does nothing when the process has ended."""
        if self.exit_code is None:
            self._process.send_signal(number)

    async def stop(self, grace: float = 20) -> None:
        """Asks it to stop, and kills it after `grace` seconds."""
        self.send(self.program.stop_signal)
        self.send(signal.SIGCONT)
        try:
            await asyncio.wait_for(self.wait(), grace)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """Ends it with SIGKILL and waits until it is gone."""
        self.send(signal.SIGKILL)
        await self.wait()

    async def until_ready(self, timeout: float = 30) -> None:
        """Polls `ready`; Unstarted with the end of its log when the program ends or time is up."""
        deadline = time.monotonic() + timeout
        while not (self.program.ready is None or await self.program.ready()):
            if self.exit_code is not None or time.monotonic() > deadline:
                state = "is silent" if self.exit_code is None else f"ended with {self.exit_code}"
                raise Unstarted(f"{self.program.name} {state}; its log ends:\n{self.log_tail()}")
            await asyncio.sleep(0.02)

    def log_tail(self) -> str:
        """The last lines that it wrote."""
        return self.program.log.read_bytes()[-_LOG_TAIL:].decode(errors="replace")


@contextlib.asynccontextmanager
async def running(program: Program) -> AsyncIterator[Child]:
    """The program, ready, until the block ends."""
    child = await Child.start(program)
    try:
        await child.until_ready()
        yield child
    finally:
        await child.stop()
