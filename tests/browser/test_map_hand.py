"""Pointer, finger and keys on the map."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.maps import DRAWN, VIEW, at, rested, smoke_of_one_building
from tests.browser.product import Open, Product, until

pytestmark = pytest.mark.browser


def test_a_click_on_a_shape_drills_and_on_a_building_opens_it(open_page: Open, product: Product) -> None:
    grid = product.area("grid")
    page = open_page(f"area={grid.code[:12]}&layers=devices")
    until(page, DRAWN, grid.code[:12])
    rested(page)
    lng, lat = page.evaluate(
        "code => { const p = yiping.map.areas.byCode.get(code).label.getLatLng(); return [p.lng, p.lat]; }", grid.code
    )
    page.mouse.click(*at(page, lng, lat))
    until(page, DRAWN, grid.code)
    rested(page)
    page.locator("path.map-building").first.click()  # the sensors inside it leave the click to it
    page.wait_for_url("**building=*")


def test_what_moves_away_under_the_finger_was_still_meant(open_page: Open, product: Product) -> None:
    grid = product.area("grid")
    page = open_page(f"area={grid.code}&layers=devices")
    until(page, DRAWN, grid.code)
    rested(page)
    house = page.locator("path.map-building").first
    box, code = house.bounding_box(), house.get_attribute("data-code")
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.evaluate("() => { __yiping.map.panBy([0, 120], { animate: false }); }")  # as at the end of a flight
    page.mouse.up()
    page.wait_for_url(f"**building={code}")


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


def test_arrows_and_signs_move_the_map_and_n_walks_the_alarms(open_page: Open, product: Product) -> None:
    devices = smoke_of_one_building(product, 2)
    page = open_page()
    until(page, DRAWN, page.evaluate("document.body.dataset.area"))
    for device in devices:
        product.publish(device, {"smoke": 1})
    until(page, "id => yiping.map.layer.alarms.some(a => a.building === id && a.count >= 2)", devices[0].building_id)
    rested(page)
    page.locator("#map").focus()
    before = page.evaluate(VIEW)
    page.keyboard.press("ArrowRight")
    until(page, f"before => ({VIEW})()[1] > before[1]", before)
    page.keyboard.press("+")
    until(page, f"before => ({VIEW})()[2] > before[2] && !__yiping.map._animatingZoom", before)
    page.keyboard.press("-")
    until(page, f"before => Math.abs(({VIEW})()[2] - before[2]) < 0.01", before)
    seen = set()
    for _ in range(2):
        page.keyboard.press("n")
        seen.add(page.evaluate("yiping.map.layer.focused"))
    assert len(seen) == 2, "every alarm is walked to, also those that share a symbol"
    page.keyboard.press("p")
    assert page.evaluate("yiping.map.layer.focused") in seen
    for device in devices:
        product.publish(device, {"smoke": 0})


def test_a_finger_opens_a_building_and_targets_are_wide_enough(open_touch: Open, product: Product) -> None:
    grid = product.area("grid")
    page = open_touch(f"area={grid.code}&layers=incidents")
    until(page, DRAWN, grid.code)
    rested(page)
    page.locator(".map-frame").scroll_into_view_if_needed()
    sides = page.evaluate(
        "() => [...document.querySelectorAll('.map-chip, .leaflet-bar a, .search input')]"
        ".map(e => e.getBoundingClientRect()).map(b => Math.min(b.width, b.height))"
    )
    assert min(sides) >= 44
    box = page.locator("path.map-building").first.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] + 4)
    page.wait_for_url("**building=*")
