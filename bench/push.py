"""From an MQTT publish to the page: latency with other streams open, streams held, latency while a file is imported.

The whole way is real: paho in a process of its own → mosquitto → ingest (rules and database) → Redis → the web
process → Chromium, where a reading counts as arrived after the frame in which the map drew it. Readings carry the
moment of their publishing as `ts`; browser and publisher read the same clock.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from redis import Redis
from sqlalchemy import select

from bench import servers
from bench.harness import ROOT, Row, latency_rows, percentile, samples_of
from data_access.db.engine import Database
from data_access.db.tables import BuildingRow, DeviceRow
from data_access.domain.devices import DeviceKind
from data_access.events import FreshnessChanged
from data_access.live import bus
from deploy import chromium

OTHERS = 200
RATES = (500, 5000)
HOLDS = (1000, 2000, 4000)
HOLDS_SHORT = (2000,)
LIMIT_MS = 500
SINGLE = 1000
GATHERED = 10
WARM_S = 3.0
EVENTS_PER_S = 10
IMPORT_ROWS = 30_000
COLLECT = """
() => {
  window.benchTaken = [];
  window.__yiping.onApplied(pairs => {
    const now = Date.now();
    for (const [, ts] of pairs) window.benchTaken.push(ts, now);
  });
}
"""


@dataclass(frozen=True, slots=True)
class Product:
    """The running product: its addresses and some of its devices."""

    url: str
    redis: str
    mqtt: int
    tokens: Path
    env: dict[str, str]


def run(full: bool) -> list[Row]:  # noqa: FBT001  # the harness's signature
    """Latency at each rate, during an import, and how many streams are held."""
    seconds, rows = 20.0 if full else 4.0, []
    with running_product() as product, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"{product.url}/?probe=1")
        page.wait_for_function(
            "window.__yiping?.connected && window.__yiping.map && window.__yiping.count() > 0", timeout=60_000
        )
        page.evaluate(COLLECT)
        with _holder(product.url, OTHERS):
            for rate in RATES:
                rows += _rows(f"push.{{}}.{rate}", _latencies(page, product, rate, seconds), rate * seconds)
            with _importing(product) as importing:
                taken = _latencies(page, product, RATES[0], seconds)
                note = "" if importing.poll() is None else "the import ended before the measurement"
            rows += _rows("push.{}.during_import", taken, RATES[0] * seconds, note)
        browser.close()
        rows.append(_held(product, HOLDS if full else HOLDS_SHORT, 6.0 if full else 3.0))
    return rows


def _rows(pattern: str, taken: list[float], expected: float, note: str = "") -> list[Row]:
    arrived = f"{len(taken):,} of {expected:,.0f} readings seen in the page, {OTHERS} other streams open"
    return latency_rows(pattern, taken, note="; ".join(filter(None, (arrived, note))))


def _latencies(page: Page, product: Product, rate: int, seconds: float) -> list[float]:
    """Milliseconds from publish to drawn of the readings published in the measured span."""
    command = [sys.executable, "-m", "bench.push", "publish", str(product.mqtt), str(product.tokens), str(rate)]
    with subprocess.Popen([*command, str(WARM_S + seconds)], cwd=ROOT, stdout=subprocess.PIPE) as publisher:
        assert publisher.stdout
        began = float(publisher.stdout.readline())
        while publisher.poll() is None:
            page.wait_for_timeout(200)
    page.wait_for_timeout(1500)
    flat = page.evaluate("window.benchTaken.splice(0)")
    first = began + WARM_S * 1000
    return [now - ts for ts, now in zip(flat[::2], flat[1::2], strict=True) if first <= ts < first + seconds * 1000]


def _held(product: Product, steps: Sequence[int], seconds: float) -> Row:
    """The most of `steps` streams that all had every event with a p99 below the limit."""
    best, p99 = 0, 0.0
    client = bus.connect(product.redis)
    for count in steps:
        with _holder(product.url, count, seconds) as holder:
            for number in range(int(seconds * EVENTS_PER_S)):
                now = datetime.now(UTC)  # noqa: TID251  # the moment of publishing is what is measured
                event = FreshnessChanged(area="", version=number, at=now, source="bench", last_seen=now, interval_s=60)
                bus.publish(client, [event.model_dump_json()])
                time.sleep(1 / EVENTS_PER_S)
            said, _ = holder.communicate(timeout=60)
        taken = json.loads(said.splitlines()[-1])
        if taken["missing"] or taken["p99"] > LIMIT_MS:
            break
        best, p99 = count, taken["p99"]
    client.close()
    note = f"p99 {p99:.0f} ms at {EVENTS_PER_S} events/s to each; the next step of {steps} did not hold"
    if best == steps[-1]:
        note = f"p99 {p99:.0f} ms at {EVENTS_PER_S} events/s to each; no larger number was tried"
    return Row(name="streams.held", value=best, unit="streams", note=note)


@contextmanager
def running_product() -> Iterator[Product]:
    """Broker, Redis, ingest, worker and web process before the seeded district."""
    with servers.seeded("district") as folder, servers.valkey() as redis, servers.mosquitto() as mqtt:
        env = {
            "YIPING_DATA_DIR": str(folder),
            "YIPING_DEPLOYMENT": "luohu",
            "YIPING_REDIS_URL": redis,
            "YIPING_MQTT_URL": f"mqtt://127.0.0.1:{mqtt}",
        }
        client = bus.connect(redis)
        with (
            servers.yiping("ingest", env=env, ready=lambda: _subscribed(client)),
            servers.yiping("worker", env=env, ready=lambda: bool(client.exists("yiping:metrics:worker"))),
            servers.web(env) as url,
        ):
            yield Product(url, redis, mqtt, _tokens(folder), env)
        client.close()


def _subscribed(redis: Redis) -> bool:
    texts = [redis.get(key) or b"" for key in redis.scan_iter("yiping:metrics:ingest*")]
    return any(b"broker_connected 1.0" in text for text in texts if isinstance(text, bytes))


def _tokens(folder: Path) -> Path:
    """Token and code of devices whose ordinary reading is an ordinary number, a line each."""
    database = Database(f"sqlite:///{folder / 'yiping.db'}")
    with database.reading() as session:
        query = select(DeviceRow.token, DeviceRow.code).where(DeviceRow.kind == DeviceKind.SMOKE).limit(20_000)
        tokens = [f"{token} {code}" for token, code in session.execute(query)]
    database.dispose()
    path = folder / "tokens.txt"
    path.write_text("\n".join(tokens))
    return path


@contextmanager
def _holder(url: str, count: int, seconds: float = 0) -> Iterator[subprocess.Popen[str]]:
    """A process that holds `count` streams; with `seconds` it times what they get and says so at its end."""
    command = [sys.executable, "-m", "bench.push", "hold", url, str(count), str(seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()  # all are open
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def _importing(product: Product) -> Iterator[subprocess.Popen[bytes]]:
    """`yiping import residents` of a large file, running while the block does."""
    folder = Path(product.env["YIPING_DATA_DIR"])
    database = Database(f"sqlite:///{folder / 'yiping.db'}")
    with database.reading() as session:
        codes = list(session.scalars(select(BuildingRow.code).limit(2_000)))
    database.dispose()
    file = folder / "residents.csv"
    lines = [f"{codes[n % len(codes)]},{n},张三{n},M,1980-01-01,floating" for n in range(IMPORT_ROWS)]
    file.write_text("building,room,name,sex,born,residency\n" + "\n".join(lines), "utf-8")
    command = [
        sys.executable,
        "-m",
        "data_access.runtime.cli",
        "import",
        "residents",
        str(file),
        "--skip-bad",
        "--into-demo",
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **product.env}, **quiet) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.terminate()


def publish(port: int, tokens: Path, rate: int, seconds: float) -> None:
    """Publish `rate` readings a second, evenly in steps of 10 ms; prints the moment of the first.

    Up to `SINGLE` a second each is a message of its device; above that a gateway sends `GATHERED` at a time.
    """
    from paho.mqtt.client import Client  # noqa: PLC0415  # only the publishing process needs it
    from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

    names = [line.split() for line in tokens.read_text().splitlines()]
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    began, sent = time.time(), 0
    print(began * 1000, flush=True)
    while (passed := time.time() - began) < seconds:
        while sent < passed * rate:
            reading = f'{{"ts":{time.time() * 1000:.0f},"values":{{"smoke":0,"battery_pct":90}}}}'
            if rate <= SINGLE:
                client.publish(f"v1/devices/{names[sent % len(names)][0]}/telemetry", reading, qos=1)
                sent += 1
                continue
            chosen = [names[(sent + k) % len(names)][1] for k in range(GATHERED)]
            client.publish("v1/gateway/telemetry", "{" + ",".join(f'"{c}":[{reading}]' for c in chosen) + "}", qos=1)
            sent += GATHERED
        time.sleep(0.01)
    client.loop_stop()


async def hold(url: str, count: int, seconds: float) -> None:
    """Hold `count` streams. With `seconds`: for that long, then print p99 of their latencies and what is missing."""
    host, port = url.removeprefix("http://").split(":")
    taken: list[float] = []
    opened = asyncio.Semaphore(100)

    async def one() -> None:
        async with opened:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"GET /live HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            await reader.readuntil(b"event: heartbeat")
        ready.append(writer)
        while line := await reader.readline():
            if b'"source":"bench"' in line:
                event = json.loads(line[line.index(b"{") :])
                taken.append((time.time() - datetime.fromisoformat(event["at"]).timestamp()) * 1000)

    ready: list[asyncio.StreamWriter] = []
    streams = [asyncio.create_task(one()) for _ in range(count)]
    while len(ready) < count:  # noqa: ASYNC110  # a bench may look
        await asyncio.sleep(0.05)
    print("open", flush=True)
    await asyncio.sleep(seconds + 2 if seconds else 3600)
    missing = count * int(seconds * EVENTS_PER_S) - len(taken)
    print(json.dumps({"p99": percentile(taken, 99), "missing": missing, "samples": samples_of(taken)}), flush=True)
    for stream in streams:
        stream.cancel()


def _main(arguments: list[str]) -> None:
    match arguments:
        case ["publish", port, tokens, rate, seconds]:
            publish(int(port), Path(tokens), int(rate), float(seconds))
        case ["hold", url, count, seconds]:
            asyncio.run(hold(url, int(count), float(seconds)))
        case _:
            for row in run(full=False):
                print(row)


if __name__ == "__main__":
    _main(sys.argv[1:])
