"""The screen as a person has it: first useful paint, drilling, and the map under load, in real Chromium.

The page comes from a real web process on the seeded district; 100,000 devices are the same district with devices
added to its database. Chromium draws without a GPU, so frame rates are those of the processor.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from redis import Redis
from sqlalchemy import select

from bench import drill, pages, servers
from bench.harness import Row, median_row, repeat, samples_of
from data_access.commands import closing
from data_access.db.engine import Database
from data_access.db.tables import AreaRow, DeviceRow
from data_access.events import DevicesChanged, DeviceState
from data_access.live import bus
from data_access.queries import areas, overview
from data_access.queries.session import cache, reading
from data_access.services import Services
from data_access.settings import Settings
from deploy import chromium

KINDS = ("district", "street", "grid")
UPDATES_PER_S = 500
PAN_S = 3.0

# `usefulAt`: figures, outlines and the alarm list are in the page, one frame later. The map's first picture counts,
# for the map then draws the same (a browser test compares the two). `readyAt`: that map is there and can be used.
WATCH_PAINT = """
(() => {
  const useful = () => document.querySelector('.map-early path, path.map-area')
    && /\\d/.test(document.querySelector('#overview-left')?.textContent || '')
    && document.querySelector('#live-alarms:not(.is-loading)');
  const ready = () => window.usefulAt && document.querySelector('.map-frame')?.dataset.drawn;
  const watch = (is, name) => is() ? requestAnimationFrame(() => { window[name] = performance.now(); })
    : requestAnimationFrame(() => watch(is, name));
  watch(useful, 'usefulAt');
  watch(ready, 'readyAt');
})()
"""
FIRST_DRAW = """
async () => {
  const { data, layer } = yiping.map;
  data.feedCode = null;
  const started = performance.now();
  data.loadDevices();
  while (data.feedCode === null) await new Promise(requestAnimationFrame);
  await new Promise(done => layer.afterDraw(done));
  return performance.now() - started;
}
"""
# The same points as dash-leaflet would draw them: GeoJSON, canvas circle markers.
FIRST_DRAW_GEOJSON = """
async () => {
  const set = yiping.map.data.sets.devices, box = document.createElement('div');
  const crs = L.CRS.EPSG3857, features = [];
  for (let i = 0; i < set.n; i++) {
    const at = crs.pointToLatLng(L.point(set.x[i], set.y[i]).multiplyBy(256), 0);
    const geometry = {type: 'Point', coordinates: [at.lng, at.lat]};
    features.push({type: 'Feature', properties: {id: set.id[i]}, geometry});
  }
  const text = JSON.stringify({type: 'FeatureCollection', features});
  box.style.cssText = 'position:fixed;inset:0;z-index:9999';
  document.body.append(box);
  const map = L.map(box, {preferCanvas: true}).setView(__yiping.map.getCenter(), __yiping.map.getZoom());
  const started = performance.now();
  L.geoJSON(JSON.parse(text), {pointToLayer: (f, at) => L.circleMarker(at, {radius: 2})}).addTo(map);
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  const took = performance.now() - started;
  map.remove();
  box.remove();
  return took;
}
"""
PAN = """
async seconds => {
  const map = __yiping.map, gaps = [];
  const started = performance.now();
  let last = started;
  while (last - started < seconds * 1000) {
    const phase = (last - started) / 1000;
    map.panBy([Math.round(9 * Math.cos(2 * phase)), Math.round(6 * Math.sin(2 * phase))], {animate: false});
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return gaps.length * 1000 / (last - started);
}
"""


def run(full: bool) -> list[Row]:  # noqa: FBT001  # the harness's signature
    """Overview, drilling and the map at both sizes; `full` repeats more."""
    with sync_playwright() as playwright, servers.seeded("district") as folder:
        browser = chromium.launch(playwright)
        _keep_months(folder)
        rows = _overview_queries(folder, 15 if full else 5)
        with _served(folder) as (url, redis):
            rows += _overview_pages(browser, url, folder, 7 if full else 3)
            rows += drill.run(browser, url, _codes(folder)["district"], 20)
            rows += _map(browser, url, redis, folder, 30_000)
        _add_devices(folder, 100_000)
        with _served(folder) as (url, redis):
            rows += _map(browser, url, redis, folder, 100_000)
        browser.close()
    return rows


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, str]]:
    with servers.valkey() as redis, servers.web({**_env(folder), "YIPING_REDIS_URL": redis}) as url:
        yield url, redis


def _env(folder: Path) -> dict[str, str]:
    return {"YIPING_DATA_DIR": str(folder), "YIPING_DEPLOYMENT": "luohu", "YIPING_SCALE": "district"}


def _keep_months(folder: Path) -> None:
    """What the worker has done within a minute of the start: the months that have passed are counted."""
    database = Database(f"sqlite:///{folder / 'yiping.db'}")
    while closing.keep_months(database, _now()):
        pass
    database.dispose()


def _codes(folder: Path) -> dict[str, str]:
    database = Database(f"sqlite:///{folder / 'yiping.db'}")
    with database.reading() as session:
        found = {
            kind: session.scalars(select(AreaRow.code).where(AreaRow.kind == kind).order_by(AreaRow.path)).first()
            for kind in KINDS
        }
    database.dispose()
    return {kind: str(code) for kind, code in found.items()}


def _overview_queries(folder: Path, times: int) -> list[Row]:
    """The overview's query without any cache, as the panels' callback runs it."""
    flask, database = Flask(__name__), Database(f"sqlite:///{folder / 'yiping.db'}")
    cache.init_app(flask, {"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True})
    settings = Settings(data_dir=folder)
    flask.extensions["yiping"] = Services(settings, database, Redis(), _now)
    rows = []
    with flask.app_context():
        for kind, code in _codes(folder).items():
            with reading() as session:
                area = areas.find(session, code, "")
            assert area is not None
            seconds = repeat(lambda area=area: overview.overview(area, "", None, None), times)  # type: ignore[misc]
            rows.append(median_row(f"overview.{kind}.query_ms", [s * 1000 for s in seconds], "ms"))
    database.dispose()
    return rows


def _overview_pages(browser: Browser, url: str, folder: Path, times: int) -> list[Row]:
    """Bytes and time to the first useful paint, in a browser that has seen nothing yet and when it comes back."""
    rows = []
    for kind, code in _codes(folder).items():
        paints, figures, ready, again, cpu, sizes, whole = [], [], [], [], [], [], []
        for _ in range(times):
            context = browser.new_context(viewport=pages.VIEWPORT)
            page, at, busy = _visit(context, f"{url}/?area={code}")
            paints.append(at)
            cpu.append(busy)
            figures.append(float(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")))
            pages.until(page, "window.readyAt && yiping.map.data.feedCode && yiping.map.data.cameras.size")
            ready.append(float(page.evaluate("window.readyAt")))
            entries = page.evaluate(
                "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
                ".map(e => [e.name, e.transferSize])"
            )
            static = ("/assets/", "/_dash-component-suites/")
            sizes.append(sum(float(n) for name, n in entries if not any(s in name for s in static)))
            whole.append(sum(float(n) for _, n in entries))
            again.append(_visit(context, f"{url}/?area={code}")[1])
            context.close()
        rows.append(median_row(f"overview.{kind}.paint_ms", paints, "ms"))
        rows.append(median_row(f"overview.{kind}.figures_ms", figures, "ms"))
        rows.append(median_row(f"overview.{kind}.ready_ms", ready, "ms"))
        rows.append(median_row(f"overview.{kind}.repeat_ms", again, "ms"))
        rows.append(median_row(f"overview.{kind}.paint_cpu_ms", cpu, "ms"))
        note = f"data; {median(whole) / 1e6:.1f} MB with scripts and styles, which are cached"
        rows.append(
            Row(name=f"overview.{kind}.bytes", value=median(sizes), unit="bytes", samples=samples_of(sizes), note=note)
        )
    return rows


def _visit(context: BrowserContext, address: str) -> tuple[Page, float, float]:
    """A new page at `address`, when it was useful (ms), and what its main thread had worked by then (ms)."""
    page = context.new_page()
    page.add_init_script(WATCH_PAINT)
    tools = context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(address)
    pages.until(page, "window.usefulAt")
    return page, float(page.evaluate("window.usefulAt")), pages.worked(tools)


def _map(browser: Browser, url: str, redis: str, folder: Path, count: int) -> list[Row]:
    page = pages.opened(browser, url)
    held = page.evaluate("__yiping.count()")
    floor = _without_layer(page)
    with _updates(redis, folder):
        page.wait_for_timeout(500)
        rates = [float(page.evaluate(PAN, PAN_S / 2)) for _ in range(2)]
    draws = [float(page.evaluate(FIRST_DRAW)) for _ in range(5)]
    plain = float(page.evaluate(FIRST_DRAW_GEOJSON))  # last: the page collects for seconds what that leaves behind
    page.context.close()
    note = f"{held} devices"
    return [
        Row(
            name=f"map.{count}.first_draw_ms",
            value=median(draws),
            unit="ms",
            samples=samples_of(draws),
            baseline=plain,
            note=f"{note}, fetch included; against GeoJSON circle markers of the same points, fetch not included",
        ),
        Row(
            name=f"map.{count}.fps",
            value=median(rates),
            unit="frames/s",
            samples=samples_of(rates),
            baseline=floor,
            note=f"{note}, panning with {UPDATES_PER_S} updates/s; against the same page without the layer or updates",
        ),
    ]


def _without_layer(page: Page) -> float:
    show = "shown => yiping.map.layer._boxes.forEach(b => { b.style.display = shown ? '' : 'none'; })"
    page.evaluate(show, False)
    rate = float(page.evaluate(PAN, PAN_S / 2))
    page.evaluate(show, True)
    return rate


@contextmanager
def _updates(redis_url: str, folder: Path) -> Iterator[None]:
    """Publish `UPDATES_PER_S` changes of device states on the bus, ten batches a second, until the block ends."""
    database, stop = Database(f"sqlite:///{folder / 'yiping.db'}"), threading.Event()
    with database.reading() as session:
        devices = [(i, path) for i, path in session.execute(select(DeviceRow.id, DeviceRow.area_path))]
    database.dispose()

    def publish() -> None:
        redis, version, chance = bus.connect(redis_url), 1_000, random.Random(1)
        while not stop.wait(0.1):
            version += 1
            chosen = chance.choices(devices, k=UPDATES_PER_S // 10)
            ts = int(time.time() * 1000)
            states = tuple(
                DeviceState(id=i, area=path, status=chance.choice((0, 0, 2, 3)), version=version, ts=ts)
                for i, path in chosen
            )
            event = DevicesChanged(area=devices[0][1][:3], version=version, at=_now(), devices=states)
            bus.publish(redis, [event.model_dump_json()])
        redis.close()

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _add_devices(folder: Path, count: int) -> None:
    """Bring the folder's devices to `count` by copies of them a little way off."""
    with sqlite3.connect(folder / "yiping.db") as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(devices)")]
        changed = {
            "id": "NULL",
            "code": "code || '-' || k",
            "token": "token || k",
            "lng": "lng + (random() % 1000) / 2e5",
            "lat": "lat + (random() % 1000) / 2e5",
        }
        values = ", ".join(changed.get(c, c) for c in columns)
        now = connection.execute("SELECT count(*) FROM devices").fetchone()[0]
        copies = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 4) "
        connection.execute(
            f"{copies} INSERT INTO devices ({', '.join(columns)}) SELECT {values} FROM n, devices LIMIT {count - now}"
        )


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # a bench has the real clock


def _main() -> None:
    for row in run(full=False):
        print(row)


if __name__ == "__main__":
    _main()
