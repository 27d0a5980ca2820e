"""What the widget does on a page of its partner."""

import asyncio

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Route, expect

from tests.support.widget import RESERVED, Board

pytestmark = pytest.mark.stack
RECOMMENDATIONS = "**/v1/widget/recommendations?*"


@pytest.mark.parametrize("emulated", [{}, {"forced_colors": "active"}, {"color_scheme": "dark"}])
async def test_axe_finds_nothing(board: Board, skill: str, emulated: dict[str, str]) -> None:
    """0 violations, with a list, in each scheme of colours; the list is a labelled section of links."""
    url = board.host.page(board.element(skills=skill), head=board.script)
    async with board.visiting(url, **emulated) as visit:
        await visit.state("ready")
        found = await Axe().run(visit.page)
        assert found.violations_count == 0, found.generate_report()
        section = visit.page.get_by_role("region", name="Credentials for this job")
        assert await section.get_by_role("listitem").count() == 3
        assert await section.get_by_role("link").count() == 3


async def test_nothing_moves(board: Board, skill: str) -> None:
    """Given a page that reserves the height as the guide says; when the list comes; then what is below has not moved."""
    below = "<p id=below>Apply now</p>"
    url = board.host.page(board.element(skills=skill) + below, head=RESERVED + board.script)
    async with board.visiting(url) as visit:
        await visit.state("ready")
        await visit.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        assert await visit.page.evaluate("shifted") == 0


async def test_a_failing_gateway_is_nothing_and_then_recovers(board: Board, skill: str) -> None:
    """Given 503; then nothing is seen, the page is told, and when the gateway is back the list comes by itself."""
    away = True

    async def failing(route: Route) -> None:
        cross = {"access-control-allow-origin": "*"}
        await (route.fulfill(status=503, headers=cross) if away else route.continue_())

    async with board.visiting() as visit:
        await visit.page.clock.install()
        await visit.page.route(RECOMMENDATIONS, failing)
        await visit.page.goto(board.host.page(board.element(skills=skill), head=board.script))
        assert await visit.wait_told("error") == {"reason": "status", "status": 503}
        assert not await visit.widget.is_visible()
        away = False
        await visit.page.clock.run_for(8_000)
        await visit.state("ready")
        assert await visit.widget.is_visible()


async def test_a_slow_gateway_is_given_up(board: Board, skill: str) -> None:
    """Given no answer for four seconds; then the request ends and nothing is seen."""
    leaving = asyncio.Event()

    async def silent(route: Route) -> None:
        await leaving.wait()
        await route.abort()

    async with board.visiting() as visit:
        await visit.page.clock.install()
        await visit.page.route(RECOMMENDATIONS, silent)
        await visit.page.goto(board.host.page(board.element(skills=skill), head=board.script))
        await visit.state("loading")
        await visit.page.clock.run_for(4_100)
        assert (await visit.wait_told("error"))["reason"] == "timeout"
        assert not await visit.widget.is_visible()
        leaving.set()


async def test_two_instances_are_two(board: Board, skill: str) -> None:
    """Each asks for itself; a goal that changes on one changes that one only, by property as by attribute."""
    two = board.element(skills=skill, limit="1") + board.element(skills=skill, limit="2")
    async with board.visiting(board.host.page(two, head=board.script)) as visit:
        await visit.links.nth(2).wait_for()
        assert await visit.links.count() == 3
        await visit.widget.evaluate("it => { it.limit = 4; it.jobTitle = 'Juggler' }")
        await visit.links.nth(5).wait_for()
        assert await visit.widget.get_attribute("limit") == "4"
        assert await visit.widget.get_attribute("job-title") == "Juggler"
        assert await visit.links.count() == 6
        asked = [each.url for each in visit.requests if "widget/recommendations" in each.url]
        assert len(asked) == 3


async def test_a_page_may_take_it_away_and_put_it_back(board: Board, skill: str) -> None:
    """Given an application that removes the element while it loads; then the request ends, nothing is told, and put
    back it loads anew; `refresh` asks again."""
    held: list[Route] = []

    async def holding(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            await route.continue_()

    async with board.visiting() as visit:
        await visit.page.route(RECOMMENDATIONS, holding)
        await visit.page.goto(board.host.page(board.element(skills=skill), head=board.script))
        await visit.state("loading")
        async with visit.page.expect_event("requestfailed"):
            await visit.page.evaluate(
                "window.it = document.querySelector('stackwise-recommendations'); it.remove()"
            )
        assert await visit.page.evaluate("told") == []
        await visit.page.evaluate("document.body.append(it)")
        await visit.state("ready")
        await visit.page.evaluate("it.refresh()")
        assert len(held) == 3
        assert len(await visit.told("load")) == 2


async def test_a_choice_can_be_taken_over(board: Board, skill: str) -> None:
    """`stackwise:select` says what was chosen, and whoever cancels it keeps the visitor on the page."""
    url = board.host.page(board.element(skills=skill), head=board.script)
    async with board.visiting(url) as visit:
        await visit.state("ready")
        await visit.page.evaluate(
            "document.addEventListener('stackwise:select', (event) => event.preventDefault())"
        )
        await visit.links.nth(1).click()
        detail = await visit.wait_told("select")
        assert detail["rank"] == 2
        assert detail["recommendationId"] == (await visit.told("load"))[0]["recommendationId"]
        assert visit.page.url == url


async def test_the_host_gives_it_its_looks(board: Board, skill: str) -> None:
    """By `--stackwise-…` and `::part()`; from right to left where the page is; still for who asks for no motion."""
    looks = (
        "<style>stackwise-recommendations { --stackwise-link-color: rgb(1, 2, 3) } "
        "stackwise-recommendations::part(heading) { color: rgb(4, 5, 6) }</style>"
    )
    url = board.host.page(
        board.element(skills=skill), head=looks + board.script, html='lang="en" dir="rtl"'
    )
    async with board.visiting() as visit:
        await visit.page.emulate_media(reduced_motion="reduce")
        held = asyncio.Event()

        async def wait(route: Route) -> None:
            await held.wait()
            await route.continue_()

        await visit.page.route(RECOMMENDATIONS, wait)
        await visit.page.goto(url)
        blank = visit.widget.locator("li").first
        await blank.wait_for(state="attached")
        still = await blank.evaluate("it => getComputedStyle(it).animationName")
        held.set()
        await visit.state("ready")
        assert still == "none"
        color = "it => getComputedStyle(it).color"
        assert await visit.links.first.evaluate(color) == "rgb(1, 2, 3)"
        assert await visit.widget.locator("h2").evaluate(color) == "rgb(4, 5, 6)"
        assert (
            await visit.widget.locator("section").evaluate("it => getComputedStyle(it).direction")
            == "rtl"
        )
        await visit.links.first.focus()
        await visit.page.keyboard.press("Tab")
        outline = await visit.links.nth(1).evaluate("it => getComputedStyle(it).outlineStyle")
        assert outline == "solid"


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("en", "Credentials for this job"),
        ("es-MX", "Credenciales para este empleo"),
        ("fi", "Credentials for this job"),
        ("es-MEX", "Credenciales para este empleo"),
        ("zh-cmn-Hans", "Credentials for this job"),
    ],
)
async def test_it_speaks_the_pages_language(
    board: Board, skill: str, language: str, heading: str
) -> None:
    """Spanish is loaded where it is spoken only; what is not spoken is English."""
    url = board.host.page(board.element(skills=skill), head=board.script, html=f'lang="{language}"')
    async with board.visiting(url) as visit:
        await visit.state("ready")
        assert await visit.widget.locator("h2").text_content() == heading
        loaded = [each for each in visit.requests if each.url.endswith("es.json")]
        assert len(loaded) == language.startswith("es")


async def test_what_was_set_before_the_script_came_counts(board: Board, skill: str) -> None:
    """Given an application that makes the element and sets its properties first; then they are its attributes, then and
    later."""
    url = board.host.page(
        f"<script>window.it = document.createElement('stackwise-recommendations'); it.key = '{board.key}'; "
        f"it.skills = '{skill}'; document.body.append(it)</script>",
        head=board.script,
    )
    async with board.visiting(url) as visit:
        await visit.state("ready")
        assert await visit.page.evaluate("it.getAttribute('skills')") == skill
        await visit.page.evaluate("it.heading = 'For you'")
        await expect(visit.widget.locator("h2")).to_have_text("For you")
