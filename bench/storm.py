"""5,000 alarms in 60 s from MQTT to an open desk: none lost, how soon it is a flood, whether the page ever freezes.

The whole way is real: devices publish one message each → mosquitto → ingest → database and Redis → web process →
`/alarms` in Chromium, while the worker looks for floods and escalates. A tenth of the alarms concern lives.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import func, select

from bench.harness import ROOT, Row
from bench.push import Product, running_product
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, DeviceRow
from data_access.domain.devices import DeviceKind
from data_access.ingest import wire
from deploy import chromium

STORM, STORM_S = 5_000, 60.0
LIVES = 10  # one in so many
KINDS = (DeviceKind.SMOKE, DeviceKind.GAS, DeviceKind.HYDRANT, DeviceKind.POOL, DeviceKind.MANHOLE)
PATIENCE_S = 60.0
# The longest tasks, and when the page first knew of a flood.
WATCH = """
() => {
  window.storm = { tasks: [], flood: null };
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.storm.tasks.push(task.duration);
  }).observe({ type: "longtask" });
  yiping.live.subscribe((state) => {
    if (window.storm.flood === null && yiping.reducer.flood(state)) window.storm.flood = Date.now();
  });
}
"""
READY = "window.yiping?.desk?.queue && yiping.live.status().connection === 'live'"
SHOWN = "ids => ids.filter((id) => yiping.desk.queue.get(id)).length"


def run(full: bool) -> list[Row]:  # noqa: FBT001, ARG001  # the harness's signature
    """Play the storm before one open desk."""
    with running_product() as product, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        page = browser.new_page(
            viewport={"width": 1440, "height": 900},
            bypass_csp=True,
            extra_http_headers={"Authorization": f"Bearer {_token(product.env)}"},
        )
        page.goto(f"{product.url}/alarms?probe=1")
        page.wait_for_function(READY, timeout=60_000)
        rows = _storm(product, page, STORM, STORM_S)
        browser.close()
    return rows


def _storm(product: Product, page: Page, count: int, seconds: float) -> list[Row]:
    database = Database(f"sqlite:///{Path(product.env['YIPING_DATA_DIR']) / 'yiping.db'}")
    before, chosen = _newest(database), _devices(database, count)
    page.evaluate(WATCH)
    began = time.time()
    publisher = threading.Thread(target=_publish, args=(product.mqtt, chosen, seconds))
    publisher.start()
    while publisher.is_alive():
        page.wait_for_timeout(250)
    published = time.time()
    kept = shown = 0
    while time.time() - published < PATIENCE_S and min(kept, shown) < count:
        ids = _raised(database, before)
        kept, shown = len(ids), int(page.evaluate(SHOWN, ids))
        page.wait_for_timeout(100)
    behind = time.time() - published
    page.wait_for_timeout(2_000)
    seen = page.evaluate("window.storm")
    database.dispose()
    note = f"{count:,} alarms in {seconds:g} s, one in {LIVES} about lives, SQLite, one desk open"
    flood = (seen["flood"] - began * 1000) / 1000 if seen["flood"] else float("nan")
    tasks = seen["tasks"] or [0.0]
    return [
        Row(name="alarms.storm.lost", value=count - min(kept, shown), unit="alarms", note=note),
        Row(name="alarms.storm.behind_s", value=behind, unit="s", note="last message → last alarm in the page"),
        Row(name="alarms.storm.flood_on_s", value=flood, unit="s", note="first message → the page says flood"),
        Row(
            name="alarms.storm.longest_task_ms",
            value=max(tasks),
            unit="ms",
            note=f"{len(tasks)} tasks over 50 ms, together {sum(tasks):.0f} ms",
        ),
    ]


def _newest(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.max(AlarmRow.id))) or 0


def _raised(database: Database, before: int) -> list[int]:
    """The storm's own alarms: nobody else says `tamper` or `smoke` meanwhile."""
    with database.reading() as session:
        mine = select(AlarmRow.id).where(AlarmRow.id > before, AlarmRow.kind.in_(("tamper", "smoke")))
        return list(session.scalars(mine))


def _devices(database: Database, count: int) -> list[tuple[str, str]]:
    """Token and message of so many devices without an alarm: `tamper`, and of smoke detectors now and then `smoke`."""
    troubled = select(AlarmRow.device_id).where(AlarmRow.state != "closed", AlarmRow.device_id.is_not(None))
    with database.reading() as session:
        device = DeviceRow
        rows = session.execute(
            select(device.token, device.kind)
            .where(device.kind.in_(KINDS), device.id.not_in(troubled), device.replay.is_(False))
            .order_by(device.id)
            .limit(count)
        ).all()
    if len(rows) < count:
        raise RuntimeError(f"only {len(rows):,} devices are calm")
    lives = [n % LIVES == 0 and kind == DeviceKind.SMOKE for n, (_, kind) in enumerate(rows)]
    return [(token, "smoke" if fire else "tamper") for (token, _), fire in zip(rows, lives, strict=True)]


def _publish(port: int, chosen: Sequence[tuple[str, str]], seconds: float) -> None:
    """One message of each device, evenly, at QoS 1."""
    began = time.time()
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        connection.sendall(wire.packet(wire.CONNECT, wire.text(b"MQTT") + b"\x04\x02\x00\x00" + wire.text(b"storm")))
        connection.recv(4)
        for number, (token, metric) in enumerate(chosen):
            pause = began + seconds * number / len(chosen) - time.time()
            if pause > 0:
                time.sleep(pause)
            body = f'{{"ts":{time.time() * 1000:.0f},"values":{{"{metric}":1}}}}'.encode()
            topic = wire.text(f"v1/devices/{token}/telemetry".encode())
            connection.sendall(wire.packet(wire.PUBLISH | 2, topic + (number % 65_000 + 1).to_bytes(2, "big") + body))
        left = 4 * len(chosen)
        while left > 0:
            left -= len(connection.recv(1 << 16)) or left


def _token(env: dict[str, str]) -> str:
    command = [sys.executable, "-m", "data_access.runtime.cli", "user", "token", "--role", "officer", "--plain"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]
