"""Officers at their desks, and what a test does there."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from data_access.domain.accounts import DEMO_PASSWORD
from tests.browser.product import Product, until

READY = (
    "window.yiping?.desk?.queue && document.querySelector('.desk-body.is-known') "
    "&& !document.getElementById('first-paint')"
)
AT = "(id) => { yiping.desk.go(id); }"
STATE = "([id, state]) => yiping.desk.queue.get(id)?.state === state"
OWNER = "([id, owner]) => yiping.desk.queue.get(id)?.owner === owner"


class Desks:
    """Officers at their desks, each in a browser of his own."""

    def __init__(self, browser: Browser, product: Product) -> None:
        self._browser, self._product = browser, product
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def sit(self, name: str, query: str = "", **options: object) -> Page:
        """`name` signs in with the demo's password and opens the desk."""
        more = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN", **options}
        context = self._browser.new_context(**more)  # type: ignore[arg-type]  # playwright's own keywords
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{self._product.url}/sign-in?next=%2F")
        page.fill("input[name=name]", name)
        page.fill("input[name=password]", DEMO_PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/(\?.*)?$"))
        page.goto(f"{self._product.url}/alarms?probe=1{query}")
        until(page, READY, timeout=30)
        return page

    def leave(self) -> None:
        for context in self._contexts:
            context.close()


def raised(page: Page, device: int) -> int:
    """The open alarm of `device` once the desk has it."""
    find = "(id) => [...yiping.desk.queue.all()].find((a) => a.device_id === id && a.state !== 'closed')?.alarm_id || 0"
    until(page, find, device)
    return int(page.evaluate(find, device))


def line_of(page: Page, number: int) -> Locator:
    """The line that alarm `number` is in: its own, or that of its confirmed event."""
    find = """(id) => {
        const line = yiping.desk.list.lines().find((one) => one.id === id || one.ids?.includes(id));
        if (line) yiping.desk.list.reveal(line.key);
        return line ? yiping.desk.list.element(line.key).id : "";
    }"""
    until(page, find, number)
    return page.locator(f"#{page.evaluate(find, number)}")


def press(page: Page, *keys: str) -> None:
    """One key after the other."""
    for key in keys:
        page.keyboard.press(key)


def send(page: Page, *keys: str) -> None:
    """Enter in a dialog, and wait until it has been taken."""
    press(page, *keys, "Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)
