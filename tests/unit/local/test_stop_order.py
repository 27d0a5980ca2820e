from pathlib import Path

import pytest

from deploy.local.child import Program
from deploy.local.fleet import Fleet
from deploy.local.guard import guarded
from deploy.local.parts import PARTS
from deploy.local.services import Surroundings
from deploy.local.stack import Stack
from deploy.local.state import Secrets, StateFolder
from tests.unit.local.fakes import python
from tests.unit.local.waiting import until

_LEAVES_LAST_WORDS = """
import signal, time
def stop(*_):
    with open({diary!r}, "a") as diary:
        diary.write({name!r} + " is asked\\n")
    time.sleep(0.2)
    with open({diary!r}, "a") as diary:
        diary.write({name!r} + " is gone\\n")
    raise SystemExit
signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
time.sleep(600)
"""


async def test_what_accepts_stops_before_what_applies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gateway, profile and catalog have ended before the log is drained; then workers and trainer."""
    diary = tmp_path / "diary"

    def program(name: str) -> Program:
        return python(tmp_path, name, _LEAVES_LAST_WORDS.format(diary=str(diary), name=name))

    async def until_applied(_: Stack) -> None:
        with diary.open("a") as lines:
            lines.write("log is drained\n")

    monkeypatch.setattr(Stack, "until_applied", until_applied)
    names = ("gateway", "profile", "catalog", "worker-1", "worker-2", "trainer", "recommender")
    async with guarded() as guard:
        fleet = Fleet(watch=guard, say=lambda line: None)
        stack = Stack(_surroundings(tmp_path), fleet, None, lambda line: None)
        await fleet.start_all(program(name) for name in (*names, *PARTS))
        await until(lambda: all((tmp_path / f"{name}.log").read_text() for name in names))
        await stack.stop()
        assert all(stack.processes[part].pid is not None for part in PARTS)
        await fleet.stop(*PARTS)
    lines = diary.read_text().splitlines()
    drained = lines.index("log is drained")
    assert _gone(lines[:drained]) == {"gateway", "profile", "catalog"}
    assert _asked(lines[:drained]) == {"gateway", "profile", "catalog"}
    api = lines.index("recommender is asked")
    assert _gone(lines[drained:api]) == {"worker-1", "worker-2", "trainer"}
    assert _gone(lines[api:]) == {"recommender", *PARTS}


def _asked(lines: list[str]) -> set[str]:
    return {line.split(" ")[0] for line in lines if line.endswith("is asked")}


def _gone(lines: list[str]) -> set[str]:
    return {line.split(" ")[0] for line in lines if line.endswith("is gone")}


def _surroundings(folder: Path) -> Surroundings:
    ports = dict.fromkeys(("gateway", "catalog", "profile", "recommender"), 1)
    state = StateFolder(folder)
    return Surroundings(state, Secrets("", "", ""), {}, "redis://", "127.0.0.1:1", False, ports)
