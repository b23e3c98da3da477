"""The whole product under `yiping run`, seeded with one community, and real Chromium in front of it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from data_access.db.engine import Database
from deploy import chromium as chromium_here
from tests.browser.desks import Desks
from tests.browser.product import Open, Product, until
from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
YIPING = (sys.executable, "-m", "data_access.runtime.cli")
START_S = 180  # on a machine that does much else; alone it takes ten
READY = "window.__yiping?.map && window.__yiping.connected && yiping.map.data.sets.devices.n > 0"


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one community, seeded once for all workers of this run; to be copied."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "seeded"
    with (shared / "seeded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            made = shared / "seeding"
            subprocess.run([*YIPING, "prepare"], cwd=ROOT, env=_environment(made), check=True, timeout=START_S)
            made.rename(folder)
    return folder


@pytest.fixture(scope="session")
def product(seeded: Path) -> Iterator[Product]:
    """The running product that most files share; each leaves it as it was found."""
    with running_product(seeded) as found:
        yield found


@pytest.fixture(scope="module")
def own_product(seeded: Path) -> Iterator[Product]:
    """A running product for one file alone, whose alarms stay open: grave ones wait for somebody's word."""
    with running_product(seeded) as found:
        yield found


def _environment(folder: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("YIPING_")},
        "YIPING_DATA_DIR": str(folder),
        "YIPING_SCALE": "community",
        "YIPING_SIMULATE": "false",
        "YIPING_SIGN_IN_RATE": "10000",  # all tests sign in from one address; the limit has a test of its own
    }


@contextmanager
def running_product(seeded: Path | None = None, **more: str) -> Iterator[Product]:
    """`yiping run` in a folder of its own, without the simulator; `more` are settings; ended by SIGTERM."""
    folder = Path(tempfile.mkdtemp(prefix="yiping-browser-"))
    if seeded:
        shutil.copytree(seeded, folder, dirs_exist_ok=True)
    port, mqtt_port = free_port(), free_port()
    env = {
        **_environment(folder),
        "YIPING_PORT": str(port),
        "YIPING_MQTT_PORT": str(mqtt_port),
        **more,
    }
    log = (folder / "run.log").open("w+", encoding="utf-8")
    process = subprocess.Popen([*YIPING, "run"], cwd=ROOT, env=env, stdout=log, stderr=log)
    database = None
    try:
        _wait_ready(process, folder / "run.log")
        database = Database(f"sqlite:///{folder / 'yiping.db'}")
        yield Product(f"http://127.0.0.1:{port}", mqtt_port, database)
    finally:
        if database is not None:
            database.dispose()
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while "ready http" not in log.read_text("utf-8"):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"yiping run did not become ready:\n{log.read_text('utf-8')[-3000:]}")
        time.sleep(0.1)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium. Missing, it fails the tests: nothing about the browser is skipped in silence."""
    browser = chromium_here.launch(playwright)
    yield browser
    browser.close()


@pytest.fixture
def open_page(chromium: Browser, product: Product) -> Iterator[Open]:
    """Opens a page of the product with the probe on; after the test none may have complained."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    yield from _pages(context, product)


@pytest.fixture
def open_touch(chromium: Browser, product: Product) -> Iterator[Open]:
    """As `open_page`, on a tablet without a mouse."""
    context = chromium.new_context(
        viewport={"width": 1180, "height": 820}, locale="zh-CN", has_touch=True, is_mobile=True
    )
    yield from _pages(context, product)


@pytest.fixture
def desks(chromium: Browser, product: Product) -> Iterator[Desks]:
    """Officers who sit down at their desks; afterwards none of their pages may have complained."""
    made = Desks(chromium, product)
    yield made
    made.leave()
    assert made.complaints == []


def _pages(context: BrowserContext, product: Product) -> Iterator[Open]:
    complaints: list[str] = []

    def start(query: str = "", *, wait: bool = True) -> Page:
        page = context.new_page()
        page.on("console", lambda m: complaints.append(f"{m.type}: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.goto(f"{product.url}/?probe=1{'&' if query else ''}{query}")
        if wait:
            until(page, READY, timeout=30)
        return page

    yield start
    context.close()
    assert complaints == []
