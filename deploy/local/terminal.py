"""The person at the terminal: progress lines, interrupts, errors in one line."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import typer
import uvloop
from rich.console import Console

from deploy.local.errors import StackFailure
from deploy.local.keeper import Say

Main = Callable[[Say], Coroutine[Any, Any, None]]


def run(main: Main) -> None:
    """Runs `main` until it ends, is interrupted (exit code 0) or fails (exit code 1).

    SIGINT and SIGTERM cancel it once; a second one does not disturb the orderly stop.
    """
    # It tells of every attempt to connect; what matters is raised.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    console = _console()
    begun = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[{time.monotonic() - begun:6.1f} s] {line}", markup=False, soft_wrap=True)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_interruptible(main(say), say))
    except StackFailure as failure:
        tell(failure)


def tell(failure: StackFailure) -> NoReturn:
    """The error in one line, and exit code 1."""
    _console().print(f"error: {failure}", markup=False, soft_wrap=True)
    raise typer.Exit(1) from None


def _console() -> Console:
    return Console(stderr=True, highlight=False)


async def _interruptible(main: Coroutine[Any, Any, None], say: Say) -> None:
    task = asyncio.create_task(main)

    def interrupt() -> None:
        if not task.cancelling():
            say("stopping")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    try:
        await task
    except asyncio.CancelledError:
        say("stopped")
