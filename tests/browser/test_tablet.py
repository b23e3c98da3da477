"""Tablets: everything a finger may touch is large enough, nothing hides behind a hover, and the ways around work."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from data_access.db.tables import AreaRow
from tests.browser.product import Open, Product, until

pytestmark = pytest.mark.browser

LANDSCAPE, PORTRAIT = (1180, 820), (820, 1180)
SMALL = """() => [...document.querySelectorAll("a[href], button, select, input, summary, [role=button]")]
  .filter((e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }))
  .filter((e) => !e.closest(".sr-only, .map svg, .toast:empty, .skip"))
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && (box.height < 43.5 || box.width < 43.5))
  .map(([e, box]) => `${e.tagName} ${e.className} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
UNTOLD = """() => [...document.querySelectorAll(".overview [title], .page [title]")]
  .filter((e) => e.checkVisibility() && !e.textContent.trim() && !e.getAttribute("aria-label"))
  .map((e) => e.outerHTML.slice(0, 100))"""


def _settled(page: Page) -> None:
    there = "Boolean(document.querySelector('h1')) && !document.querySelector('.strip.is-loading, #first-paint')"
    until(page, there, timeout=30)
    page.wait_for_timeout(200)


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
def test_every_target_is_44_pixels_and_nothing_scrolls_sideways(
    chromium: Browser, product: Product, size: tuple[int, int]
) -> None:
    page = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, has_touch=True, bypass_csp=True
    ).new_page()
    for address in ("/", f"/?building={product.building().code}&lang=en", "/compare", "/brief"):
        page.goto(product.url + address)
        _settled(page)
        if address == "/":
            page.click(".tools summary")
        assert page.evaluate(SMALL) == [], address
        assert page.evaluate(UNTOLD) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    page.context.close()


def test_the_rail_goes_to_every_page_of_the_place_on_screen(open_page: Open, product: Product) -> None:
    street = product.area("street")
    page = open_page()
    page.set_viewport_size({"width": LANDSCAPE[0], "height": LANDSCAPE[1]})
    _settled(page)
    rail = page.evaluate(
        "(() => { const r = document.querySelector('.nav').getBoundingClientRect(); return [r.x, r.width]; })()"
    )
    assert rail == [0, 80]
    page.evaluate("(code) => yiping.drill(code)", street.code)
    until(page, "(code) => document.body.dataset.area === code", street.code)
    until(page, "(code) => document.querySelector('.nav [data-to=\"/brief\"]').href.includes(code)", street.code)
    page.click(".nav [data-to='/brief']")
    page.wait_for_selector(".brief")
    assert street.name in page.inner_text(".brief h2")
    page.click(".nav [data-to='/compare']")
    page.wait_for_selector(".compare-rows")


def test_a_portrait_drawer_lies_in_the_lower_two_thirds(open_page: Open, product: Product) -> None:
    page = open_page(f"building={product.building().code}")
    page.set_viewport_size({"width": PORTRAIT[0], "height": PORTRAIT[1]})
    box = page.locator(".drawer").bounding_box()
    assert box is not None
    assert box["y"] >= PORTRAIT[1] * 0.3
    close = page.locator(".drawer [data-close-building]").bounding_box()
    assert close is not None
    assert min(close["width"], close["height"]) >= 44


def test_a_long_press_collects_two_areas_and_compares_them(chromium: Browser, product: Product) -> None:
    with product.database.reading() as session:
        grids = session.scalars(select(AreaRow).where(AreaRow.kind == "grid").order_by(AreaRow.path).limit(2)).all()
        codes = [grid.code for grid in grids]
    community = product.area("community")
    page = chromium.new_context(viewport={"width": 1180, "height": 820}, has_touch=True, bypass_csp=True).new_page()
    page.goto(f"{product.url}/?area={community.code}")
    _settled(page)
    for code in codes:
        press = """(e) => { const b = e.getBoundingClientRect();
          e.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, isPrimary: true, pointerType: "touch",
            clientX: b.x + 5, clientY: b.y + 5 })); }"""
        page.locator(f".rank[data-drill='{code}']").evaluate(press)
        page.wait_for_timeout(800)
        if code == codes[0]:
            assert "已加入对比" in page.inner_text(".said")
    page.wait_for_url("**/compare?**")
    page.wait_for_selector(".compare-rows", timeout=60_000)
    assert [page.input_value("#compare-a"), page.input_value("#compare-b")] == codes
    page.select_option("#compare-b", community.code)
    page.wait_for_url(f"**b={community.code}")
    page.wait_for_selector(".compare-rows")
    page.context.close()


def test_beside_the_map_stands_what_was_pressed_and_everything_fits_a_landscape_screen(
    open_touch: Open, product: Product
) -> None:
    community = product.area("community")
    page = open_touch(f"area={community.code}")
    _settled(page)
    assert page.evaluate("document.documentElement.scrollHeight") <= LANDSCAPE[1]
    shown = """() => [".panel-beside", ".panel-alarms", ".rank-place"]
      .filter((e) => document.querySelector(e).checkVisibility())"""
    assert page.evaluate(shown) == [".panel-alarms"]  # life safety, until somebody chooses
    page.tap("[data-side-tab=compare]")
    page.wait_for_selector("#beside .compare-rows")
    assert page.evaluate(shown) == [".panel-beside"]
    assert page.evaluate(SMALL) == []
    third = page.evaluate("document.querySelectorAll('#beside-b option')[2].value")
    page.select_option("#beside-b", third)
    until(page, "code => location.search.includes(`b=${code}`)", third)
    until(page, "code => document.querySelector('.map-area.is-second')?.dataset.code === code", third)
    page.tap("[data-side-tab=rank]")
    assert page.evaluate(shown) == [".rank-place"]
    assert page.locator(".map-area.is-compared").count() == 0
    page.set_viewport_size({"width": PORTRAIT[0], "height": PORTRAIT[1]})
    assert page.evaluate(shown) == [".panel-alarms", ".rank-place"]  # upright there is room for both
    spark = page.locator(".org > .spark").first.bounding_box()
    assert spark is not None
    assert (spark["width"] >= 40, spark["height"] >= 16) == (True, True)


def test_the_switch_of_periods_sets_the_address_and_back(open_touch: Open) -> None:
    page = open_touch()
    _settled(page)
    page.tap(".period >> nth=1")
    until(page, "document.querySelector('.panel-closing h2').textContent === '本周效能'")
    assert "from=" in page.evaluate("location.search")
    assert page.inner_text(".panel-incidents .panel-sub") == "本周受理"
    assert page.get_attribute(".period >> nth=1", "aria-current") == "true"
    page.go_back()
    until(page, "document.querySelector('.panel-closing h2').textContent === '本月效能'")
    assert page.inner_text(".panel-incidents .panel-sub") == "今日受理"


def test_sharing_copies_the_very_view_or_says_why_not(chromium: Browser, product: Product) -> None:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"], bypass_csp=True
    )
    page = context.new_page()
    street = product.area("street")
    page.goto(f"{product.url}/?area={street.code}&metric=population")
    _settled(page)
    page.click(".tools summary")
    page.click("[data-act='share']")
    until(page, "document.querySelector('.said')?.textContent === '链接已复制'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"area={street.code}" in copied
    assert "metric=population" in copied
    assert "theme=dark" in copied
    assert "at=" not in copied, "the whole of the place fits every screen"
    page.wait_for_function("yiping.map?.frame.dataset.drawn && !yiping.map.map._animatingZoom")
    page.evaluate(
        "yiping.map.map.setZoom(yiping.map.map.getZoom() + 1, { animate: false }).panBy([90, -40], { animate: false })"
    )
    page.click("[data-layer='resources']")
    page.click(".tools summary")
    page.click("[data-act='share']")
    until(page, "() => navigator.clipboard.readText().then(text => text.includes('at='))")
    view = """() => { const { map, layers, metric } = yiping.map, { lng, lat } = map.getCenter();
      return [lng.toFixed(3), lat.toFixed(3), map.getZoom().toFixed(1), [...layers].sort().join(), metric]; }"""
    copied, seen = page.evaluate("navigator.clipboard.readText()"), page.evaluate(view)
    other = context.new_page()
    other.goto(copied)
    until(other, "code => yiping.map?.frame.dataset.drawn === code", street.code)
    assert other.evaluate(view) == seen, "who opens it sees the same"
    other.close()
    page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.click(".tools summary")
    page.click("[data-act='share']")
    assert "HTTPS" in page.inner_text(".share-dialog")
    assert page.input_value(".share-dialog input") == copied
    context.close()


def test_the_picture_and_the_figures_are_of_the_present_view(chromium: Browser, product: Product) -> None:
    street = product.area("street")
    page = chromium.new_context(viewport={"width": 1180, "height": 820}, accept_downloads=True).new_page()
    page.goto(f"{product.url}/?area={street.code}&lang=en")
    _settled(page)
    page.click(".tools summary")
    with page.expect_download(timeout=60_000) as download:
        page.click("[data-to='/api/v1/overview.xlsx']")
    book = load_workbook(BytesIO(download.value.path().read_bytes()))
    about = dict(book["About"].iter_rows(min_row=2, values_only=True))
    assert (about["Area"], about["Code"]) == (street.name_en, street.code)
    if not page.locator(".tools[open]").count():
        page.click(".tools summary")
    with page.expect_download(timeout=60_000) as download:
        page.click("[data-act='picture']")
    name = download.value.suggested_filename
    body = download.value.path().read_bytes()
    assert name.startswith("yiping-")
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(body[16:20], "big") >= 1000
    colours = Image.open(BytesIO(body)).convert("RGB").getcolors(1 << 24) or []
    assert len(colours) > 500  # not an empty sheet
    assert (0x33, 0x88, 0xFF) not in {colour for _, colour in colours}, (
        "the map's library paints it, not our style sheet"
    )
    page.context.close()


def test_a_turned_tablet_sees_the_whole_place_again_and_keeps_a_view_that_was_moved(open_page: Open) -> None:
    page = open_page()
    page.set_viewport_size({"width": LANDSCAPE[0], "height": LANDSCAPE[1]})
    _settled(page)
    until(page, "Boolean(window.yiping.map && yiping.map.bounds)")
    page.set_viewport_size({"width": PORTRAIT[0], "height": PORTRAIT[1]})
    until(page, "yiping.map.map.getSize().x === document.getElementById('map').clientWidth")
    until(page, "yiping.map.map.getBounds().contains(yiping.map.bounds) && !yiping.map.looksAt()")
    page.evaluate("yiping.map.map.setZoom(yiping.map.map.getZoom() + 2, { animate: false })")
    zoom = page.evaluate("yiping.map.map.getZoom()")
    page.set_viewport_size({"width": LANDSCAPE[0], "height": LANDSCAPE[1]})
    page.wait_for_timeout(400)
    assert page.evaluate("yiping.map.map.getZoom()") == zoom
