"""Scenario 13, widget: it renders on an allowed origin without cookies, is refused on a foreign one, and with the recommender
down shows what is ranked by value, labelled as such, or nothing, never an error on the host page."""

import uuid

import pytest

from tests.chaos.test_outages import without
from tests.support.flow import Flow
from tests.support.widget import boarding

pytestmark = pytest.mark.stack


async def test_a_job_page_is_never_broken(flow: Flow) -> None:
    """Given a partner's job page and a stranger's; when they are visited, and the first again without the recommender; then
    there is a list without cookies, nothing at all, and a list that says what it is."""
    ladder = await flow.publish_ladder(f"widget {uuid.uuid4()}")
    async with boarding(flow) as board:
        element = board.element(skills=ladder.skill, lang="en")
        page = board.host.page(element, head=board.script)
        async with board.visiting(page) as visit:
            await visit.state("ready")
            assert await visit.links.count() >= 2
            assert await visit.page.context.cookies() == []
        async with board.visiting(board.stranger.page(element, head=board.script)) as visit:
            await visit.wait_told("error")
            assert not await visit.widget.is_visible()
        async with without(flow, "recommender"), board.visiting(page) as visit:
            detail = await visit.wait_told("load")
            assert detail["fallback"] == "recommender_unavailable"
            note = visit.page.get_by_text("General suggestions, ranked by value")
            assert await note.is_visible()
        await flow.stack.until_ready()
