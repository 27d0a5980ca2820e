"""Doing something at a rate."""

import asyncio

from tests.benchmarks.pace import Load, one_by_one


async def test_a_rate_is_kept_whatever_the_calls_take() -> None:
    """All that is due within the time is begun, and what was begun is waited for."""

    async def act(count: int) -> int:
        await asyncio.sleep(0.2)
        return count

    load = Load(200, act)
    await load.run(0.5)
    assert load.acted == 100
    assert not load.errors


async def test_failures_are_counted_and_end_nothing() -> None:
    """Each interaction of a call that fails is an error by its name."""

    async def act(count: int) -> int:
        raise ConnectionResetError

    load = Load(100, act)
    await load.run(0.3)
    assert load.acted == 0
    assert load.errors == {"ConnectionResetError": 30}


async def test_one_by_one_stops_at_the_count_and_at_the_time() -> None:
    """Never more often than asked; when time is up, not another one."""
    done: list[int] = []

    async def act() -> None:
        done.append(len(done))

    await one_by_one(3, act, 10)
    assert done == [0, 1, 2]
    await one_by_one(1_000, act, 0)
    assert done == [0, 1, 2, 3]
