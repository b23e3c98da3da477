"""Pages of the product in Chromium, as the benches open and watch them."""

from __future__ import annotations

import time
from typing import Final

from playwright.sync_api import Browser, CDPSession, Page, ViewportSize

VIEWPORT: Final[ViewportSize] = {"width": 1920, "height": 1080}


def opened(browser: Browser, url: str) -> Page:
    """The overview in a window of its own, its map drawn and its push connected."""
    page = browser.new_context(viewport=VIEWPORT).new_page()
    page.goto(f"{url}/?probe=1")
    until(page, "window.__yiping?.connected && window.__yiping.map && window.__yiping.count() > 0")
    until(page, "document.querySelector('.map-frame').dataset.drawn")
    return page


def until(page: Page, condition: str, timeout: float = 60) -> None:
    """Wait until `condition` is true in the page; `RuntimeError` when it is not within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not page.evaluate(f"Boolean({condition})"):
        if time.monotonic() > deadline:
            raise RuntimeError(f"never came true in the page: {condition}")
        page.wait_for_timeout(20)


def worked(tools: CDPSession) -> float:
    """Processor time of the page's main thread so far, ms: what a loaded machine does not change."""
    found = {m["name"]: float(m["value"]) for m in tools.send("Performance.getMetrics")["metrics"]}
    return 1000 * found["TaskDuration"]
