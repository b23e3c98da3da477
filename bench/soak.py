"""A wall that is left alone: memory, nodes and long tasks of wall mode while the demo is busy at twenty times its pace.

`make bench-full` watches for half an hour, `bench.run --only soak` for three minutes. The heap is read after a forced
collection, whose own time is no task of the page; the first part of the time is left out, in which the wall takes its
tour once and every cache fills. Tasks take longer on a machine that does much else: the note has its load.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from bench import servers
from bench.harness import ROOT, Row
from deploy import chromium

SPEED = 20
MINUTES, FULL_MINUTES = 3.0, 30.0
WARM_SHARE = 0.25
SAMPLE_S = 15.0
START_S = 300
ADDRESS = "/?wall=1&carousel=children&pace=10&name=soak"
WALL = {"width": 1920, "height": 1080}
WATCH_TASKS = """
window.longTasks = [];
window.ours = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) window.longTasks.push([startTime, startTime + duration]);
}).observe({ type: "longtask" });
"""
# Those that no collection of ours lies in, since the moment `since`: how long each took, ms.
OWN_TASKS = """since => longTasks
  .filter(([begun, ended]) => begun > since && !ours.some(([a, b]) => a < ended && b > begun))
  .map(([begun, ended]) => ended - begun)"""
LIMIT_MS = 200
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the page: seconds since the start, bytes in use, nodes, open alarms that the page knows."""

    at_s: float
    heap: float
    nodes: float
    alarms: float


def run(full: bool) -> list[Row]:  # noqa: FBT001  # the harness's signature
    """Heap growth, change of the number of nodes, longest task."""
    minutes = float(os.environ.get("SOAK_MINUTES", FULL_MINUTES if full else MINUTES))
    with servers.seeded("district") as folder, _product(folder) as (url, env), sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        page = browser.new_page(viewport=WALL)  # type: ignore[arg-type]
        page.add_init_script(WATCH_TASKS)
        page.goto(url + ADDRESS, timeout=START_S * 1000)
        with _busy(env):
            _until_alarms(page)
            samples, tasks = watch(page, minutes * 60)
        browser.close()
    return rows(samples, tasks, minutes)


def watch(page: Page, seconds: float) -> tuple[list[Sample], list[float]]:
    """Samples every `SAMPLE_S` for `seconds`, and the page's own long tasks after the warm part, ms."""
    tools = page.context.new_cdp_session(page)
    tools.send("HeapProfiler.enable")
    tools.send("Performance.enable")
    started, samples = time.monotonic(), [Sample(0.0, *_look(page, tools))]
    warm = float("inf")
    while (passed := time.monotonic() - started) < seconds:
        if warm == float("inf") and passed >= seconds * WARM_SHARE:
            warm = page.evaluate("performance.now()")
        page.wait_for_timeout(SAMPLE_S * 1000)
        samples.append(Sample(time.monotonic() - started, *_look(page, tools)))
    return samples, [float(ms) for ms in page.evaluate(OWN_TASKS, warm)]


def rows(samples: list[Sample], tasks: list[float], minutes: float) -> list[Row]:
    """What the samples say: the median of the last third against that of the third after the warm part."""
    kept = [sample for sample in samples if sample.at_s >= minutes * 60 * WARM_SHARE]
    third = max(1, len(kept) // 3)
    early, late = kept[:third], kept[-third:]
    note = f"{minutes:g} min of busy at {SPEED}×"
    above = f"{sum(ms > LIMIT_MS for ms in tasks)} above {LIMIT_MS} ms, load average {os.getloadavg()[2]:.1f}"
    return [
        Row(
            name="soak.heap_growth_mb",
            value=(_middle([s.heap for s in late]) - _middle([s.heap for s in early])) / MB,
            unit="MB",
            samples=tuple(round(s.heap / MB, 2) for s in samples),
            note=note,
        ),
        Row(
            name="soak.nodes_change",
            value=_middle([s.nodes for s in late]) - _middle([s.nodes for s in early]),
            unit="nodes",
            samples=tuple(s.nodes for s in samples),
            note=note,
        ),
        Row(
            name="soak.open_alarms",
            value=late[-1].alarms,
            unit="alarms",
            samples=tuple(s.alarms for s in samples),
            note=note,
        ),
        Row(
            name="soak.longest_task_ms",
            value=max(tasks, default=0.0),
            unit="ms",
            samples=tuple(sorted(tasks)[-10:]),
            note=f"{note}; {above}",
        ),
    ]


def _look(page: Page, tools: CDPSession) -> tuple[float, float, float]:
    begun = page.evaluate("performance.now()")
    tools.send("HeapProfiler.collectGarbage")
    tools.send("HeapProfiler.collectGarbage")  # what the first one set free to be collected
    page.evaluate("begun => void ours.push([begun, performance.now()])", begun)
    found = {m["name"]: float(m["value"]) for m in tools.send("Performance.getMetrics")["metrics"]}
    alarms = page.evaluate("Object.keys(yiping.live.state()?.alarms ?? {}).length")
    return found["JSHeapUsedSize"], found["Nodes"], float(alarms)


def _until_alarms(page: Page) -> None:
    """Wait until the first alarm is on the wall: thirty thousand devices take their time to begin."""
    deadline = time.monotonic() + START_S
    while not page.evaluate("Object.keys(yiping.live.state()?.alarms ?? {}).length"):
        if time.monotonic() > deadline:
            raise RuntimeError("no alarm reached the wall")
        page.wait_for_timeout(1000)


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


@contextmanager
def _product(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """`yiping run` on the seeded `folder`, without a simulator of its own; yields its address and surroundings."""
    port = servers.free_port()
    env = {
        **os.environ,
        "YIPING_DATA_DIR": str(folder),
        "YIPING_SIMULATE": "false",
        "YIPING_PORT": str(port),
        "YIPING_MQTT_PORT": str(servers.free_port()),
    }
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "data_access.runtime.cli", "run"]
    with servers.running(command, ready=lambda: servers.answers(f"{url}/readyz"), env=env, timeout=START_S):
        yield url, env


@contextmanager
def _busy(env: dict[str, str]) -> Iterator[None]:
    """Devices at twenty times their pace, and the demo's officers, who acknowledge small alarms."""
    command = [sys.executable, "-m", "data_access.runtime.cli", "simulate", "busy", "--speed", str(SPEED)]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
