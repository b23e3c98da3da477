"""The duty officer's desk with 10,000 open alarms: first paint, scrolling, and an act until another screen shows it.

Two real Chromium pages in front of one web process on the seeded district; the alarms are rows put into its database.
Acts go over HTTP as the page sends them and count as arrived when the other page's queue holds them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright
from sqlalchemy import func, select

from bench import servers
from bench.harness import ROOT, Row, median_row, percentile, samples_of
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, AreaRow, DeviceRow
from data_access.domain.alarms import AlarmState
from deploy import chromium

ALARMS = 10_000
KINDS = ("smoke", "pressure_low", "offline", "low_battery", "litter")
PAINT_RUNS = 5
ACTS = 40
SCROLL_MS = 3000

# Set when the first lines of the queue are on screen and one frame later.
WATCH_PAINT = """
(() => {
  const look = () => document.querySelector('.desk-list .desk-row')
    ? requestAnimationFrame(() => { window.paintedAt = performance.now(); }) : requestAnimationFrame(look);
  look();
})()
"""
SCROLL = """
async ms => {
  const box = document.getElementById('desk-list'), began = performance.now();
  let frames = 0, worst = 0, last = began;
  while (performance.now() - began < ms) {
    box.scrollTop += 120;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
    frames += 1;
  }
  return [1000 * frames / (last - began), worst];
}
"""
# The moment (by the wall clock) at which this page's queue holds a version of the alarm.
WATCH_ACT = """
([id, version]) => new Promise((done) => {
  const look = () => (yiping.desk.queue.get(id)?.version >= version ? done(Date.now()) : setTimeout(look, 2));
  look();
})
"""


def run(full: bool) -> list[Row]:  # noqa: FBT001, ARG001  # the harness's signature
    """First paint, frames while scrolling, and the time from an act to another screen."""
    with servers.seeded() as folder, servers.valkey() as redis:
        database = Database(f"sqlite:///{folder / 'yiping.db'}")
        ids = _fill(database)
        env = {"YIPING_DATA_DIR": str(folder), "YIPING_REDIS_URL": redis, "YIPING_DEPLOYMENT": "luohu"}
        token = _token(env)
        with servers.web(env) as url, sync_playwright() as playwright:
            browser = chromium.launch(playwright)
            context = browser.new_context(
                viewport={"width": 1440, "height": 900},
                bypass_csp=True,
                extra_http_headers={"Authorization": f"Bearer {token}"},
            )
            rows = _measure(context, url, token, ids)
            browser.close()
        database.dispose()
    return rows


def _measure(context: BrowserContext, url: str, token: str, ids: list[int]) -> list[Row]:
    _open(context, url).close()  # the first visit fills the browser's cache
    pages = [_open(context, url) for _ in range(PAINT_RUNS)]
    painted = [float(page.evaluate("window.paintedAt")) for page in pages]
    for page in pages[1:]:
        page.close()
    frames, worst = pages[0].evaluate(SCROLL, SCROLL_MS)
    floor = _without_lines(pages[0])
    delays = [_act(pages[0], url, token, number) for number in ids[:ACTS]]
    return [
        median_row("desk.10000.paint_ms", painted, "ms"),
        Row(
            name="desk.scroll_fps",
            value=frames,
            unit="fps",
            baseline=floor,
            note=f"longest frame {worst:.0f} ms, two cameras playing; against the same page with no line painted",
        ),
        Row(name="desk.act_p95_ms", value=percentile(delays, 95), unit="ms", samples=samples_of(delays)),
    ]


def _without_lines(page: Page) -> float:
    """Frames a second of the same scrolling while no line is painted: what this browser, without a GPU, can do."""
    show = "shown => { document.querySelector('.desk-ground').style.visibility = shown ? '' : 'hidden'; }"
    page.evaluate(show, False)
    frames, _ = page.evaluate(SCROLL, SCROLL_MS)
    page.evaluate(show, True)
    return float(frames)


def _open(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.add_init_script(WATCH_PAINT)
    page.goto(f"{url}/alarms?probe=1")
    page.wait_for_function(f"window.paintedAt && window.yiping?.desk?.queue?.size() >= {ALARMS * 0.9}", timeout=60_000)
    return page


def _act(page: Page, url: str, token: str, number: int) -> float:
    """Acknowledge alarm `number` as another desk would; ms until the page's queue holds it."""
    request = urllib.request.Request(
        f"{url}/api/v1/alarms/{number}/acknowledge",
        json.dumps({"version": 1}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    began = datetime.now(UTC).timestamp() * 1000  # noqa: TID251  # the browser reads the same clock
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()
    return float(page.evaluate(WATCH_ACT, [number, 2])) - began


def _fill(database: Database) -> list[int]:
    """`ALARMS` standing alarms of as many devices, of every grade; returns their ids."""
    now = datetime.now(UTC)  # noqa: TID251  # a benchmark's clock
    with database.writing() as session:
        newest = session.scalar(select(func.max(AlarmRow.id))) or 0
        devices = session.execute(
            select(DeviceRow, AreaRow.name).join(AreaRow, AreaRow.id == DeviceRow.area_id).limit(ALARMS)
        ).all()
        for i, (device, place) in enumerate(devices):
            session.add(_alarm(newest + 1 + i, device, place, now - timedelta(seconds=30 * i), i))
    return [newest + 1 + i for i in range(len(devices))]


def _alarm(number: int, device: DeviceRow, place: str, at: datetime, i: int) -> AlarmRow:
    more: dict[str, Any] = {"value": None, "threshold": None, "unit": None, "run": None, "cleared_at": None}
    return AlarmRow(
        id=number,
        device_id=device.id,
        kind=f"{KINDS[i % len(KINDS)]}",
        severity=1 + (i * 7) % 4,
        life_safety=i % len(KINDS) == 0,
        state=AlarmState.ACTIVE_UNACKED,
        occurrences=1 + i % 5,
        area_id=device.area_id,
        area_path=device.area_path,
        building_id=device.building_id,
        place=place,
        lng=device.lng,
        lat=device.lat,
        raised_at=at,
        last_at=at,
        acknowledged_at=None,
        acknowledged_by=None,
        source="live",
        original_raised_at=None,
        original_cleared_at=None,
        version=1,
        **more,
    )


def _token(env: dict[str, str]) -> str:
    """An officer's token, as `yiping user token` hands it out."""
    command = [sys.executable, "-m", "data_access.runtime.cli", "user", "token", "--role", "officer", "--plain"]
    done = subprocess.run(
        command, cwd=Path(ROOT), env={**os.environ, **env}, capture_output=True, text=True, check=True
    )
    return done.stdout.split()[-1]
