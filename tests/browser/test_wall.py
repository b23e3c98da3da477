"""Walls in real Chromium: every size, the tour and its alarms, the register, upgrades, a restart, the kiosk command."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, Page, Playwright, Route

from data_access.domain.periods import SHANGHAI
from tests.browser.conftest import READY
from tests.browser.product import Open, Product, until
from tests.conftest import free_port
from tests.proxy import Proxy

pytestmark = pytest.mark.browser

HOUR_MS = 3_600_000
DOC = Path(__file__).parents[2] / "docs" / "wall.md"
SHOWN = "Boolean(document.body.dataset.path) && !document.querySelector('.strip.is-loading')"
TOO_SMALL = """() => {
  const least = 18 * parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 - 0.05, found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.nodeValue.trim() || element.closest(".sr-only, script, style") || !element.checkVisibility()) continue;
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < least) found.add(`${element.className} ${size} ${node.nodeValue.slice(0, 20)}`);
  }
  return [...found];
}"""
ACTED_ON = """(rem) => [...document.querySelectorAll(".alarm-title, .alarm-age, .strip-lead b, .strip-v, .hero-n")]
  .filter((e) => e.checkVisibility())
  .map((e) => [parseFloat(getComputedStyle(e).fontSize) / rem, e])
  .filter(([size]) => size < 22 / 16 - 0.005).map(([size, e]) => `${e.className} ${size * 16}`)"""
CLIPPED = """() => [...document.querySelectorAll(".panel-body, .strip, .head, .kpi, .wall-tour")]
  .filter((e) => e.offsetParent && (e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 2))
  .map((e) => `${e.parentElement.className} ${e.scrollHeight}/${e.clientHeight} ${e.scrollWidth}/${e.clientWidth}`)"""
CONTROLS = """() => [...document.querySelectorAll("button, a[href], input, select, textarea, form")]
  .filter((e) => e.checkVisibility() && !e.matches("[data-drill], [data-alarm], [data-metric], [data-layer], .rank"))
  .map((e) => e.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160), (3840, 1080), (5760, 1080)])
def test_a_wall_shows_everything_large_enough_to_read(open_page: Open, lang: str, width: int, height: int) -> None:
    page = open_page(f"wall=1&carousel=children&lang={lang}")
    page.set_viewport_size({"width": width, "height": height})
    until(page, SHOWN)
    page.wait_for_timeout(300)
    size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert page.evaluate(size) == [width, height]
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == f"{height / 67.5:g}px"
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate(ACTED_ON, height / 67.5) == []
    assert page.evaluate("yiping.map.names.look.size") >= 18 * height / 1080, "names that are drawn, too"
    if lang == "en":  # what only very wide walls show is seen here alone
        said = "[...document.querySelectorAll('.panel:not(.panel-alarms, .panel-map)')].map(e => e.innerText).join(' ')"
        assert re.findall(r"[\u4e00-\u9fff]+", page.evaluate(said)) == []


def test_nothing_on_a_wall_changes_data_and_the_cursor_is_hidden(open_page: Open, product: Product) -> None:
    page = open_page("wall=1", wait=False)
    writes: list[str] = []
    page.on("request", lambda r: writes.append(urlsplit(r.url).path) if r.method != "GET" else None)
    until(page, SHOWN, timeout=30)
    page.wait_for_timeout(2500)
    assert page.evaluate(CONTROLS) == []
    assert page.evaluate("getComputedStyle(document.querySelector('.map-chip')).cursor") == "none"
    assert set(writes) == {"/api/v1/walls", "/_dash-update-component"}  # the second builds the page
    page.goto(f"{product.url}/?wall=1&probe=1&area={product.area('grid').code}")
    until(page, SHOWN, timeout=30)
    assert not re.search(r"1\d{2}\D{0,4}\d{4}", page.inner_text(".rank-place"))


def test_a_tour_goes_on_and_flies_to_a_fire_once(open_page: Open, product: Product) -> None:
    district, street = product.area("district"), product.area("street")
    page = open_page("wall=1&carousel=children&pace=10")
    until(page, "(code) => document.body.dataset.area === code", street.code, timeout=25)
    assert page.evaluate("yiping.live.state().area.code") == district.code  # hears the whole of it
    assert f"home={district.code}" in page.url
    assert "2/" in page.inner_text("#wall-tour")
    page.evaluate(
        "window.flights = []; addEventListener('yiping:focus', (e) => window.flights.push(e.detail.deviceId))"
    )
    device = product.device("smoke", 11)
    product.publish(device, {"smoke": 1})
    until(page, "yiping.wall.progress().mode === 'paused'")
    until(page, "yiping.map.map.getZoom() >= 17")
    assert page.evaluate("window.flights") == [device.id]
    assert "烟感火警" in page.inner_text("#pinned-strip")
    product.publish(device, {"smoke": 0})
    page.evaluate("document.dispatchEvent(new CustomEvent('yiping:home'))")
    until(page, "yiping.map.map.getZoom() < 17")
    assert page.evaluate("window.flights") == [device.id]


def test_the_clock_of_the_screen_may_be_set_and_nothing_happens(chromium: Browser, product: Product) -> None:
    with _own_page(chromium) as page:
        page.clock.install()
        page.goto(f"{product.url}/?wall=1&probe=1")
        until(page, f"{SHOWN} && yiping.live.status().connection === 'live'", timeout=60)
        until(page, "Math.abs(yiping.live.serverNow() - Date.now()) < 5000")
        page.evaluate("window.__kept = true")
        page.clock.set_system_time(datetime.fromtimestamp(time.time(), UTC) + timedelta(hours=5))
        page.wait_for_timeout(3000)
        assert page.evaluate("Date.now() - yiping.live.serverNow()") > 4 * HOUR_MS
        assert abs(page.evaluate("yiping.live.serverNow()") - time.time() * 1000) < HOUR_MS / 60
        told = page.evaluate("document.getElementById('clock').textContent")
        assert told[:2] == datetime.fromtimestamp(time.time(), SHANGHAI).strftime("%H")
        assert page.evaluate("[window.__kept, yiping.live.status().connection]") == [True, "live"]


def test_at_night_the_wall_is_dimmer_and_the_picture_wanders(chromium: Browser, product: Product) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    where = "[document.querySelector('.overview').getBoundingClientRect()].map(({ x, y }) => [x, y])[0]"
    with _own_page(chromium) as page:
        page.goto(f"{product.url}/?wall=1")
        until(page, SHOWN, timeout=60)
        assert not page.evaluate("document.documentElement.classList.contains('night')")
        day = page.evaluate(ground)
        page.clock.install()
        page.goto(f"{product.url}/?wall=1&night=0-24")
        until(page, SHOWN, timeout=60)
        until(page, "document.documentElement.classList.contains('night')")
        assert sum(map(int, re.findall(r"\d+", page.evaluate(ground)))) < sum(map(int, re.findall(r"\d+", day)))
        before = page.evaluate(where)
        for _ in range(11):
            page.clock.fast_forward(60_000)
            page.wait_for_timeout(400)
        after = page.evaluate(where)
        assert after != before
        assert all(abs(now - then) <= 2 for now, then in zip(after, before, strict=True))


def test_a_wall_without_a_secure_origin_says_that_the_screen_may_go_dark(chromium: Browser, product: Product) -> None:
    with _own_page(chromium) as page:
        page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
        page.goto(f"{product.url}/?wall=1")
        until(page, SHOWN, timeout=30)
        until(page, "document.getElementById('wall-awake').innerText === '非安全来源，无法保持亮屏'")


def test_a_wall_is_listed_with_what_it_shows(open_page: Open, product: Product) -> None:
    page = open_page("wall=1&name=%E6%8C%87%E6%8C%A5%E5%A4%A7%E5%8E%85")
    until(page, "document.querySelector('#live-status').textContent.includes('延迟')", timeout=45)  # two heartbeats
    report = next(w for w in product.get("/api/v1/walls")["walls"] if w["name"] == "指挥大厅")
    assert report["awake"], "127.0.0.1 is a secure origin"
    assert (report["width"], report["current"], report["lost"]) == (1440, True, False)
    page.goto(f"{product.url}/walls?lang=en")
    row = page.locator("#walls-list tr", has_text="指挥大厅")
    row.wait_for()
    assert "Live" in row.inner_text()
    assert "1440×900" in row.inner_text()
    assert "connected" in page.inner_text("#walls-note")


@contextmanager
def _own_page(chromium: Browser) -> Iterator[Page]:
    """A page whose complaints nobody reads: what it asks for fails on purpose."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    yield context.new_page()
    context.close()


def test_an_upgraded_server_is_followed_by_one_reload_and_never_a_second(chromium: Browser, product: Product) -> None:
    def of_an_older_build(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub(r"\+[0-9a-f]{8}\b", "+01d01d01", answer.text()))

    with _own_page(chromium) as page:
        page.add_init_script("Math.random = () => 0")  # its turn comes at once
        page.route(lambda url: urlsplit(url).path == "/" or "/_dash-" in url, of_an_older_build)
        loads: list[float] = []
        page.on("load", lambda _: loads.append(time.monotonic()))
        page.goto(f"{product.url}/?wall=1")
        until(page, SHOWN, timeout=30)
        deadline = time.monotonic() + 100  # a critical alarm of another test may stand: it waits a minute
        while len(loads) < 2 and time.monotonic() < deadline:
            page.wait_for_timeout(100)
        page.wait_for_timeout(5000)
        assert len(loads) == 2
        assert page.evaluate("document.getElementById('wall-tour').dataset.build").endswith("01d01d01")


def test_a_restart_of_the_web_process_is_survived_without_a_reload(chromium: Browser, product: Product) -> None:
    with _own_page(chromium) as page:
        page.goto(f"{product.url}/?wall=1&probe=1")
        until(page, f"{SHOWN} && yiping.live.status().connection === 'live'", timeout=30)
        page.evaluate("window.__kept = true")
        _web_process(product).send_signal(signal.SIGKILL)
        until(page, "yiping.live.status().connection !== 'live'")
        until(page, "yiping.live.status().connection === 'live'", timeout=60)
        device = product.device("smoke", 17)
        product.publish(device, {"smoke": 1})
        until(page, "(id) => Object.values(yiping.live.state().alarms).some((a) => a.device_id === id)", device.id)
        product.publish(device, {"smoke": 0})
        assert page.evaluate("window.__kept")


def _web_process(product: Product) -> psutil.Process:
    port = str(urlsplit(product.url).port)
    return next(
        p
        for p in psutil.process_iter(["cmdline", "environ"])  # None of a process that is just ending
        if "serve" in (p.info["cmdline"] or ())
        and (p.info["environ"] or {}).get("YIPING_PORT") == port
        and p.pid != os.getpid()
    )


def test_the_kiosk_command_of_the_documentation_starts(
    playwright: Playwright, product: Product, tmp_path: Path
) -> None:
    found = re.search(r"^chromium --kiosk .*$", DOC.read_text("utf-8"), re.MULTILINE)
    assert found
    program, *flags, address = shlex.split(found[0].replace("$HOME/.yiping-wall", str(tmp_path)))
    path = os.environ.get("YIPING_CHROMIUM") or shutil.which(program)
    assert path
    port = free_port()
    url = product.url + "/?" + urlsplit(address).query
    more = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--remote-debugging-port={port}"]
    kiosk = subprocess.Popen([path, *flags, *more, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page = _page_of(playwright, port)
        until(page, f"document.documentElement.classList.contains('wall') && {SHOWN}", timeout=40)
    finally:
        kiosk.terminate()
        kiosk.wait(10)


def _page_of(playwright: Playwright, port: int) -> Page:
    deadline = time.monotonic() + 30
    while True:
        try:
            return playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}").contexts[0].pages[0]
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def test_an_hour_without_a_network_ends_by_itself_with_a_fresh_picture(chromium: Browser, product: Product) -> None:
    served = urlsplit(product.url)
    network = Proxy((served.hostname or "", served.port or 0))
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    try:
        page = context.new_page()
        page.clock.install()
        page.goto(f"http://127.0.0.1:{network.port}/?probe=1")
        until(page, READY, timeout=30)
        made = page.evaluate("performance.timeOrigin")
        network.cut()
        page.clock.fast_forward("01:00:00")
        until(page, "document.querySelector('.stale-for')?.textContent.includes('1 时')", timeout=15)
        device = product.device("smoke", 9)
        product.publish(device, {"smoke": 1})  # nobody tells the page
        network.restore()
        until(page, "yiping.live.status().connection === 'live'", timeout=30)
        until(page, "document.getElementById('stale-banner').hidden", timeout=5)
        stands = "id => Object.values(yiping.live.state().alarms).some(a => a.device_id === id && !a.cleared_at)"
        until(page, stands, device.id)
        until(page, "Boolean(document.querySelector('.strip-row.is-alarm'))")
        assert page.evaluate("performance.timeOrigin") == made  # no reload was needed
        product.publish(device, {"smoke": 0})
        until(page, f"id => !({stands})(id)", device.id)
    finally:
        context.close()
        network.cut()
