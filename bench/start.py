"""How long a later start takes: `yiping run` on a seeded folder until its ready line, the way a person waits for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench.harness import ROOT, Row
from bench.servers import free_port, seeded

PATIENCE_S = 120


def run(full: bool) -> list[Row]:  # noqa: FBT001  # the harness's signature
    """Start twice (seven when `full`) on the district; the first start after seeding warms the disk cache."""
    with seeded("district") as folder:
        _start(folder)
        samples = [_start(folder) for _ in range(7 if full else 2)]
    return [
        Row(
            name="start.second_s",
            value=median(samples),
            unit="s",
            samples=tuple(samples),
            note="yiping run on the seeded district, until the ready line; aim ≤ 5",
        )
    ]


def _start(folder: Path) -> float:
    """Seconds from the command to its ready line. Raises `RuntimeError` when it ends without one."""
    ports = {"YIPING_PORT": str(free_port()), "YIPING_MQTT_PORT": str(free_port())}
    env = {**os.environ, **ports, "YIPING_DATA_DIR": str(folder), "YIPING_SIMULATE": "false"}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "data_access.runtime.cli", "run"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        took = time.perf_counter() - begun
        if not line.startswith("ready "):
            raise RuntimeError(f"yiping run ended with status {process.wait(5)} instead of becoming ready")
        return took
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        finally:
            process.kill()
            if process.stdout:
                process.stdout.close()
