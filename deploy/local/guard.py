"""The supervisor's end of the warden."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

_WARDEN = Path(__file__).with_name("warden.py")


class Guard:
    """Tells the warden which sessions to end should this process die."""

    def __init__(self, to_warden: asyncio.StreamWriter) -> None:
        self._to_warden = to_warden

    def begun(self, pid: int) -> None:
        self._to_warden.write(b"+%d\n" % pid)

    def ended(self, pid: int) -> None:
        self._to_warden.write(b"-%d\n" % pid)


@contextlib.asynccontextmanager
async def guarded() -> AsyncIterator[Guard]:
    """A guard for the children started within the block; all of them have ended when it ends."""
    warden = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(_WARDEN)),
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert warden.stdin is not None
    try:
        yield Guard(warden.stdin)
    finally:
        warden.stdin.close()
        await warden.wait()
