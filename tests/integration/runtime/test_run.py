"""`yiping run` as a person meets it: real processes on free ports and an empty deployment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from tests.conftest import free_port

STOP_WITHIN_S = 5.0


@dataclass
class Running:
    """A supervisor under test."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def start(self) -> str:
        """Start; return the first line of standard output."""
        with (self.folder / "stderr").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "data_access.runtime.cli", "run"],
                env=self.env,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def said(self) -> str:
        return (self.folder / "stderr").read_text()

    def children(self) -> dict[str, psutil.Process]:
        """Everything below the supervisor, by the name of its command."""
        found = {}
        for child in psutil.Process(self.pid).children(recursive=True):
            try:
                words = child.cmdline()
            except (psutil.ZombieProcess, psutil.NoSuchProcess):  # it has just ended
                continue
            ours = [word for word in words if word in {"serve", "ingest", "worker", "edge"}]
            name = ours[0] if ours else "broker" if "data_access.runtime.embedded_mqtt" in words else "valkey"
            found[name] = child
        return found


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Running]:
    unset = {k: v for k, v in os.environ.items() if not k.startswith("YIPING_") and k != "PORT"}
    env = {
        **unset,
        "YIPING_DATA_DIR": str(tmp_path / "data"),
        "YIPING_DEPLOYMENT": "empty",
        "YIPING_PORT": str(free_port()),
        "YIPING_MQTT_PORT": str(free_port()),
    }
    running = Running(tmp_path, env)
    yield running
    if running.process and running.process.poll() is None:
        running.process.kill()
        running.process.wait(5)
    if running.process and running.process.stdout:
        running.process.stdout.close()


def wait_for(condition: Callable[[], bool], within_s: float = 60.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=3) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@pytest.mark.slow
def test_starts_restarts_what_is_killed_and_ends_without_a_trace(product: Running) -> None:
    url = f"http://127.0.0.1:{product.env['YIPING_PORT']}"
    product.env["YIPING_GUEST_VIEW"] = "off"
    assert product.start() == f"ready {url}", product.said()
    assert answers(f"{url}/report")  # the first page that is asked for, by nobody who is known
    first = product.children()
    assert set(first) == {"valkey", "broker", "edge", "serve", "worker", "ingest"}

    for child in first.values():
        child.kill()
    assert wait_for(lambda: set(product.children()) >= set(first) and answers(f"{url}/readyz")), product.said()
    second = product.children()
    assert not {p.pid for p in first.values()} & {p.pid for p in second.values()}
    assert product.said().count("signal SIGKILL") == len(first)

    assert product.process
    began = time.monotonic()
    product.process.send_signal(signal.SIGTERM)
    assert product.process.wait(STOP_WITHIN_S + 3) == 0
    assert time.monotonic() - began <= STOP_WITHIN_S
    assert not any(child.is_running() for child in second.values())
    assert product.process.stdout
    assert product.process.stdout.read() == ""  # one line on standard output, ever
    assert not (product.folder / "data" / "run.json").exists()


@pytest.mark.slow
def test_a_killed_supervisor_leaves_no_orphan_and_a_second_one_is_refused(product: Running) -> None:
    assert product.start().startswith("ready "), product.said()
    kept = json.loads((product.folder / "data" / "run.json").read_text())
    assert kept["mqtt"] == f"mqtt://127.0.0.1:{product.env['YIPING_MQTT_PORT']}"

    ports = {"YIPING_PORT": str(free_port()), "YIPING_MQTT_PORT": str(free_port())}
    refused = cli("run", env=product.env | ports)
    assert refused.returncode == 2
    assert "already runs on the data folder" in refused.stderr

    below = list(product.children().values())
    os.kill(product.pid, signal.SIGKILL)
    assert product.process
    product.process.wait(5)
    assert wait_for(lambda: not any(child.is_running() for child in below), within_s=10)


@pytest.mark.parametrize("variable", ["YIPING_PORT", "YIPING_MQTT_PORT"])
def test_a_busy_port_is_one_clear_sentence(product: Running, variable: str) -> None:
    from data_access.runtime.refusal import bound

    with bound("127.0.0.1", 0, variable=variable) as taken:
        port = taken.getsockname()[1]
        refused = cli("run", env=product.env | {variable: str(port)})
    assert refused.returncode == 2
    assert refused.stderr == (
        f"Error: Port {port} is already in use: stop what uses it, or choose another with {variable}.\n"
    )


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"YIPING_DATA_DIR": "/proc/yiping"}, "The data folder /proc/yiping cannot be written"),
        ({"YIPING_DEPLOYMENT": "atlantis"}, "YIPING_DEPLOYMENT='atlantis' does not fit: "),
        ({"YIPING_PORT": "99999"}, "YIPING_PORT='99999' does not fit: "),
        ({"YIPING_DEPLOYMENT": "pingshan"}, "The pingshan deployment needs YIPING_DATA_FILES"),
    ],
)
def test_what_cannot_work_is_one_clear_sentence(product: Running, env: dict[str, str], sentence: str) -> None:
    refused = cli("run", env=product.env | env)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"Error: {sentence}")
    assert refused.stderr.count("\n") == 1
    assert refused.stdout == ""


def cli(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "data_access.runtime.cli", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
