from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from data_access.commands.camera_cases import SOURCE
from data_access.db.tables import IncidentRow
from tests.browser.product import Open, Product, until

pytestmark = pytest.mark.browser


def test_a_click_on_a_camera_plays_its_picture(open_page: Open, product: Product) -> None:
    camera = product.camera()
    page = open_page("layers=cameras,devices")
    assert page.evaluate("typeof window.Hls") == "undefined", "the player's library waits for the first video"
    until(page, "() => yiping.map.data.cameras.size > 0")
    page.evaluate("([lng, lat]) => __yiping.map.setView([lat, lng], 20, {animate: false})", [camera.lng, camera.lat])
    page.evaluate("() => new Promise(done => yiping.map.layer.afterDraw(() => requestAnimationFrame(done)))")
    x, y = page.evaluate(
        """id => {
          const { layer } = yiping.map, set = layer.sets.cameras, [x, y] = layer._spot(set, set.at(id));
          const p = __yiping.map.layerPointToContainerPoint([layer._bounds.min.x + x, layer._bounds.min.y + y]);
          const box = __yiping.map.getContainer().getBoundingClientRect();
          return [box.x + p.x, box.y + p.y];
        }""",
        camera.id,
    )
    page.mouse.click(x, y)
    player = page.locator(".video-player")
    expect(player).to_have_attribute("data-state", "playing", timeout=20_000)
    first = page.evaluate("document.querySelector('.video-picture').currentTime")
    until(page, "t => document.querySelector('.video-picture').currentTime > t", first)
    expect(player.locator(".video-last")).to_contain_text(":")
    page.keyboard.press("Escape")
    expect(player).to_have_count(0)


def test_an_officer_makes_a_case_of_what_he_sees_in_one_click(chromium: Browser, product: Product) -> None:
    camera = product.camera()
    page = chromium.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True).new_page()
    page.goto(f"{product.url}/sign-in?fill=demo-officer&next=/")
    page.click(".si-go")
    painted = "document.querySelector('.map-frame') && !document.querySelector('#first-paint, .strip.is-loading')"
    until(page, f"() => Boolean(window.yiping?.video && {painted})", timeout=30)
    open_it = "([code, name]) => yiping.video.open({ code, name }, document.querySelector('.map-frame'))"
    page.evaluate(open_it, [camera.code, camera.name])
    expect(page.locator(".video-player")).to_have_attribute("data-state", "playing", timeout=20_000)
    page.click("button.video-case")
    page.click("a.video-case")
    expect(page.locator("h1")).to_contain_text(f"视频发现 {camera.name}", timeout=20_000)
    until(page, "[...document.querySelectorAll('.case-photos img')].some((one) => one.naturalWidth > 0)", timeout=20)
    with product.database.reading() as session:
        assert len(session.scalars(select(IncidentRow).where(IncidentRow.source == SOURCE)).all()) == 1
    page.context.close()


def test_a_camera_without_a_stream_says_so(chromium: object, open_page: Open) -> None:
    page = open_page()
    page.route("**/media/cameras/**", lambda route: route.fulfill(status=200, body="not a playlist"))
    page.evaluate("yiping.video.open({code: 'none', name: '测试点位'}, document.querySelector('.map-frame'))")
    player = page.locator(".video-player")
    expect(player).to_have_attribute("data-state", "failed", timeout=20_000)
    expect(player.locator(".video-said")).to_contain_text("取流失败")
    expect(player.locator(".video-retry")).to_be_visible()
