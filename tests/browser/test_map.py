from __future__ import annotations

import struct
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Open, Product, until

pytestmark = pytest.mark.browser

VIEW = "() => { const m = __yiping.map, c = m.getCenter(); return [c.lat, c.lng, m.getZoom()]; }"
DRAWN = "code => document.querySelector('.map-frame').dataset.drawn === code"


def at(page: Page, lng: float, lat: float) -> tuple[float, float]:
    """Where a place is on the screen."""
    x, y = page.evaluate(
        "([lng, lat]) => { const m = __yiping.map, b = m.getContainer().getBoundingClientRect(),"
        " p = m.latLngToContainerPoint([lat, lng]); return [b.x + p.x, b.y + p.y]; }",
        [lng, lat],
    )
    return float(x), float(y)


def rested(page: Page) -> None:
    """Wait until the map has stopped moving and every frame asked for is drawn."""
    page.evaluate("() => new Promise(done => yiping.map.layer.afterDraw(() => requestAnimationFrame(done)))")


def test_the_map_holds_every_sensor_of_the_feed(open_page: Open, product: Product) -> None:
    page = open_page()
    area = page.evaluate("document.body.dataset.area")
    with urllib.request.urlopen(f"{product.url}/api/v1/map/devices?area={area}") as answer:
        magic, count = struct.unpack("<4sI", answer.read(8))
    assert magic == b"YPM1"
    assert page.evaluate("__yiping.count()") == count > 900
    painted = page.evaluate(
        "() => { const c = document.querySelector('canvas.is-points');"
        " return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v); }"
    )
    assert painted


def test_a_click_drills_down_to_the_grid_and_back_leads_the_browser(open_page: Open, product: Product) -> None:
    page = open_page()
    here = page.evaluate("document.body.dataset.area")
    trail = [here]
    until(page, DRAWN, here)
    while page.locator("path.map-area").count():
        shape = page.locator("path.map-area").first
        code = shape.get_attribute("data-code")
        shape.focus()
        page.keyboard.press("Enter")
        until(page, DRAWN, code)
        until(page, "code => document.body.dataset.area === code", code)
        assert f"area={code}" in page.url
        trail.append(str(code))
    assert len(trail) == 4, "district, street, community, grid"
    assert page.locator("path.map-building").count() > 0
    for code in reversed(trail[:-1]):
        page.go_back()
        until(page, DRAWN, code)


def test_a_click_on_a_shape_drills_and_on_a_building_opens_it(open_page: Open, product: Product) -> None:
    grid = product.area("grid")
    page = open_page(f"area={grid.code[:12]}&layers=alarms")
    until(page, DRAWN, grid.code[:12])
    rested(page)
    lng, lat = page.evaluate(
        "code => { const p = yiping.map.areas.byCode.get(code).label.getLatLng(); return [p.lng, p.lat]; }", grid.code
    )
    page.mouse.click(*at(page, lng, lat))
    until(page, DRAWN, grid.code)
    page.locator("path.map-building").first.click()
    page.wait_for_url("**building=*")


def test_data_never_moves_the_view(open_page: Open, product: Product) -> None:
    page = open_page()
    until(page, DRAWN, page.evaluate("document.body.dataset.area"))
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(500)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    page.mouse.up()
    page.wait_for_timeout(500)
    before = page.evaluate(VIEW)
    product.publish(product.device("hydrant", 3), {"pressure_mpa": 0.3})
    page.evaluate("yiping.map._loadAreas()")
    page.evaluate("yiping.map.data.loadDevices()")
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    page.locator("[data-metric=population]").click()
    page.locator("[data-layer=cameras]").click()
    page.wait_for_timeout(600)
    assert page.evaluate(VIEW) == before


def test_metric_and_overlays_are_in_the_address_and_survive_a_reload(open_page: Open) -> None:
    page = open_page()
    page.locator("[data-metric=housing]").click()
    page.locator("[data-layer=incidents]").click()
    page.locator("[data-layer=cameras]").click()
    assert "metric=housing" in page.url
    assert "layers=alarms%2Cincidents%2Cdevices" in page.url
    page.reload()
    until(page, "window.__yiping?.map")
    expect(page.locator("[data-metric=housing]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-layer=incidents]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-layer=cameras]")).to_have_attribute("aria-pressed", "false")


def test_a_sensor_under_the_pointer_says_what_it_is(open_page: Open, product: Product) -> None:
    device = product.device("pool", 2)
    page = open_page("layers=devices")
    page.evaluate("([lng, lat]) => __yiping.map.setView([lat, lng], 19, {animate: false})", [device.lng, device.lat])
    rested(page)
    page.mouse.click(*at(page, device.lng, device.lat))
    card = page.locator(".map-card")
    expect(card).to_be_visible()
    expect(card).to_contain_text("%")
    page.locator("#map").focus()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


@pytest.mark.parametrize(("lang", "chip", "schematic"), [("zh", "人口", "示意边界"), ("en", "Population", "chematic")])
def test_the_map_speaks_both_languages(open_page: Open, lang: str, chip: str, schematic: str) -> None:
    page = open_page(f"lang={lang}")
    expect(page.locator("[data-metric=population]")).to_have_text(chip)
    expect(page.locator(".map-legend-note")).to_contain_text(schematic)
    if lang == "en":
        shown = page.locator(".map-frame").inner_text()
        assert not any("\u4e00" <= c <= "\u9fff" for c in shown), shown


def test_the_theme_repaints_the_map(open_page: Open) -> None:
    page = open_page()
    colour = "() => yiping.map.layer.stamps.tokens['map-bg']"
    dark = page.evaluate(colour)
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    until(page, f"before => ({colour})() !== before", dark)
