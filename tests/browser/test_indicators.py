"""/indicators in real Chromium: why 龙田 fell, in three clicks on the real appeals; all sizes; what stands is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.appeals import APPEALS, TEST_DATA
from tests.browser.conftest import running_product
from tests.browser.product import Product, until

pytestmark = pytest.mark.browser

SIZES = {"wall": (1920, 1080), "desk": (1440, 900), "tablet": (1180, 820), "upright": (820, 1180), "phone": (390, 844)}
SEPTEMBER = "/indicators?area=440310&from=2018-09-01&to=2018-10-01"
NUMBER = re.compile(r"[\d,]+")


@pytest.fixture(scope="module")
def pingshan() -> Iterator[Product]:
    """The Pingshan deployment, as its operator starts it."""
    with running_product(YIPING_DEPLOYMENT="pingshan", YIPING_DATA_FILES=str(TEST_DATA)) as found:
        yield found


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    complaints: list[str] = []
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    opened = context.new_page()
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "503" not in m.text else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def show(page: Page, address: str) -> None:
    page.goto(address)
    built(page)


def built(page: Page) -> None:
    until(page, "!document.querySelector('#first-paint') && Boolean(document.querySelector('.parts'))", timeout=30)


@pytest.mark.slow
@pytest.mark.skipif(not APPEALS.is_file(), reason="needs the real appeals (YIPING_TEST_DATA)")
def test_why_longtian_fell_in_three_clicks(page: Page, pingshan: Product) -> None:
    show(page, pingshan.url + SEPTEMBER)
    row = page.locator(".ind-table tbody tr", has_text="龙田")
    assert "−1.29" in (row.locator(".ind-change").text_content() or "")
    row.locator(".ind-change a").click()  # one: the fallen figure
    page.wait_for_url("**why=*")
    built(page)
    panel = page.locator(".panel-ind-why")
    assert "龙田为什么下降" in (panel.locator("h2").text_content() or "")
    sentence = panel.locator(".ind-sentence").text_content() or ""
    first = panel.locator(".ind-causes li").first
    assert "下降 1.29 百分点" in sentence
    assert (first.locator("a.ind-cause span").first.text_content() or "?") in sentence
    assert (first.locator(".ind-points").text_content() or "").startswith("−")
    first.locator("a.ind-cause").click()  # two: the class that pulled it down
    page.wait_for_url("**within=*")
    built(page)
    button = panel.locator(".ind-foot a").first
    late = NUMBER.search(button.text_content() or "")
    assert late
    button.click()  # three: its cases
    page.wait_for_url("**/incidents?*")
    built(page)
    said = page.locator(".case-behind").text_content() or ""
    assert said.startswith(f"{late[0]} 件")
    assert "按期结案" in said
    assert page.locator(".case-table tbody tr").count() == min(50, int(late[0].replace(",", "")))


@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_every_size_and_can_be_touched(page: Page, product: Product, size: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    show(page, f"{product.url}/indicators?by=type")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if width < 1200:
        low = page.evaluate(
            "[...document.querySelectorAll('.parts a, .parts button, .parts summary')]"
            ".filter((e) => e.offsetHeight && e.offsetHeight < 44).map((e) => `${e.className} ${e.textContent}`)"
        )
        assert low == []


def test_figures_are_refreshed_in_place_and_a_failure_is_seen(page: Page, product: Product) -> None:
    show(page, f"{product.url}/indicators")
    boxes = "[...document.querySelectorAll('.part')].map((e) => JSON.stringify(e.getBoundingClientRect()))"
    before = page.evaluate(boxes)
    parts = "**/indicators/parts*"
    page.route(parts, lambda route: route.fulfill(status=503, json={"refused": "x"}))
    hidden = "document.dispatchEvent(new Event('visibilitychange'))"  # as when somebody comes back to the page
    page.evaluate(hidden)
    page.locator(".parts.is-failing").wait_for(timeout=15_000)
    page.unroute(parts)
    with page.expect_response(parts, timeout=15_000) as answer:
        page.evaluate(hidden)
    assert answer.value.ok
    page.locator(".parts:not(.is-failing)").wait_for(timeout=15_000)
    assert page.evaluate(boxes) == before


def test_the_files_and_the_link_are_of_what_is_shown(page: Page, product: Product) -> None:
    show(page, f"{product.url}/indicators?by=unit")
    asked = page.locator(".ind-files a").first.get_attribute("href") or ""
    with page.expect_download() as download:
        page.locator(".ind-files a").first.click()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert "by=unit" in asked
    link = page.evaluate("yiping.share.link()")
    for name in ("area=", "from=", "to=", "by=unit"):
        assert name in link
