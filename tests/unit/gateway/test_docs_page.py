"""The documentation page in Chromium, without a network."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import async_playwright

from deploy.local.ports import accepts, free_port
from libs.common.settings import HttpSettings
from libs.common.web import serve
from tests.support.openapi import CURRENT, committed
from tests.support.waiting import until
from tests.unit.gateway.world import World

CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.skipif(not CHROMIUM.is_file(), reason="needs Chromium (/usr/bin/chromium)")
async def test_the_page_shows_everything_and_fetches_nothing_elsewhere(world: World) -> None:
    """Every operation with its example, under the page's own policy; only our own origin is asked."""
    port = free_port()
    serving = asyncio.create_task(serve(world.app, HttpSettings(port=port)))
    await until(accepts(port), bool)
    asked, said = set[str](), list[str]()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            page = await browser.new_page()
            page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            await page.goto(f"http://127.0.0.1:{port}/schema")
            await page.wait_for_selector("#operations details")
            shown = await page.locator("#operations code").all_text_contents()
            text = await page.locator("#operations").text_content()
            await browser.close()
    finally:
        world.app.stopping.set()
        await asyncio.wait_for(serving, 20)
    api = committed(CURRENT)
    assert sorted(shown) == sorted(path for path, item in api["paths"].items() for _ in item)
    assert "northfield/sql-foundations" in (text or "")
    assert asked == {f"127.0.0.1:{port}"}
    assert said == []
