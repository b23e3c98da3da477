from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.browser.product import Open, Product, until

pytestmark = pytest.mark.browser

LISTEN = "() => { window.heard = []; __yiping.onApplied(pairs => window.heard.push(...pairs)); }"
CLEARED = (
    "(ids) => yiping.map.layer.alarms.flatMap(a => a.members).filter(m => ids.includes(m.device)).every(m => m.cleared)"
)
HEARD = "([id, ts]) => window.heard.some(p => p[0] === id && p[1] === ts)"


def test_a_reading_over_mqtt_becomes_an_alarm_on_the_open_page(open_page: Open, product: Product) -> None:
    page = open_page()
    page.evaluate(LISTEN)
    device = product.device("smoke", 5)
    ts = product.publish(device, {"smoke": 1})
    until(page, HEARD, [device.id, ts], timeout=10)
    row = page.locator("#live-alarms").get_by_text("烟感火警").first
    expect(row).to_be_visible()
    drawn = page.evaluate(
        "id => { const l = yiping.map.layer, a = l.alarms.find(a => a.members.some(m => m.device === id));"
        " return a && [a.severity, l.alarmsInView().some(m => m.device === id)]; }",
        device.id,
    )
    assert drawn == [4, True]
    assert (
        page.evaluate("id => { const s = yiping.map.data.sets.devices; return s.category[s.at(id)]; }", device.id) == 4
    )
    page.locator("#map").focus()
    page.keyboard.press("n")
    expect(page.locator(".map-card")).to_contain_text("烟感火警")
    expect(page.locator(".map-said")).to_contain_text("烟感火警")
    product.publish(device, {"smoke": 0})
    until(page, CLEARED, [device.id])


def test_the_detectors_of_one_building_are_one_line_with_their_number(open_page: Open, product: Product) -> None:
    page = open_page()
    page.evaluate(LISTEN)
    devices = product.together("smoke", 3)
    for device in devices:
        ts = product.publish(device, {"smoke": 1})
        until(page, HEARD, [device.id, ts], timeout=10)  # each is in the page, though it has no line of its own
    lines = page.locator("#live-alarms .alarm.is-unacked", has_text="3 个终端")
    expect(lines).to_have_count(1)
    expect(page.locator("#pinned-strip")).to_contain_text("3 个终端")
    for device in devices:
        product.publish(device, {"smoke": 0})
    until(page, CLEARED, [device.id for device in devices])


def test_every_reading_is_reported_to_the_probe(open_page: Open, product: Product) -> None:
    page = open_page()
    page.evaluate(LISTEN)
    device = product.device("hydrant", 1)
    ts = product.publish(device, {"pressure_mpa": 0.31})
    until(page, HEARD, [device.id, ts], timeout=10)


def test_ten_tabs_share_one_stream(open_page: Open, product: Product) -> None:
    pages = [open_page(wait=False) for _ in range(10)]
    for page in pages:
        until(page, "window.__yiping?.connected", timeout=30)
    _until_streams(product, 1)  # that of a page which an earlier test has closed may end a moment later
    for page in pages:
        page.evaluate(LISTEN)
    device = product.device("gas", 2)
    ts = product.publish(device, {"gas_lel": 1.5})
    for page in pages:
        until(page, HEARD, [device.id, ts], timeout=10)
    for page in pages:
        page.close()
    _until_streams(product, 0)


def _until_streams(product: Product, wanted: int) -> None:
    deadline = time.monotonic() + 20  # a heartbeat finds who has gone
    while (found := product.get("/readyz")["parts"]["live"]["streams"]) != wanted:
        assert time.monotonic() < deadline, f"{found} streams are open, not {wanted}"
        time.sleep(0.1)
