"""趋势 in real Chromium: its charts take their colours from the theme, and only it pays for them."""

from __future__ import annotations

import re

import pytest

from tests.browser.product import Open, Product, until

pytestmark = pytest.mark.browser

CHINESE = re.compile(r"[\u3400-\u9fff]")
WITH_CHARTS_BYTES = 2_000_000
RECEIVED = """[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .reduce((sum, e) => sum + e.transferSize, 0)"""
DRAWN = "document.querySelectorAll('.chart .main-svg').length >= 8"  # plotly makes two for each chart
INK = "getComputedStyle(document.querySelector('.panel-daily .js-line')).stroke"


def test_charts_are_drawn_from_a_small_bundle_and_follow_the_theme(open_page: Open, product: Product) -> None:
    page = open_page(wait=False)
    page.goto(f"{product.url}/trends")
    until(page, DRAWN, timeout=30)
    assert page.evaluate(RECEIVED) <= WITH_CHARTS_BYTES
    dark = page.evaluate(INK)
    page.click("[data-theme-switch]")
    until(page, f"(dark) => {INK} !== dark", dark)
    assert "18,642" not in page.inner_text(".panel-pyramid")  # people by sex, not all of them
    assert page.is_visible(".panel-pyramid .chart")
    assert "预期误报不超过" in (page.text_content(".panel-hot") or "")  # behind its question mark


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1180, 820), (820, 1180)])
def test_trends_fit_every_size_and_speak_english(open_page: Open, product: Product, width: int, height: int) -> None:
    page = open_page(wait=False)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{product.url}/trends?lang=en")
    until(page, DRAWN, timeout=30)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    said = "\n".join(page.locator(".panel-head, .trends-table thead, .trends-rule").all_inner_texts())
    assert [line for line in said.splitlines() if CHINESE.search(line)] == []


def test_a_panel_of_the_overview_leads_to_its_trend_for_the_place_on_screen(open_page: Open, product: Product) -> None:
    street = product.area("street")
    page = open_page(f"area={street.code}")
    page.click(".panel-closing .panel-link")
    page.wait_for_selector(".page-trends")
    assert f"area={street.code}" in page.url
    assert street.name in page.inner_text(".page-trends h1")
