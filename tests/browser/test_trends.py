"""趋势 in real Chromium: its charts take their colours from the theme, and only it pays for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from data_access.db.tables import IncidentRow, IncidentTypeRow
from data_access.domain.periods import local_day, midnight
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
    assert "约十周一次" in (page.text_content(".panel-hot") or "")  # behind its question mark


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


@pytest.fixture
def risen(product: Product) -> Iterator[str]:
    """Code of a grid in which eight cases of one class came in yesterday; gone afterwards."""
    grid = product.area("grid")
    yesterday = midnight(local_day(datetime.now(UTC))) - timedelta(hours=9)  # noqa: TID251  # the product's clock
    with product.database.writing() as session:
        sub = session.scalars(select(IncidentTypeRow.id).where(IncidentTypeRow.level == 3).order_by("id")).first()
        for n in range(8):
            given = {"code": f"risen-{n}", "source": "test", "source_ref": f"risen-{n}", "title": "噪声"}
            where = {"area_id": grid.id, "area_path": grid.path, "sub_type_id": sub}
            times = {"created_at": yesterday, "closed_at": yesterday, "due_at": yesterday}
            session.add(IncidentRow(**given, **where, **times, stage="closed"))
    yield grid.code
    with product.database.writing() as session:
        session.execute(delete(IncidentRow).where(IncidentRow.code.startswith("risen-")))


def test_judgement_fits_and_a_figure_leads_to_as_many_cases(open_page: Open, product: Product, risen: str) -> None:
    page = open_page(wait=False)
    page.goto(f"{product.url}/trends/judgement?lang=en&area={risen}")
    page.wait_for_selector(".panel-year .heat-days i")
    for width, height in ((1440, 900), (820, 1180), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    said = "\n".join(page.locator(".panel-head, .trends-table thead, .trends-rule, .analysis-said").all_inner_texts())
    assert [line for line in said.splitlines() if CHINESE.search(line)] == []
    assert page.locator(".heat-hours tbody td").count() == 7 * 24
    hot = page.locator(".hot-table .is-hot")
    count = int(hot.locator("td").nth(1).inner_text())
    assert count >= 8
    hot.locator(".hot-ways a").first.click()
    until(page, "(n) => document.querySelectorAll('.part-list [data-case]').length === n", count)
