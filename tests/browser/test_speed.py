"""What makes the overview feel quick and calm: painted before its scripts, few bytes, no shifts, no long work."""

from __future__ import annotations

import re
import time
import urllib.request
from itertools import cycle

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.product import Open, Product, until

pytestmark = pytest.mark.browser

FIRST_VISIT_BYTES = 600_000
LONG_TASK_MS = 200
BUSY_S = 20
SPEAKING = 8  # smoke detectors that speak meanwhile
TASKS = "disabled-by-default-devtools.timeline"
USEFUL = """!document.getElementById('first-paint') && document.querySelector('.map-frame').dataset.drawn
  && document.querySelector('#live-alarms:not(.is-loading)') !== null"""
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources, hadRecentInput } of list.getEntries())
    if (!hadRecentInput) window.shifts.push([value, sources.map((s) => s.node?.outerHTML?.slice(0, 99))]);
}).observe({ type: "layout-shift" });
"""
WATCH_FRAME = """
window.tops = [];
window.said = [];
yiping.live.onStatus(({ connection }) => window.said.push(connection));
(function look() {
  const top = document.querySelector('.main').getBoundingClientRect().top;
  if (window.tops.at(-1) !== top) window.tops.push(top);
  requestAnimationFrame(look);
})();
"""
SHAPES = """(within) => [...document.querySelectorAll(
  `${within} path.map-area, ${within} .map-label:not(.is-hidden)`
)].map((e) => {
  const { x, y, width, height } = e.getBoundingClientRect();
  return [e.textContent, x, y, width, height];
})"""
RECEIVED = """[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .reduce((sum, e) => sum + e.transferSize, 0)"""


def test_the_document_holds_the_figures_before_any_script_has_run(chromium: Browser, product: Product) -> None:
    page = chromium.new_context(java_script_enabled=False, viewport={"width": 1440, "height": 900}).new_page()
    page.goto(product.url)
    assert page.inner_text("#overview-left .panel-population .hero-n").startswith("18,642")
    assert re.search(r"\d", page.inner_text(".panel-ranking"))
    assert "尚未取得告警" in page.inner_text("#pinned-strip")  # it does not say "none" before it knows
    page.context.close()


def test_the_moving_map_lies_under_no_mask_and_its_legend_makes_no_layers(open_page: Open) -> None:
    page = open_page()
    until(page, USEFUL)
    masks = """(() => { const found = [];
      for (let e = document.querySelector('.map-frame .map'); e; e = e.parentElement) {
        const { overflow, borderRadius, filter, opacity } = getComputedStyle(e);
        const rounded = overflow !== 'visible' && borderRadius !== '0px';
        if (rounded || filter !== 'none' || opacity !== '1') found.push(e.className);
      }
      return found;
    })()"""
    assert page.evaluate(masks) == []
    assert page.evaluate("document.querySelectorAll('.map-legend canvas').length") == 0
    drawn = "[...document.querySelectorAll('.map-legend [data-glyph]')].every((e) => e.style.backgroundImage)"
    assert page.evaluate(drawn)


def test_outlines_names_and_alarms_are_painted_before_dash_has_started_and_stay_where_they_are(
    chromium: Browser, product: Product
) -> None:
    smoke = product.device("smoke", 3)
    product.publish(smoke, {"smoke": 1})
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    held: list[Route] = []
    page.route("**/_dash-layout", lambda route: held.append(route))  # noqa: PLW0108  # playwright cannot mark a built-in
    page.goto(f"{product.url}/?probe=1", wait_until="commit")
    until(page, "document.querySelector('#first-paint #live-alarms [data-alarm]') !== null", timeout=30)
    until(page, "document.querySelector('#first-paint .map-early canvas') !== null")
    assert page.evaluate("document.querySelector('.map-early canvas').style.display") == ""
    early = page.evaluate(SHAPES, ".map-early")
    assert early
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    until(page, f"{USEFUL} && !document.querySelector('.map-early')", timeout=30)
    drawn = page.evaluate(SHAPES, ".leaflet-map-pane")
    assert [shape[0] for shape in drawn] == [shape[0] for shape in early]
    for now, before in zip(drawn, early, strict=True):
        assert now[1:] == pytest.approx(before[1:], abs=1.5)
    product.publish(smoke, {"smoke": 0})
    page.context.close()


def test_dash_starts_behind_the_first_picture_and_also_where_none_can_be_painted(
    chromium: Browser, product: Product
) -> None:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    held: list[Route] = []
    page.route("**/api/v1/snapshot*", lambda route: held.append(route))  # noqa: PLW0108  # playwright cannot mark a built-in
    page.goto(f"{product.url}/?probe=1", wait_until="commit")
    until(page, "document.querySelector('#first-paint .map-early path') !== null")
    assert page.evaluate("typeof DashRenderer") == "undefined"
    until(page, "!document.getElementById('first-paint')", timeout=30)  # the alarms keep it waiting, not for ever
    for route in held:
        route.continue_()
    until(page, USEFUL, timeout=30)
    page.context.close()

    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.route("**/api/v1/map/areas.geojson*", lambda route: route.abort())
    page.goto(f"{product.url}/?probe=1", wait_until="commit")
    until(
        page,
        "!document.getElementById('first-paint') && document.querySelector('.is-failed-areas') !== null",
        timeout=30,
    )
    page.unroute("**/api/v1/map/areas.geojson*")  # it comes back by itself, and the map goes there
    until(page, f"{USEFUL} && !document.querySelector('.is-failed-areas')", timeout=30)
    shown = "[...document.querySelectorAll('path.map-area')].some((p) => p.getBoundingClientRect().width > 100)"
    until(page, shown)
    page.context.close()


def test_a_place_whose_answer_is_lost_comes_as_soon_as_the_server_answers(product: Product, chromium: Browser) -> None:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.route("**/panels*", lambda route: route.abort())
    page.goto(f"{product.url}/?probe=1")
    until(page, USEFUL, timeout=30)
    code = page.get_attribute(".rank[data-drill]", "data-drill")
    page.click(f".rank[data-drill='{code}']")
    until(page, "document.getElementById('overview-toast').textContent.includes('正在再试')", timeout=30)
    assert page.evaluate("document.body.dataset.area") != code
    page.unroute("**/panels*")
    until(page, f"document.body.dataset.area === '{code}' && !document.getElementById('overview-toast').textContent")
    page.context.close()


def test_what_the_document_fetches_ahead_is_asked_for_once(open_page: Open) -> None:
    for place in ("", "area=440303"):
        page = open_page(place)
        until(page, USEFUL)
        asked = "performance.getEntriesByType('resource').filter((e) => /snapshot/.test(e.name)).length"
        assert page.evaluate(asked) == 1


def test_the_first_visit_is_small_and_loads_no_charts(open_page: Open) -> None:
    page = open_page()
    until(page, USEFUL)
    assert page.evaluate(RECEIVED) <= FIRST_VISIT_BYTES
    names = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    assert [
        n for n in names if re.search(r"plotly|async-graph|core_components|ag-grid|polyfill|dash_table|favicon", n)
    ] == []


def test_panels_of_a_place_come_as_html_and_refusals_as_a_sentence(product: Product) -> None:
    code = product.area("community").code
    answer = product.get(f"/panels?area={code}")
    assert answer["state"]["code"] == code
    assert "hero-n" in answer["regions"]["overview-left"]
    assert "没有这个区域" in product.get("/panels?area=nowhere")["refused"]
    old_bookmark = product.get(f"/panels?area={code}&building=nowhere")["regions"]
    assert "没有这栋楼" in old_bookmark["building-drawer"]
    assert old_bookmark["overview-left"]
    with urllib.request.urlopen(f"{product.url}/panels?area={code}") as found:
        assert found.headers["Cache-Control"] == "no-store"


def test_panels_stay_as_they_are_when_nothing_changed(open_page: Open) -> None:
    page = open_page()
    until(page, USEFUL)
    page.evaluate("window.kept = document.querySelector('.panel-population'); yiping.refreshPanels()")
    page.wait_for_timeout(500)
    assert page.evaluate("window.kept === document.querySelector('.panel-population')")


def test_a_place_that_is_pointed_at_is_fetched_before_the_click(open_page: Open) -> None:
    page = open_page()
    until(page, USEFUL)
    code = page.get_attribute(".rank[data-drill]", "data-drill")
    page.hover(f".rank[data-drill='{code}']")
    asked = f"performance.getEntriesByType('resource').filter((e) => /panels.*area={code}(&|$)/.test(e.name)).length"
    until(page, f"{asked} === 1")
    page.click(f".rank[data-drill='{code}']")
    until(page, "(code) => document.body.dataset.area === code", code)
    assert page.evaluate(asked) == 1


def test_a_click_on_a_place_around_waits_for_no_server_and_what_it_shows_is_renewed(open_page: Open) -> None:
    page = open_page()
    until(page, USEFUL)
    code = page.get_attribute(".rank[data-drill]", "data-drill")
    page.mouse.move(700, 500)  # somebody is there
    got = (
        "(code) => performance.getEntriesByType('resource')"
        ".map((e) => e.name).filter((name) => name.includes(`area=${code}`)).join()"
    )
    until(page, f"(code) => /panels.*areas.geojson|areas.geojson.*panels/.test(({got})(code))", code)
    page.wait_for_timeout(5200)  # what is held is no longer of this moment
    held: list[Route] = []
    page.route("**/panels*", lambda route: held.append(route))  # noqa: PLW0108  # playwright cannot mark a built-in
    page.route("**/api/v1/map/areas*", lambda route: held.append(route))  # noqa: PLW0108
    page.click(f".rank[data-drill='{code}']")
    until(page, "(code) => document.body.dataset.area === code", code)
    until(page, "(code) => document.querySelector('.map-frame').dataset.drawn === code", code)
    assert held  # it is asked again all the same


def test_a_drill_down_moves_nothing_and_claims_no_loss_while_its_stream_opens(open_page: Open) -> None:
    page = open_page()
    until(page, f"{USEFUL} && window.__yiping?.connected")
    page.wait_for_timeout(2000)
    page.evaluate(WATCH_FRAME)
    for _ in range(2):
        code = page.get_attribute(".rank[data-drill]", "data-drill")
        page.click(f".rank[data-drill='{code}']")
        until(page, "(code) => yiping.live.state().area.code === code && document.body.dataset.area === code", code)
        page.wait_for_timeout(1500)  # its stream has opened
    assert len(page.evaluate("window.tops")) == 1
    assert page.evaluate("window.said.filter((said) => said !== 'live')") == []


def test_a_click_counts_although_the_panels_are_renewed_between_press_and_release(open_page: Open) -> None:
    page = open_page()
    until(page, USEFUL)
    page.wait_for_timeout(500)
    page.route("**/panels?*", _told_anew)
    code = page.get_attribute(".rank[data-drill]", "data-drill")
    box = page.locator(f".rank[data-drill='{code}']").bounding_box()
    assert box
    page.evaluate("window.kept = document.querySelector('.rank[data-drill]')")
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.down()
    with page.expect_response("**/panels*"):
        page.evaluate("void yiping.refreshPanels()")
    page.wait_for_timeout(300)
    assert page.evaluate("window.kept.isConnected")
    page.mouse.up()
    until(page, "(code) => document.body.dataset.area === code", code)


LOSE_ONCE = """(code) => {
  const { fetch } = window, lost = (window.lost = new Set());
  window.fetch = (url, ...more) => {
    if (!/panels|areas.geojson/.test(url) || !url.includes(`area=${code}`) || lost.has(url)) return fetch(url, ...more);
    lost.add(url);
    return new Promise((_, fail) => setTimeout(() => fail(new TypeError("lost")), 200)); // the click has come meanwhile
  };
}"""


def test_a_click_does_not_fail_with_what_was_asked_ahead_of_it(open_page: Open) -> None:
    page = open_page()
    until(page, USEFUL)
    code = page.get_attribute(".rank[data-drill]", "data-drill")
    page.evaluate(LOSE_ONCE, code)
    page.click(f".rank[data-drill='{code}']")
    until(page, "(code) => document.body.dataset.area === code", code)
    until(page, "(code) => document.querySelector('.map-frame').dataset.drawn === code", code)
    assert page.evaluate("window.lost.size") == 2


def test_symbols_are_painted_anew_for_another_theme_and_not_for_another_place(open_page: Open) -> None:
    page = open_page()
    until(page, USEFUL)
    code = page.get_attribute(".rank[data-drill]", "data-drill")
    page.evaluate("window.kept = yiping.map.layer.stamps")
    page.click(f".rank[data-drill='{code}']")
    until(page, "(code) => document.querySelector('.map-frame').dataset.drawn === code", code)
    until(page, "(code) => document.body.dataset.area === code", code)
    assert page.evaluate("window.kept === yiping.map.layer.stamps")
    page.click("[data-theme-switch]")
    until(page, "window.kept !== yiping.map.layer.stamps")


@pytest.mark.slow
def test_nothing_moves_and_nothing_takes_long_while_readings_arrive(open_page: Open, product: Product) -> None:
    page = open_page()
    until(page, USEFUL)
    for i in range(SPEAKING):
        product.publish(product.device("smoke", i), {"smoke": 0})  # what an earlier test left standing clears before
    page.wait_for_timeout(2500)  # what arrives with the first seconds has its place
    page.evaluate(WATCH_SHIFTS)
    longest = _longest_task(page, product)
    assert [s for s in page.evaluate("window.shifts") if s[0] > 0.001] == []
    assert longest <= LONG_TASK_MS


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1180, 820), (820, 1180)])
@pytest.mark.parametrize("wall", ["", "wall=1"])
def test_nothing_moves_when_alarms_rise_and_when_the_push_is_lost(
    open_page: Open, product: Product, width: int, height: int, wall: str
) -> None:
    page = open_page(wall)
    page.set_viewport_size({"width": width, "height": height})
    until(page, f"{USEFUL} && !document.querySelector('.map-early')")
    page.wait_for_timeout(2500)
    page.evaluate(WATCH_SHIFTS)
    smokes = [product.device("smoke", i) for i in (20, 40, 60)]
    try:
        for device in smokes:
            product.publish(device, {"smoke": 1})
            until(page, "(id) => Object.values(yiping.live.state().alarms).some((a) => a.device_id === id)", device.id)
            page.wait_for_timeout(700)
        assert page.evaluate("document.querySelectorAll('#live-alarms [data-alarm]').length") > 1
        assert "smoke" in page.evaluate("Object.values(yiping.live.state().alarms).map((a) => a.device_kind)")
        page.evaluate("yiping.live.status = () => ({ connection: 'disconnected', lastEventAt: Date.now() - 90000 })")
        until(page, "!document.querySelector('.stale-banner').hidden")
        page.wait_for_timeout(1500)
        assert page.evaluate("window.shifts") == []
    finally:
        for device in smokes:
            product.publish(device, {"smoke": 0})


def _told_anew(route: Route) -> None:
    """Answer with panels that all differ from what they were."""
    answer = route.fetch()
    body = answer.json()
    body["regions"] = {name: html.replace('class="', 'class="anew ') for name, html in body["regions"].items()}
    route.fulfill(response=answer, json=body)


def _longest_task(page: Page, product: Product) -> float:
    """Publish readings for `BUSY_S`; the longest task of the page's main thread in processor time, ms."""
    tools = page.context.browser.new_browser_cdp_session()  # type: ignore[union-attr]
    events: list[dict[str, object]] = []
    tools.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    done: list[bool] = []
    tools.on("Tracing.tracingComplete", lambda _: done.append(True))
    tools.send("Tracing.start", {"transferMode": "ReportEvents", "categories": TASKS})
    devices, deadline = cycle([product.device("smoke", i) for i in range(SPEAKING)]), time.monotonic() + BUSY_S
    while time.monotonic() < deadline:
        product.publish(next(devices), {"smoke": 0})
        page.wait_for_timeout(150)
    tools.send("Tracing.end")
    while not done:
        page.wait_for_timeout(50)
    main = {e["tid"] for e in events if e.get("name") == "thread_name" and "RendererMain" in str(e["args"])}
    took = [float(str(e["tdur"])) for e in events if e.get("name") == "RunTask" and e["tid"] in main and "tdur" in e]
    assert took
    return max(took) / 1000
