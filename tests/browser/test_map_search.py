"""The search box by keyboard and finger, and where its answers lead."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from data_access.db.tables import BuildingRow
from tests.browser.maps import DRAWN
from tests.browser.product import Open, Product, until

pytestmark = pytest.mark.browser


def ask(page: Page, text: str) -> None:
    page.keyboard.press("/")
    expect(page.locator("#search-input")).to_be_focused()
    page.keyboard.insert_text(text)
    until(page, "() => !yiping.map.search.waiting")
    expect(page.locator("#search-list [role=option]").first).to_be_visible()


def test_a_building_is_found_by_keyboard_and_opens(open_page: Open, product: Product) -> None:
    with product.database.reading() as session:
        name, code = session.execute(select(BuildingRow.name, BuildingRow.code).order_by(BuildingRow.id)).first() or (
            "",
            "",
        )
    page = open_page()
    ask(page, name)
    options = page.locator("#search-list [role=option]")
    expect(options.first).to_have_attribute("aria-selected", "true")
    if options.count() > 1:
        page.keyboard.press("ArrowDown")
        expect(options.nth(1)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**building={code}*")
    expect(page.locator("path.map-building.is-selected")).to_have_attribute("data-code", code)


def test_an_area_is_drilled_to_and_a_device_shows_its_card(open_page: Open, product: Product) -> None:
    grid, device = product.area("grid"), product.device("pool", 1)
    page = open_page()
    ask(page, grid.code)
    page.keyboard.press("Enter")
    until(page, DRAWN, grid.code)
    page.keyboard.press("/")
    page.keyboard.insert_text(device.code)
    page.keyboard.press("Enter")  # before there is an answer
    card = page.locator(".map-card.is-pinned")
    expect(card).to_contain_text("%", timeout=10_000)
    until(page, "() => __yiping.map.getZoom() >= 17")


def test_a_camera_an_address_and_who_is_responsible_are_found_by_keyboard(open_page: Open, product: Product) -> None:
    page, camera, building = open_page(), product.camera(), product.building()
    assert building.address
    for asked in (building.address, f"楼栋长 {building.name}"):
        ask(page, asked)
        expect(page.locator("#search-list [role=option]").first).to_contain_text(building.name)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**building={building.code}*")
        expect(page.locator(".drawer h2")).to_have_text(building.name)
        page.keyboard.press("Escape")
        expect(page.locator(".drawer")).to_have_count(0)
    ask(page, camera.code)
    page.keyboard.press("Enter")
    expect(page.locator(".video-player .video-name")).to_have_text(camera.name)


def test_escape_leaves_the_box_and_nothing_found_is_said(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("/")
    page.keyboard.insert_text("没有这样的名字")
    expect(page.locator(".search-said")).to_contain_text("没有找到")
    page.keyboard.press("Escape")
    expect(page.locator("#search-input")).not_to_be_focused()
    expect(page.locator("#search-input")).to_have_value("")


def test_a_finger_finds_an_area(open_touch: Open, product: Product) -> None:
    grid = product.area("grid")
    page = open_touch()
    page.locator("#search-input").tap()
    page.keyboard.insert_text(grid.code)
    option = page.locator("#search-list [role=option]").first
    expect(option).to_be_visible()
    box = option.bounding_box()
    assert box
    assert box["height"] >= 44
    option.tap()
    until(page, DRAWN, grid.code)
