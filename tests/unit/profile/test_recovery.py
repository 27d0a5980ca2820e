"""PostgreSQL goes away and comes back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.ports import free_port
from deploy.local.proxy import Proxy, proxy
from libs.common.contracts.calls import LearnerBody
from libs.common.contracts.profile import Learner
from libs.common.database import DatabaseProbe, make_engine
from libs.common.errors import Unavailable
from services.profile.usecases.learners import Learners
from tests.support.waiting import until
from tests.unit.profile.factories import new_id


@pytest.fixture
async def between(database_url: str) -> AsyncIterator[Proxy]:
    port = make_url(database_url).port
    assert port is not None
    async with proxy(free_port(), port) as between:
        yield between


@pytest.fixture
async def engine(database_url: str, between: Proxy) -> AsyncIterator[AsyncEngine]:
    url = make_url(database_url).set(host="127.0.0.1", port=between.port)
    engine = make_engine(url.render_as_string(hide_password=False), statement_seconds=1)
    yield engine
    await engine.dispose()


async def test_calls_fail_while_the_database_is_away_and_recover(
    engine: AsyncEngine, between: Proxy, learners: Learners
):
    """With its connections cut, calls are refused as unavailable and the probe says why; when it is
    back both recover without a restart."""
    probe = DatabaseProbe(engine, every=0.05)
    probing = asyncio.create_task(probe.run())
    learner_id = new_id()
    before, _ = await learners.put("p", learner_id, LearnerBody(), None)
    await until(_now(probe.problem), lambda problem: problem is None)

    await between.sever()
    for _ in range(20):
        with pytest.raises(Unavailable):
            await learners.get("p", learner_id)
    await until(_now(probe.problem), lambda problem: problem is not None)

    await between.open()
    await until(_now(probe.problem), lambda problem: problem is None)
    assert await learners.get("p", learner_id) == before
    probing.cancel()


async def test_a_database_that_hangs_is_away(
    engine: AsyncEngine, between: Proxy, learners: Learners
):
    """When no byte comes back any more, calls, more of them than connections, are refused within
    seconds; when bytes flow again the next calls succeed."""
    learner_id = new_id()
    before, _ = await learners.put("p", learner_id, LearnerBody(), None)
    between.pause()
    async with asyncio.timeout(15):
        answers = await asyncio.gather(
            *(learners.get("p", learner_id) for _ in range(30)), return_exceptions=True
        )
    assert {type(answer) for answer in answers} == {Unavailable}
    between.resume()
    await until(lambda: _outcome(learners.get("p", learner_id)), lambda seen: seen == before)


async def _outcome(call: Awaitable[Learner]) -> Learner | Unavailable:
    try:
        return await call
    except Unavailable as error:
        return error


def _now(look: Callable[[], str | None]) -> Callable[[], Awaitable[str | None]]:
    async def looked() -> str | None:
        return look()

    return looked
