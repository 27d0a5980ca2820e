"""The sample job board in Chromium, on the running system."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Request, expect

from tests.support.career import publish_assessed, publish_occupation, publish_skills
from tests.support.flow import Flow
from tests.support.widget import Board, Visit

pytestmark = pytest.mark.stack
NARROW = {"viewport": {"width": 375, "height": 720}}
GOAL = "occupation/instructional-designer"
SKILLS = ("skill/storyboarding", "skill/course-authoring")
DELAY = re.compile(r"The list changed (\d+) ms after your click")


@pytest.fixture(scope="module")
async def world(flow: Flow) -> None:
    """What Maria wants to become, and four credentials on the way."""
    await publish_skills(flow, *SKILLS)
    await publish_occupation(flow, GOAL, dict.fromkeys(SKILLS, 0.66))
    for skill in SKILLS:
        for level in (0.33, 0.66):
            await publish_assessed(flow, f"demo/{skill}/{level}", skill, level)


async def fits(page: Page) -> None:
    """No violation, and nothing wider than the screen."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wide) == 0


@pytest.mark.parametrize("screen", [{}, NARROW], ids=["wide", "narrow"])
async def test_a_job_shows_what_leads_to_it(
    board: Board, world: None, screen: dict[str, dict[str, int]]
) -> None:
    """From the list of jobs to one of them, whose widget has a list for it."""
    async with board.visiting(f"{board.gateway}/demo", **screen) as visit:
        await fits(visit.page)
        await visit.page.get_by_role("link", name="Instructional designer").first.click()
        await visit.state("ready")
        await fits(visit.page)


@pytest.mark.parametrize("screen", [{}, NARROW], ids=["wide", "narrow"])
async def test_completing_changes_the_list_before_ones_eyes(
    board: Board, world: None, screen: dict[str, dict[str, int]]
) -> None:
    """The completed credential leaves the list, with the delay since the click; gap, path and value are drawn."""
    async with board.visiting(f"{board.gateway}/demo/learner", **screen) as visit:
        async with visit.page.expect_request(re.compile(r"/v1/learners/[^/]+$")) as asked:
            await visit.page.get_by_role("button", name="Maria Alvarez").click()
        await completed(visit)
        await complete_elsewhere(visit, await asked.value)
        await expect(visit.page.get_by_role("status")).to_contain_text(DELAY)
        await expect(visit.page.locator("#gap svg")).to_have_count(len(SKILLS))
        await expect(visit.page.locator("#path svg.curve")).to_be_visible()
        await expect(visit.page.locator("#list svg").first).to_be_visible()
        await fits(visit.page)


async def test_the_list_changes_without_the_stream(board: Board, world: None) -> None:
    """Where a proxy cuts the stream off, the page asks for the list instead."""
    async with board.visiting(**NARROW) as visit:
        await visit.page.route("**/recommendations/stream?*", lambda route: route.abort())
        await visit.page.goto(f"{board.gateway}/demo/learner")
        await visit.page.get_by_role("button", name="Maria Alvarez").click()
        await completed(visit)


async def completed(visit: Visit) -> None:
    """Completes the first of the list, and sees it go."""
    entries = visit.page.locator("#list > li")
    await entries.first.wait_for()
    name = await entries.first.locator("strong").inner_text()
    await entries.first.get_by_role("button").click()
    await expect(visit.page.get_by_role("status")).to_contain_text(DELAY, timeout=15_000)
    listed = await entries.locator("strong").all_inner_texts()
    assert name not in listed


async def complete_elsewhere(visit: Visit, own: Request) -> None:
    """Completes the first of the list as her phone would, and sees it go from the page."""
    authorization = {"authorization": (await own.all_headers())["authorization"]}
    async with httpx.AsyncClient(base_url=own.url, headers=authorization) as phone:
        listed = (await phone.get("/recommendations")).raise_for_status().json()["items"]
        credential = listed[0]["credential"]
        event = {
            "credential_id": credential["id"],
            "kind": "complete",
            "occurred_at": datetime.now(UTC).isoformat(),
        }
        (await phone.post("/interactions", json={"events": [event]})).raise_for_status()
    gone = visit.page.locator("#list strong").get_by_text(credential["name"], exact=True)
    await expect(gone).to_have_count(0)
