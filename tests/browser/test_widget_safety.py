"""On strict, hostile and foreign pages the widget neither breaks nor is broken."""

import json

import pytest
from playwright.async_api import Route

from tests.browser.conftest import HOSTILE_NAME
from tests.support.widget import Board

pytestmark = pytest.mark.stack
RECOMMENDATIONS = "**/v1/widget/recommendations?*"


async def test_it_works_under_the_strictest_policy(board: Board, skill: str) -> None:
    """Given `default-src 'none'`, trusted types and a pinned version with its integrity; then three items, and the
    browser has nothing to report."""
    said = (await board.flow.admin.get("/widget/v1/snippet")).json()
    policy = (
        f"default-src 'none'; script-src {board.gateway}; connect-src {board.gateway}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    url = board.host.page(
        board.element(skills=skill), head=said["tag"], content_security_policy=policy
    )
    async with board.visiting(url) as visit:
        await visit.state("ready")
        assert await visit.links.count() == 3
        assert await visit.told("violation") == []


async def test_a_changed_script_is_not_run(board: Board) -> None:
    """Given an integrity that is not the script's; then the browser refuses it."""
    said = (await board.flow.admin.get("/widget/v1/snippet")).json()
    tag = said["tag"].replace(said["integrity"], "sha384-" + "A" * 64)
    async with board.visiting(board.host.page(board.element(), head=tag)) as visit:
        assert await visit.page.evaluate("customElements.get('stackwise-recommendations')") is None


async def test_the_hosts_styles_do_not_reach_in(board: Board, skill: str) -> None:
    """Given `!important` on everything of the host page; then text has the widget's size, colour and case."""
    hostile = (
        "<style>* { font-size: 60px !important; color: red !important; text-transform: uppercase !important; "
        "line-height: 9 !important; visibility: hidden; letter-spacing: 1em !important }</style>"
    )
    url = board.host.page(board.element(skills=skill), head=hostile + board.script)
    async with board.visiting(url) as visit:
        await visit.state("ready")
        style = await visit.links.first.evaluate(
            "link => (({fontSize, color, textTransform, visibility, letterSpacing}) => "
            "[fontSize, color, textTransform, visibility, letterSpacing])(getComputedStyle(link))"
        )
        assert style == ["16px", "rgb(29, 78, 216)", "none", "visible", "normal"]


async def test_html_in_a_title_is_text(board: Board, skill: str) -> None:
    """It is shown letter by letter and makes no element, nor does it end the page's JSON-LD."""
    element = board.element(skills=skill, limit="6", linked_data="")
    url = board.host.page(element, head=board.script)
    async with board.visiting(url) as visit:
        await visit.state("ready")
        assert HOSTILE_NAME in await visit.links.all_text_contents()
        assert await visit.widget.locator("img").count() == 0
        linked = json.loads(await visit.widget.locator("> script").text_content() or "")
        assert HOSTILE_NAME in [each["item"]["name"] for each in linked["itemListElement"]]
        assert await visit.page.locator("h1").text_content() == "A job"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", " JavaScript:x", "/x"]
)
async def test_only_web_addresses_are_links(board: Board, skill: str, address: str) -> None:
    """A title with any other address is shown without a link."""

    async def poison(route: Route) -> None:
        answer = await route.fetch()
        said = await answer.json()
        for item in said["items"]:
            item["credential"]["url"] = address
        await route.fulfill(response=answer, json=said)

    async with board.visiting() as visit:
        await visit.page.route(RECOMMENDATIONS, poison)
        await visit.page.goto(board.host.page(board.element(skills=skill), head=board.script))
        await visit.state("ready")
        assert await visit.links.count() == 0
        assert await visit.widget.locator("li").count() == 3


async def test_on_a_foreign_page_there_is_nothing(board: Board, skill: str) -> None:
    """The key works on its partner's origins only; elsewhere nothing is seen and nothing complains."""
    url = board.stranger.page(board.element(skills=skill), head=board.script)
    async with board.visiting(url) as visit:
        detail = await visit.wait_told("error")
        assert detail["reason"] in ("network", "status")
        assert not await visit.widget.is_visible()


async def test_no_cookie_is_sent_or_set_and_nothing_stored(board: Board, skill: str) -> None:
    """Given a browser that has a cookie for the gateway's host; then no request of the widget carries it."""
    url = board.host.page(board.element(skills=skill, consent=""), head=board.script)
    async with board.visiting() as visit:
        cookie = {"name": "session", "value": "1", "domain": "127.0.0.1", "path": "/"}
        await visit.page.context.add_cookies([cookie])  # type: ignore[list-item]
        await visit.page.goto(url)
        await visit.state("ready")
        async with visit.page.expect_request("**/v1/widget/events"):
            await visit.links.first.evaluate(
                "link => link.addEventListener('click', e => e.preventDefault())"
            )
            await visit.links.first.click()
        ours = [each for each in visit.requests if each.url.startswith(board.gateway)]
        assert len(ours) >= 4
        for request in ours:
            assert "cookie" not in await request.all_headers()
        assert [each["name"] for each in await visit.page.context.cookies()] == ["session"]
        assert await visit.page.evaluate("localStorage.length + sessionStorage.length") == 0


async def test_the_frame_is_for_the_partners_pages(board: Board, skill: str) -> None:
    """The iframe variant renders on the partner's page and is refused on another's."""
    frame = f'<iframe title="Credentials" src="{board.gateway}/widget/v1/frame?key={board.key}&limit=2&skills={skill}"></iframe>'
    async with board.visiting(board.host.page(frame)) as visit:
        links = visit.page.frame_locator("iframe").locator("stackwise-recommendations a")
        await links.nth(1).wait_for(timeout=15_000)
        assert await links.count() == 2
        assert await links.first.get_attribute("target") == "_top"
    async with board.visiting(board.stranger.page(frame)) as visit:
        links = visit.page.frame_locator("iframe").locator("stackwise-recommendations a")
        assert await links.count() == 0
        assert visit.page.frames[1].url.startswith("chrome-error:")
