import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from deploy.local.errors import TooManyDeaths, Unstarted
from deploy.local.fleet import Fleet
from deploy.local.guard import guarded
from deploy.local.keeper import Deaths
from tests.unit.local.fakes import python, sleeper
from tests.unit.local.waiting import until


class Company:
    """A fleet, and what it said."""

    def __init__(self, fleet: Fleet, said: list[str]) -> None:
        self.fleet = fleet
        self.said = said


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    said: list[str] = []
    async with guarded() as guard:
        fleet = Fleet(watch=guard, say=said.append)
        yield Company(fleet, said)
        await fleet.stop(*fleet.processes)


async def test_a_killed_program_is_named_and_started_again(
    company: Company, tmp_path: Path
) -> None:
    """After SIGKILL another process runs the program, and the death has been told by name."""
    process = await company.fleet.start(sleeper(tmp_path, "worker"))
    first = process.pid
    process.kill()
    await until(lambda: process.pid not in (None, first))
    assert len(company.said) == 1
    assert "worker was ended by SIGKILL" in company.said[0]
    assert str(tmp_path / "worker.log") in company.said[0]


async def test_five_deaths_in_a_minute_are_the_end(company: Company, tmp_path: Path) -> None:
    """A program that always dies is given up at its fifth death, with the end of its log."""
    await company.fleet.start(python(tmp_path, "broken", "raise SystemExit('no such thing')"))
    with pytest.raises(TooManyDeaths, match=r"5th time in a minute(.|\n)*no such thing"):
        await asyncio.wait_for(company.fleet.failure(), 20)
    backoffs = [line.split(" again in ")[1].split(" s ")[0] for line in company.said]
    assert backoffs == ["0.2", "0.4", "0.8", "1.6"]


def test_deaths_of_more_than_a_minute_ago_are_forgiven() -> None:
    """Only the deaths of the last minute count."""
    now = 0.0
    deaths = Deaths(clock=lambda: now)
    assert [deaths.count() for _ in range(4)] == [1, 2, 3, 4]
    now = 60.0
    assert deaths.count() == 1


async def test_work_ends_when_a_program_is_given_up(company: Company, tmp_path: Path) -> None:
    """Waiting for a stack that cannot come up ends with the reason, not with the deadline."""
    await company.fleet.start(python(tmp_path, "broken", "raise SystemExit('no such thing')"))
    with pytest.raises(TooManyDeaths, match="broken ended with exit code 1"):
        await asyncio.wait_for(company.fleet.unless_failed(asyncio.sleep(600)), 20)


async def test_what_is_stopped_or_crashed_stays_down_until_it_is_started(
    company: Company, tmp_path: Path
) -> None:
    """stop and crash are followed by no new start of their own."""
    process = await company.fleet.start(sleeper(tmp_path, "redis"))
    for end in (process.stop, process.crash):
        await end()
        assert process.pid is None
        await process.start()
        assert process.pid is not None
    assert company.said == []


async def test_a_stop_while_it_is_down_leaves_nothing_running(
    company: Company, tmp_path: Path
) -> None:
    """A stop during the backoff ends the keeping; nothing is started afterwards."""
    process = await company.fleet.start(sleeper(tmp_path, "api"))
    process.kill()
    await until(lambda: company.said)
    await process.stop()
    await asyncio.sleep(0.4)
    assert process.pid is None


async def test_a_frozen_program_keeps_its_place(company: Company, tmp_path: Path) -> None:
    """freeze stops the process without ending it, and thaw lets it go on."""
    process = await company.fleet.start(sleeper(tmp_path, "worker"))
    known = psutil.Process(process.pid)
    process.freeze()
    await until(lambda: known.status() == psutil.STATUS_STOPPED)
    assert process.frozen
    process.thaw()
    await until(lambda: known.status() != psutil.STATUS_STOPPED)
    assert not process.frozen
    assert company.said == []


async def test_a_frozen_program_can_be_stopped(company: Company, tmp_path: Path) -> None:
    """A stop reaches a frozen process, so that none is left behind."""
    process = await company.fleet.start(sleeper(tmp_path, "worker"))
    process.freeze()
    await asyncio.wait_for(process.stop(), 5)
    assert process.pid is None


async def test_a_program_that_ends_before_it_is_ready_says_why(
    company: Company, tmp_path: Path
) -> None:
    """The error names the program and shows the end of its log."""

    async def never() -> bool:
        return False

    program = python(tmp_path, "api", "raise SystemExit('STACKWISE_PORT is missing')")
    unready = type(program)(program.name, program.command, program.log, ready=never)
    with pytest.raises(Unstarted, match=r"api ended with 1(.|\n)*STACKWISE_PORT is missing"):
        await company.fleet.start(unready)


async def test_what_a_program_started_ends_with_it(company: Company, tmp_path: Path) -> None:
    """A child process of a program is gone when the program has been killed."""
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)"
    )
    process = await company.fleet.start(python(tmp_path, "trainer", code))
    log = process.program.log
    await until(lambda: log.read_text().endswith("\n"))
    grandchild = psutil.Process(int(log.read_text()))
    await process.crash()
    await until(lambda: not _runs(grandchild))


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False
