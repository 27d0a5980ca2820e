"""The widget in Chromium, on the pages of a job board, in front of a running gateway."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.async_api import Browser, Locator, Page, Request, async_playwright

from tests.support.flow import Flow
from tests.support.host_page import Host, hosting

CHROMIUM = Path(os.environ.get("STACKWISE_TEST_CHROMIUM", "/usr/bin/chromium"))
# What the guide for job boards tells them to add, so that nothing moves before the script is there.
RESERVED = (
    "<style>stackwise-recommendations:not(:defined) { display: block; min-height: 31.2em }</style>"
)
# Every event of the element, and whatever the page would complain about.
_LISTENING = """
window.told = []; window.shifted = 0;
for (const name of ['load', 'empty', 'error', 'select'])
  document.addEventListener(`stackwise:${name}`, (event) => told.push([name, JSON.parse(JSON.stringify(event.detail))]));
document.addEventListener('securitypolicyviolation', (event) => told.push(['violation', event.violatedDirective]));
new PerformanceObserver((list) => list.getEntries().forEach((each) => (shifted += each.value)))
  .observe({ type: 'layout-shift', buffered: true });
"""


class Board(NamedTuple):
    """A partner's job board, and a stranger's; `key` is the partner's publishable key."""

    flow: Flow
    browser: Browser
    host: Host
    stranger: Host
    key: str
    partner_id: str

    @property
    def gateway(self) -> str:
        return self.flow.stack.gateway_url

    @property
    def script(self) -> str:
        return f'<script type="module" src="{self.gateway}/widget/v1/stackwise.js"></script>'

    def element(self, **attributes: str) -> str:
        """The element with the key and these attributes."""
        said = {"key": self.key, **attributes}
        text = " ".join(f'{name.replace("_", "-")}="{each}"' for name, each in said.items())
        return f"<stackwise-recommendations {text}></stackwise-recommendations>"

    @asynccontextmanager
    async def visiting(self, url: str | None = None, **context: Any) -> AsyncIterator["Visit"]:
        """A visitor without history; the page must complain about nothing until they leave."""
        async with await self.browser.new_context(**context) as profile:
            page = await profile.new_page()
            await page.add_init_script(_LISTENING)
            visit = Visit(page)
            if url is not None:
                await page.goto(url)
            yield visit
            assert visit.errors == []


class Visit:
    """One page in a browser: what it asked for, and what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[Request] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request))

    @property
    def widget(self) -> Locator:
        return self.page.locator("stackwise-recommendations").first

    @property
    def links(self) -> Locator:
        return self.page.locator("stackwise-recommendations a")

    async def state(self, wanted: str) -> None:
        """Waits until the first element says so."""
        await self.page.locator(f"stackwise-recommendations[state={wanted}]").first.wait_for(
            state="attached", timeout=15_000
        )

    async def told(self, name: str) -> list[Any]:
        """The details of the events of a name so far."""
        found: list[Any] = await self.page.evaluate(
            "name => told.filter(each => each[0] === name).map(each => each[1])", name
        )
        return found

    async def wait_told(self, name: str) -> Any:
        """The detail of the first event of a name, once there is one."""
        await self.page.wait_for_function("name => told.some(each => each[0] === name)", arg=name)
        return (await self.told(name))[0]


def require_chromium() -> None:
    """Skips the test where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"needs Chromium: {CHROMIUM} is not there (STACKWISE_TEST_CHROMIUM)")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser."""
    require_chromium()
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def boarding(flow: Flow) -> AsyncIterator[Board]:
    """A job board of a new partner, beside a page that is nobody's."""
    async with chromium() as browser, hosting() as host, hosting() as stranger:
        words = ("partners", "create", "Job board", "--origin", host.origin, "--json")
        made = json.loads(await flow.stack.gateway_command(*words))
        yield Board(flow, browser, host, stranger, made["publishable_key"], made["id"])
