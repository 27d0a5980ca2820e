"""A learner's list as it changes, over Server-Sent Events."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psutil
import pytest

from tests.support.flow import Flow
from tests.support.partner import event, ids, path
from tests.support.waiting import until

pytestmark = pytest.mark.stack
SUBSCRIBERS, LEARNERS = 200, 20
MOST_GROWTH = 40_000_000
"""Bytes; the streams' answers of one round alone are 200 times 20 kB."""


class Stream:
    """One subscriber: the events it got; `latest` is the newest."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    @property
    def latest(self) -> dict[str, Any]:
        return self.events[-1][1]

    async def follow(self, http: httpx.AsyncClient, learner: str, **headers: str) -> None:
        """Reads until cancelled."""
        url = path("learners", learner, "recommendations", "stream")
        async with http.stream("GET", url, headers=headers, timeout=None) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/event-stream"
            async for id, data in _events(answer):
                self.events.append((id, data))


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    id = ""
    async for line in answer.aiter_lines():
        field, _, value = line.partition(": ")
        if field == "id":
            id = value
        elif field == "data":
            yield id, json.loads(value)


async def stopped(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def memory(flow: Flow) -> int:
    """Bytes that the gateway has in memory."""
    resident: int = psutil.Process(flow.stack.processes["gateway"].pid).memory_info().rss
    return resident


async def channels(flow: Flow) -> int:
    """How many of the learners' channels somebody listens to."""
    return len(await flow.redis.execute_command("PUBSUB", "SHARDCHANNELS", "*"))


async def test_two_hundred_see_the_last_state_and_leave_nothing(flow: Flow) -> None:
    """Given 200 streams of 20 learners; when each learner completes three credentials; then every stream ends with the list
    that is served, without them, the gateway's memory has hardly grown, and when all have left nobody listens to a channel any more."""
    ladders = [await flow.publish_ladder(f"stream {n} {uuid.uuid4()}") for n in range(3)]
    learners = [f"streaming-{uuid.uuid4()}" for _ in range(LEARNERS)]
    await asyncio.gather(*(flow.partner.put_learner(each) for each in learners))
    await flow.stack.until_applied()
    limits = httpx.Limits(max_connections=SUBSCRIBERS)
    headers = flow.partner.http.headers
    async with httpx.AsyncClient(
        base_url=flow.stack.gateway_url, headers=headers, limits=limits
    ) as http:
        streams = [(learners[n % LEARNERS], Stream()) for n in range(SUBSCRIBERS)]
        tasks = [asyncio.create_task(stream.follow(http, each)) for each, stream in streams]
        try:
            await until(started(streams), bool)
            before = memory(flow)
            for ladder in ladders:
                await asyncio.gather(
                    *(flow.partner.interact(each, event(ladder.first)) for each in learners)
                )
            await flow.stack.until_applied()
            done = {ladder.first for ladder in ladders}
            for learner, stream in streams:
                await until(without(stream, done), bool)
                served = await flow.partner.recommendations(learner)
                assert ids(stream.latest) == ids(served)
                assert stream.latest["freshness"]["position"] == served["freshness"]["position"]
            assert not any(task.done() for task in tasks)
            assert memory(flow) <= before + MOST_GROWTH
        finally:
            await stopped(*tasks)
    await until(lambda: channels(flow), lambda count: count == 0)


def started(streams: list[tuple[str, Stream]]):
    async def look() -> bool:
        return all(stream.events for _, stream in streams)

    return look


def without(stream: Stream, gone: set[str]):
    async def look() -> bool:
        position = stream.latest["freshness"]["position"]
        return position is not None and not gone & set(ids(stream.latest))

    return look


async def test_who_comes_back_gets_only_what_is_new(flow: Flow) -> None:
    """Given the id of the last event; when a client reconnects with it; then it gets nothing until the list changes; and a
    learner whom nobody knows has no stream."""
    ladder = await flow.publish_ladder(f"reconnecting {uuid.uuid4()}")
    learner = f"reconnecting-{uuid.uuid4()}"
    await flow.partner.put_learner(learner)
    await flow.stack.until_applied()
    first = Stream()
    following = asyncio.create_task(first.follow(flow.partner.http, learner))
    await until(started([(learner, first)]), bool)
    await stopped(following)

    again = Stream()
    had = {"last-event-id": first.events[-1][0]}
    following = asyncio.create_task(again.follow(flow.partner.http, learner, **had))
    try:
        await until(lambda: channels(flow), lambda count: count > 0)
        accepted = await flow.partner.interact(learner, event(ladder.first))
        await until(started([(learner, again)]), bool)
        assert again.events[0][1]["freshness"]["position"] == accepted["position"]
    finally:
        await stopped(following)
    nobody = await flow.partner.http.get(
        path("learners", "nobody at all", "recommendations", "stream")
    )
    assert (nobody.status_code, nobody.json()["code"]) == (404, "learner_not_found")


async def test_an_open_stream_follows_the_catalog(flow: Flow) -> None:
    """Given an open stream; when a credential of the learner's goal is published and nothing else happens; then the
    stream brings a list that has it."""
    world = f"watching {uuid.uuid4()}"
    ladder = await flow.publish_ladder(world)
    learner = f"watching-{uuid.uuid4()}"
    accepted = await flow.partner.interact(learner, event(ladder.first))
    await flow.partner.covering(learner, accepted["position"])
    stream = Stream()
    following = asyncio.create_task(stream.follow(flow.partner.http, learner))
    try:
        await until(started([(learner, stream)]), bool)
        new = f"{world}/published while watched"
        await flow.publish(
            new,
            skills=[{"id": ladder.skill, "level": 0.66}],
            prerequisites=[{"credential": ladder.first}],
        )

        async def listed() -> bool:
            return new in ids(stream.latest)

        await until(listed, bool, seconds=30)
    finally:
        await stopped(following)
