"""The overview in real Chromium: its figures, its frame, what it says live, and that nothing is clipped."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.product import Open, Product, until

pytestmark = pytest.mark.browser

CLIPPED = """() => [...document.querySelectorAll(".left .panel-body, .low .panel-body, .strip, .head")]
  .filter((e) => e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 2)
  .map((e) => [e.parentElement.className, e.scrollHeight, e.clientHeight, e.scrollWidth, e.clientWidth].join(" "))"""
SMALL_TARGETS = """() => [...document.querySelectorAll(".overview a[href], .overview button")]
  .filter((e) => e.offsetParent && !e.closest(".sr-only") && e.getBoundingClientRect().height < 43.5)
  .map((e) => e.className + " " + e.getBoundingClientRect().height)"""


def _settled(page: Page) -> None:
    until(page, "!document.querySelector('.strip.is-loading') && Boolean(document.body.dataset.path)")


def test_the_page_shows_the_figures_that_the_interface_answers(open_page: Open, product: Product) -> None:
    district = product.area("district")
    page = open_page()
    _settled(page)
    total = page.inner_text(".panel-sensors [data-counter='devices.total']").replace(",", "")
    snapshot = product.get(f"/api/v1/snapshot?area={district.code}")
    counters = next(c["counters"] for c in snapshot["counters"] if c["area"] == district.path)
    assert int(total) == counters["devices.total"] > 0
    assert page.inner_text(".panel-population .hero-n").startswith("18,642")
    assert [page.inner_text(tag) for tag in (".map-place .tag", ".foot-note")] == ["演示数据"] * 2
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_a_drill_down_changes_address_and_panels_and_keeps_the_map(open_page: Open, product: Product) -> None:
    district, street = product.area("district"), product.area("street")
    page = open_page()
    _settled(page)
    page.evaluate("window.__kept = document.querySelector('#map')")
    page.click(f".rank[data-drill='{street.code}']")
    until(page, "(code) => document.body.dataset.area === code", street.code)
    assert f"area={street.code}" in page.url
    assert "probe=1" in page.url
    assert street.name in page.inner_text(".crumbs")
    page.go_back()
    until(page, "(code) => document.body.dataset.area === code", district.code)
    assert page.inner_text("h1").startswith(district.name)
    page.go_forward()
    until(page, "(code) => document.body.dataset.area === code", street.code)
    assert page.evaluate("window.__kept === document.querySelector('#map')")


def test_an_unknown_area_is_refused_in_words(chromium: Browser, product: Product) -> None:
    page = chromium.new_page()
    page.goto(f"{product.url}/?area=nowhere")
    page.wait_for_selector(".refused")
    assert "没有这个区域" in page.inner_text(".refused")
    page.close()


def test_a_building_opens_in_a_drawer_and_escape_closes_it(open_page: Open, product: Product) -> None:
    page = open_page(f"building={product.building().code}")
    page.wait_for_selector(".drawer")
    assert "责任人" in page.inner_text(".drawer")
    assert not re.search(r"1\d{10}", page.inner_text(".drawer"))  # no whole phone number
    page.keyboard.press("Escape")
    until(page, "!document.querySelector('.drawer')")
    assert "building" not in page.url


CROWDED = """document.querySelector('.strip-facts').style.minWidth =
  `${document.querySelector('.strip').offsetWidth - document.querySelector('.strip-lead').offsetWidth - 260}px`"""
WHERE_READ = """(() => {
  const box = (name) => document.querySelector(name).getBoundingClientRect();
  const where = box('.strip-where'), what = box('.strip-what');
  const within = where.left >= what.left && where.right <= what.right && where.top >= what.top;
  return where.width > 20 && within && where.bottom <= what.bottom;
})()"""


def test_a_fire_is_pinned_listed_and_one_click_from_the_map(open_page: Open, product: Product) -> None:
    device = product.device("smoke", 3)
    page = open_page()
    _settled(page)
    page.evaluate("window.__focus = null; addEventListener('yiping:focus', (e) => (window.__focus = e.detail))")
    product.publish(device, {"smoke": 1})
    page.wait_for_selector(".strip-row.is-alarm", timeout=5000)
    page.wait_for_selector(".alarm.is-critical.is-unacked")
    assert "烟感火警" in page.inner_text("#pinned-strip")
    page.evaluate(CROWDED)  # as in a flood: everything beside it grows, and where it burns is read all the same
    assert page.evaluate(WHERE_READ)
    until(page, "document.getElementById('live-announce').textContent.includes('烟感火警')")
    page.click(".alarm.is-critical .alarm-go")
    assert page.evaluate("window.__focus.deviceId") == device.id
    page.wait_for_selector(".drawer .drawer-row.is-alarm")  # the same click leads to its building
    assert "烟感火警" in page.inner_text(".drawer .drawer-row.is-alarm >> nth=0")
    product.publish(device, {"smoke": 0})
    until(page, "document.querySelector('.alarm.is-critical').classList.contains('is-cleared')")


def test_a_lost_push_is_said_and_nothing_pretends_to_be_live(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    page.evaluate("yiping.live.status = () => ({ connection: 'disconnected', lastEventAt: Date.now() - 90000 })")
    page.wait_for_selector(".stale-banner:not([hidden])", timeout=4000)
    assert "推送中断" in page.inner_text(".stale-banner")
    assert "未知" in page.inner_text("#pinned-strip")
    assert "停在" in page.inner_text(".panel-sensors .panel-head")
    assert "停在" in page.inner_text(".panel-map .map-place")
    assert "停在" not in page.inner_text(".panel-population .panel-head")  # a daily batch is as good as it was


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1440, 900), (3840, 2160)])
def test_walls_and_desks_show_everything_without_scrolling(open_page: Open, lang: str, width: int, height: int) -> None:
    page = open_page(f"lang={lang}&wall=1")
    page.set_viewport_size({"width": width, "height": height})
    _settled(page)
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize(("width", "height"), [(1180, 820), (820, 1180)])
def test_tablets_scroll_one_way_and_targets_are_large_enough(open_page: Open, width: int, height: int) -> None:
    page = open_page("lang=en")
    page.set_viewport_size({"width": width, "height": height})
    _settled(page)
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.inner_text(".map-place .tag") == "Demo data"
    page.click("[data-details]")
    assert page.is_visible(".stages")


def test_the_theme_is_remembered(open_page: Open) -> None:
    page = open_page()
    _settled(page)
    page.click("[data-theme-switch]")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.reload()
    until(page, "document.documentElement.dataset.theme === 'light'")
