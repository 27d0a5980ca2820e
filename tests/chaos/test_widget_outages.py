"""A job page during outages: it never shows an error, and shows the list again by itself."""

import uuid
from functools import partial
from typing import Any

import pytest

from tests.chaos.test_outages import without
from tests.support.flow import Flow
from tests.support.waiting import until
from tests.support.widget import Board, Visit, boarding

pytestmark = pytest.mark.stack


async def list_of(visit: Visit) -> Any:
    """What the page was told last: the label of a list, or `error`."""
    kind, detail = (await visit.page.evaluate("told.at(-1)")) or ("nothing yet", None)
    return detail["fallback"] if kind == "load" else kind


async def calm(visit: Visit) -> None:
    """Nothing of the page says that something is wrong; a widget with nothing to show is not seen."""
    text = (await visit.page.locator("body").inner_text()).lower()
    assert "error" not in text
    assert "unavailable" not in text
    assert await visit.widget.is_visible() == (await visit.links.count() > 0)


async def weathered(board: Board, url: str, *names: str) -> None:
    """One page stays open through the outage, another is opened in it; both end with the whole list."""
    async with board.visiting(url) as open_before, board.visiting() as opened_in_it:
        await open_before.state("ready")
        async with without(board.flow, *names):
            await opened_in_it.page.goto(url)
            await open_before.widget.evaluate("it => it.refresh()")
            await opened_in_it.page.wait_for_function("told.length > 0")
            for visit in (open_before, opened_in_it):
                await calm(visit)
            assert await open_before.links.count() > 0
        for visit in (open_before, opened_in_it):
            await until(partial(list_of, visit), lambda told: told is None, seconds=90, every=0.5)
            await calm(visit)
            assert await visit.links.count() >= 2


@pytest.mark.parametrize("away", ["recommender", "redis", "broker", "postgres"])
async def test_a_job_page_weathers(storm: Flow, away: str) -> None:
    """Given a job page that is open and one that is opened while a part is killed; then neither shows an error, the open one
    keeps a list, and both have the whole list by themselves once the part is back."""
    ladder = await storm.publish_ladder(f"weather {uuid.uuid4()}")
    async with boarding(storm) as board:
        url = board.host.page(board.element(skills=ladder.skill), head=board.script)
        await weathered(board, url, away)
    await storm.stack.until_ready()
