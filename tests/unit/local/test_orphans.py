import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import psutil

from tests.unit.local.waiting import until

_SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from deploy.local.fleet import Fleet
from deploy.local.guard import guarded
from tests.unit.local.fakes import python, sleeper

GRANDPARENT = '''
import signal, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"])
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(600)
'''

async def main(folder):
    async with guarded() as guard:
        fleet = Fleet(watch=guard, say=print)
        await fleet.start_all([sleeper(folder, "api"), python(folder, "trainer", GRANDPARENT)])
        print("started", flush=True)
        await asyncio.sleep(600)

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_nothing_survives_a_killed_supervisor(tmp_path: Path) -> None:
    """After SIGKILL of the supervisor its children, theirs and the warden are gone."""
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SUPERVISOR, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert supervisor.stdout is not None
    assert await supervisor.stdout.readline() == b"started\n"
    known = psutil.Process(supervisor.pid)
    # the warden, two programs, and what one of them starts
    await until(lambda: len(known.children(recursive=True)) == 4)
    family = known.children(recursive=True)
    os.kill(supervisor.pid, signal.SIGKILL)
    await supervisor.wait()
    await until(lambda: not any(_runs(process) for process in family))


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False
