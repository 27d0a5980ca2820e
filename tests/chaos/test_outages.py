"""With a part away the gateway answers what it can, labelled; when it is back everything recovers by itself."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.flow import Flow, Ladder
from tests.support.partner import event, ids, path
from tests.support.waiting import until

pytestmark = pytest.mark.stack


async def known_learner(flow: Flow) -> tuple[str, Ladder]:
    """A learner with one interaction, listed and applied."""
    ladder = await flow.publish_ladder(f"outage {uuid.uuid4()}")
    learner = f"outage-{uuid.uuid4()}"
    accepted = await flow.partner.interact(learner, event(ladder.first))
    await flow.partner.covering(learner, accepted["position"])
    return learner, ladder


@asynccontextmanager
async def without(flow: Flow, *names: str) -> AsyncIterator[None]:
    """Processes are killed for a block and started again after it."""
    processes = [flow.stack.processes[name] for name in names]
    for process in processes:
        await process.crash()
    try:
        yield
    finally:
        for process in processes:
            await process.start()


async def read(flow: Flow, learner: str, **query: Any) -> dict[str, Any]:
    """A learner's list, which is there whatever is away."""
    answer = await flow.partner.http.get(
        path("learners", learner, "recommendations"), params={"limit": 5, **query}
    )
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert body["items"]
    return body


async def refused(flow: Flow, learner: str, credential_id: str) -> None:
    """A write that cannot be kept is refused, and says when to come again."""
    answer = await flow.partner.http.post(
        path("learners", learner, "interactions"), json={"events": [event(credential_id, "view")]}
    )
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "unavailable"
    assert int(answer.headers["retry-after"]) >= 1


async def recovered(flow: Flow, learner: str, credential_id: str) -> None:
    """Writes are accepted again and reach the list, without a fallback, of old and new learners."""

    async def write() -> int:
        answer = await flow.partner.http.post(
            path("learners", learner, "interactions"),
            json={"events": [event(credential_id, "view")]},
        )
        return answer.status_code

    await until(write, lambda status: status == 202, seconds=60, every=0.5)

    async def fallback() -> Any:
        return (await read(flow, learner))["fallback"]

    await until(fallback, lambda label: label is None, seconds=60, every=0.5)
    await flow.stack.until_ready()
    newcomer, ladder = await known_learner(flow)
    assert ladder.first not in ids(await read(flow, newcomer))


async def test_without_kafka_lists_are_served_and_writes_refused(storm: Flow) -> None:
    """The list is whole; an interaction that Kafka cannot take is 503, never accepted."""
    learner, ladder = await known_learner(storm)
    async with without(storm, "broker"):
        assert (await read(storm, learner))["fallback"] is None
        await refused(storm, learner, ladder.other)
    await recovered(storm, learner, ladder.other)


async def test_without_redis_answers_come_from_the_catalog(storm: Flow) -> None:
    """Ranked by value, labelled, and interactions are accepted all the same."""
    learner, ladder = await known_learner(storm)
    async with without(storm, "redis"):
        answer = await read(storm, learner)
        assert answer["fallback"] == "redis_unavailable"
        assert {item["source"] for item in answer["items"]} == {"value"}
        await storm.partner.interact(learner, event(ladder.other, "view"))
    await recovered(storm, learner, ladder.other)


async def test_without_the_recommender_stored_lists_are_served(storm: Flow) -> None:
    """The stored list is whole; another question is answered by value, labelled."""
    learner, ladder = await known_learner(storm)
    workers = [worker.name for worker in storm.stack.workers if worker.pid is not None]
    async with without(storm, "recommender", "trainer", *workers):
        assert (await read(storm, learner))["fallback"] is None
        narrowed = await read(storm, learner, max_hours=200)
        assert narrowed["fallback"] == "recommender_unavailable"
        await storm.partner.interact(learner, event(ladder.other, "view"))
    await recovered(storm, learner, ladder.other)


async def test_without_postgresql_lists_are_served_and_writes_refused(storm: Flow) -> None:
    """Keys that were used a moment ago go on; what needs the database is 503."""
    learner, ladder = await known_learner(storm)
    async with without(storm, "postgres"):
        assert (await read(storm, learner))["fallback"] is None
        await refused(storm, learner, ladder.other)
        put = await storm.partner.http.put(path("learners", learner), json={})
        assert put.status_code == 503
    await recovered(storm, learner, ladder.other)
