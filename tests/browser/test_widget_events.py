"""What was seen and chosen is reported with consent only, once, and trains nothing."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from aiokafka import TopicPartition

from libs.common.contracts.exposure import Exposure
from libs.common.contracts.topics import EXPOSURE, INTERACTION, Topic
from tests.support.flow import Flow
from tests.support.waiting import until
from tests.support.widget import Board

pytestmark = pytest.mark.stack
EVENTS = "**/v1/widget/events"


async def ends(flow: Flow, topic: Topic) -> dict[int, int]:
    """How far each partition goes."""
    partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
    async with flow.reading(topic, 0) as consumer:
        found = await consumer.end_offsets(partitions)
    return {partition.partition: offset for partition, offset in found.items()}


async def exposures(board: Board) -> list[tuple[str, Exposure]]:
    """What the log has of this partner, with the ids of the events."""
    found: list[tuple[str, Exposure]] = []
    for partition, end in (await ends(board.flow, EXPOSURE)).items():
        async with board.flow.reading(EXPOSURE, partition) as consumer:
            at = TopicPartition(EXPOSURE.name, partition)
            await consumer.seek_to_beginning(at)
            while await consumer.position(at) < end:
                for record in (await consumer.getmany(at, timeout_ms=500)).get(at, ()):
                    value = msgspec.json.decode(record.value, type=Exposure)
                    found.append((dict(record.headers)["ce_id"].decode(), value))
    return [each for each in found if each[1].partner_id == board.partner_id]


async def test_what_is_seen_and_chosen_is_kept_and_trains_nothing(board: Board, skill: str) -> None:
    """Given consent; when items are visible for a second and one is clicked, twice; then the log has an impression of
    each and one click, with the list's id and ids of their own; no interaction comes of it."""
    before = await ends(board.flow, INTERACTION)
    known = len(await exposures(board))
    url = board.host.page(board.element(skills=skill, limit="2", consent=""), head=board.script)
    async with board.visiting(url) as visit:
        await visit.state("ready")
        async with visit.page.expect_request(EVENTS) as beacon:
            await visit.page.evaluate("document.addEventListener('click', e => e.preventDefault())")
            await visit.page.evaluate(
                "document.addEventListener('stackwise:select', e => e.preventDefault())"
            )
            await visit.links.first.click()
            await visit.links.first.click()
        sent = await beacon.value
        assert (await sent.all_headers())["content-type"] == "text/plain;charset=UTF-8"
        list_id = (await visit.told("load"))[0]["recommendationId"]

        async def kept() -> list[tuple[str, Exposure]]:
            return (await exposures(board))[known:]

        found = await until(kept, lambda seen: len(seen) >= 3, every=0.5)
        kinds = sorted(event.kind for _, event in found)
        assert kinds == ["click", "impression", "impression"]
        assert {event.recommendation_id for _, event in found} == {list_id}
        assert len({id for id, _ in found}) == 3
    assert await ends(board.flow, INTERACTION) == before
    assert "recommender" not in EXPOSURE.readers


@pytest.mark.parametrize("how", ["no consent", "refused", "global privacy control", "withdrawn"])
async def test_without_consent_nothing_is_reported(board: Board, skill: str, how: str) -> None:
    """Not when there is none, when it is refused, taken back before it was sent, or when the browser asks for privacy."""
    consent = {"no consent": {}, "refused": {"consent": "false"}}.get(how, {"consent": ""})
    url = board.host.page(board.element(skills=skill, **consent), head=board.script)
    async with board.visiting() as visit:
        if how == "global privacy control":
            await visit.page.add_init_script(
                "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
            )
        await visit.page.clock.install()
        await visit.page.goto(url)
        await visit.state("ready")
        await visit.page.evaluate(
            "document.addEventListener('stackwise:select', e => e.preventDefault())"
        )
        await visit.links.first.click()
        if how == "withdrawn":
            await visit.widget.evaluate("it => { it.consent = false }")
        await visit.page.clock.run_for(10_000)
        await visit.page.goto("about:blank")
        assert [each for each in visit.requests if "widget/events" in each.url] == []


async def test_what_was_seen_is_sent_when_the_page_goes(board: Board, skill: str) -> None:
    """Given items that were seen a moment ago; when the visitor leaves; then the events are sent all the same, and what
    is out of sight has none."""
    space = "<div style='height: 5000px'></div>"
    hidden = board.element(skills=skill, limit="4", consent="")
    url = board.host.page(
        board.element(skills=skill, limit="1", consent="") + space + hidden, head=board.script
    )
    known = len(await exposures(board))
    async with board.visiting() as visit:
        await visit.page.clock.install()
        await visit.page.goto(url)
        await visit.links.nth(4).wait_for(state="attached")
        await visit.page.evaluate("new Promise(done => requestIdleCallback(() => done()))")
        await visit.page.clock.run_for(1_500)
        assert [each for each in visit.requests if "widget/events" in each.url] == []
        await visit.page.goto(board.host.page("gone"))

        async def kept() -> list[tuple[str, Exposure]]:
            return (await exposures(board))[known:]

        found = await until(kept, bool, every=0.5)
        assert [event.kind for _, event in found] == ["impression"]


async def test_events_that_were_refused_are_sent_again(board: Board, skill: str) -> None:
    """Given a gateway that cannot keep events; when it can again; then they are sent, the same ones."""
    url = board.host.page(board.element(skills=skill, consent=""), head=board.script)
    sent: list[Any] = []

    async def refusing(route: Any) -> None:
        sent.append(json.loads(route.request.post_data or "")["events"])
        cross = {"access-control-allow-origin": board.host.origin}
        await (route.fulfill(status=503, headers=cross) if len(sent) == 1 else route.continue_())

    async with board.visiting() as visit:
        await visit.page.clock.install()
        await visit.page.route(EVENTS, refusing)
        await visit.page.goto(url)
        await visit.state("ready")
        await visit.page.evaluate(
            "document.addEventListener('stackwise:select', e => e.preventDefault())"
        )
        await visit.links.first.click()
        for _ in range(20):
            await visit.page.clock.run_for(1_000)
            await asyncio.sleep(0)
            if len(sent) > 1:
                break
        assert len(sent) == 2
        assert sent[0][0] in sent[1]
