"""Take the pictures of `docs/screenshots`: `make screenshots`; of some names alone: `deploy/screenshots.py NAME …`.

Seeds a private demo in a temporary folder, brings it into five states and photographs each in the sizes, themes and
languages below. Needs Chromium and fonts-noto-cjk (`deploy/test-packages.sh`), some minutes and two free ports.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select, update

from data_access.db.engine import Database
from data_access.db.tables import AreaRow, BuildingRow, IncidentRow, PatrolPointRow, SourceRow, UserRow
from deploy import chromium

ROOT: Final = Path(__file__).parents[1]
TARGET: Final = ROOT / "docs" / "screenshots"
QUALITY: Final = 74
WALL, WALL_4K, WIDE, WIDEST = (1920, 1080), (3840, 2160), (3840, 1080), (5760, 1080)
DESK, LANDSCAPE, PORTRAIT, PHONE = (1440, 900), (1180, 820), (820, 1180), (390, 844)
OFFICER, GRID_WORKER = "demo-officer", "demo-grid"
START_S: Final = 900  # the whole district is seeded, on whatever machine


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: of which address, how large, in which theme, for which user, with what the index says about it."""

    name: str
    about: str
    size: tuple[int, int]
    address: str = "/"
    theme: str = "dark"
    lang: str = "zh"
    user: str = ""


# Every state in every size that people use, in both themes and both languages.
DRESSED: Final = (("dark", "zh"), ("light", "zh"), ("dark", "en"), ("light", "en"))
CROSS: Final = (
    ("wall", WALL, "/?wall=1"),
    ("desk", DESK, "/"),
    ("tablet", LANDSCAPE, "/"),
    ("portrait", PORTRAIT, "/"),
)


def cross(state: str, about: str) -> tuple[Shot, ...]:
    """The overview in one state: `busy-wall-light-en` is the 16:9 wall, light, in English."""
    return tuple(
        Shot(
            f"{state}-{size}{'-light' if theme == 'light' else ''}{'-en' if lang == 'en' else ''}",
            about,
            pixels,
            address,
            theme,
            lang,
        )
        for size, pixels, address in CROSS
        for theme, lang in DRESSED
    )


QUIET: Final = (
    *cross("quiet", "Quiet: nothing to handle"),
    Shot("quiet-ultrawide-light-en", "Quiet, on an ultra-wide wall", WIDE, "/?wall=1", "light", "en"),
    Shot("compare-tablet", "Two areas side by side", LANDSCAPE, "/compare"),
    Shot("brief", "The one-page brief", (900, 1240), "/brief", theme="light"),
    Shot("brief-en", "The one-page brief in English", (900, 1240), "/brief", theme="light", lang="en"),
)
FAILING: Final = (
    *cross("failing", "Failing: sensors, cameras and the end-to-end check have not delivered for an hour"),
    Shot("failing-ultrawide-en", "Failing, on an ultra-wide wall", WIDE, "/?wall=1", lang="en"),
)
NORMAL: Final = (
    *cross("normal", "Normal operation"),
    Shot("normal-wall-4k", "Normal operation on a 4K wall", WALL_4K, "/?wall=1"),
    Shot("normal-ultrawide", "Normal operation on an ultra-wide wall", WIDE, "/?wall=1"),
    Shot("normal-widest", "Normal operation on three screens", WIDEST, "/?wall=1"),
    Shot("normal-wall-4k-light-en", "The same by day, in English", WALL_4K, "/?wall=1", "light", "en"),
    Shot("normal-widest-light-en", "Three screens by day, in English", WIDEST, "/?wall=1", "light", "en"),
    Shot("normal-wall-night", "Normal operation at night", WALL, "/?wall=1&night=0-24"),
    Shot("trends", "Trends: days, months, classes, channels, ages, hot topics", DESK, "/trends"),
    Shot("trends-street-portrait", "Trends of a street on an upright tablet", PORTRAIT, "/trends?area={street}"),
    Shot("walls", "The connected walls", DESK, "/walls"),
    Shot("normal-street", "One street", DESK, "/?area={street}"),
    Shot("building", "A building's drawer", DESK, "/?area={grid}&building={building}"),
    Shot(
        "building-portrait-light",
        "A building's drawer within a thumb's reach",
        PORTRAIT,
        "/?building={building}",
        "light",
    ),
)
BUSY: Final = (
    *cross("busy", "Busy: a fire, a gas leak and much else"),
    Shot("busy-ultrawide", "Busy on an ultra-wide wall", WIDE, "/?wall=1"),
    Shot("alarms-flood", "The duty officer's desk in a flood of alarms", DESK, "/alarms", user=OFFICER),
    Shot("alarms-flood-tablet-light-en", "The same on a tablet", LANDSCAPE, "/alarms", "light", "en", OFFICER),
)
# Who works with it: signed in, once each device has spoken.
WORK: Final = (
    Shot("alarms", "The duty officer's desk", DESK, "/alarms", user=OFFICER),
    Shot("alarms-portrait-light-en", "The same on an upright tablet", PORTRAIT, "/alarms", "light", "en", OFFICER),
    Shot("alarms-analysis", "How the alarms of a month were handled", DESK, "/alarms/analysis", user=OFFICER),
    Shot("incidents", "Cases by stage", DESK, "/incidents", user=OFFICER),
    Shot("incidents-list-portrait-light", "Cases by clock", PORTRAIT, "/incidents?view=list", "light", user=OFFICER),
    Shot("case", "One case in its loop", DESK, "/incidents/case?code={case}", user=OFFICER),
    Shot(
        "case-tablet-light-en", "One case on a tablet", LANDSCAPE, "/incidents/case?code={case}", "light", "en", OFFICER
    ),
    Shot("indicators", "Every rate with its cases", DESK, "/indicators", user=OFFICER),
    Shot("indicators-tablet-light-en", "The same on a tablet", LANDSCAPE, "/indicators", "light", "en", OFFICER),
    Shot("judgement", "What an area's cases have in common", DESK, "/trends/judgement", user=OFFICER),
    Shot("sign-in", "Signing in", DESK, "/sign-in"),
    Shot("report-phone", "A citizen reports, from the code of a point", PHONE, "/report?point={point}", "light"),
    Shot("field-phone", "A grid worker's tasks", PHONE, "/field", "light", user=GRID_WORKER),
)
STALE: Final = (
    *cross("stale", "Stale: the server has fallen silent; nothing pretends to be live"),
    Shot("stale-ultrawide-light", "Stale, on an ultra-wide wall", WIDE, "/?wall=1", "light"),
)


WANTED: Final = frozenset(sys.argv[1:])


def wanted(shots: tuple[Shot, ...]) -> list[Shot]:
    """Those that were asked for: all where none was named."""
    return [shot for shot in shots if not WANTED or shot.name in WANTED]


def main() -> None:
    """Take them and write the index."""
    folder = Path(tempfile.mkdtemp(prefix="yiping-screenshots-"))
    TARGET.mkdir(parents=True, exist_ok=True)
    if not WANTED:
        for old_picture in TARGET.glob("*.jpg"):
            old_picture.unlink()
    try:
        with sync_playwright() as playwright:
            browser = chromium.launch(playwright)
            with running(folder, simulate=True) as url:
                if wanted(QUIET):
                    with playing(folder, "quiet"):  # the demo begins without an open alarm; for so long it raises none
                        take(browser, url, folder, QUIET)
                time.sleep(60)  # every device has spoken
                take(browser, url, folder, NORMAL)
                take(browser, url, folder, WORK)
                if wanted(BUSY):
                    with playing(folder, "busy", "--minutes", "5"), playing(folder, "gas"), playing(folder, "fire"):
                        time.sleep(40)
                        take(browser, url, folder, BUSY)
                silent(browser, url, folder)
            if wanted(FAILING):
                with running(folder, simulate=False) as url, halted(folder, b"worker"):
                    old(folder)
                    take(browser, url, folder, FAILING)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    index()


@contextmanager
def running(folder: Path, *, simulate: bool) -> Iterator[str]:
    """The product on free ports with its data in `folder`; yields its address."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("YIPING_")},
        **_settings(folder, port, simulate=simulate),
    }
    with (folder / "run.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(_command("run"), cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603
        try:
            deadline = time.monotonic() + START_S
            while "ready http" not in (folder / "run.log").read_text("utf-8"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit((folder / "run.log").read_text("utf-8")[-2000:])
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)


@contextmanager
def playing(folder: Path, *scenario: str) -> Iterator[None]:
    """A scenario of the demo against the running product."""
    environment = {**os.environ, "YIPING_DATA_DIR": str(folder)}
    command = _command("simulate", *scenario)
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


def take(browser: Browser, url: str, folder: Path, shots: tuple[Shot, ...]) -> None:
    """Photograph each once its panels are there and its live state has arrived."""
    names = places(folder)
    for shot in wanted(shots):
        page = opened(browser, url, shot, names)
        photograph(page, shot)
        page.context.close()


def opened(browser: Browser, url: str, shot: Shot, names: dict[str, str]) -> Page:
    """The page of a shot, settled."""
    width, height = shot.size
    scale = 2 if shot.size == PHONE else 1
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale, bypass_csp=True
    )
    page = context.new_page()
    if shot.user:
        page.goto(f"{url}/sign-in?fill={shot.user}&next=/account")
        page.click(".si-go")
        page.wait_for_url("**/account**")
    address = shot.address.format(**names)
    page.goto(f"{url}{address}{'&' if '?' in address else '?'}lang={shot.lang}&theme={shot.theme}")
    deadline = time.monotonic() + 30
    ready = "Boolean(document.querySelector('h1')) && !document.querySelector('.strip.is-loading, .alarms.is-loading')"
    while not page.evaluate(ready) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    page.wait_for_timeout(2500)
    return page


def photograph(page: Page, shot: Shot) -> None:
    """Write the picture of what the page shows now."""
    page.screenshot(path=TARGET / f"{shot.name}.jpg", type="jpeg", quality=QUALITY)


def silent(browser: Browser, url: str, folder: Path) -> None:
    """Stop the web processes for a while, as a hung server would, with the pages open."""
    names = places(folder)
    pages = [(shot, opened(browser, url, shot, names)) for shot in wanted(STALE)]
    with halted(folder, b"serve"):
        time.sleep(25 if pages else 0)
        for shot, page in pages:
            photograph(page, shot)


@contextmanager
def halted(folder: Path, role: bytes) -> Iterator[None]:
    """The processes of one role of the product that works in `folder`, hung for a while."""
    numbers = processes(folder, role)
    for number in numbers:
        os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        for number in numbers:
            os.kill(number, signal.SIGCONT)


def processes(folder: Path, role: bytes) -> list[int]:
    """Those of one role (`serve`, `worker`) of the product that works in `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (entry / "cmdline").read_bytes().split(b"\0")
            if role in command and str(folder).encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


def old(folder: Path) -> None:
    """Let what speaks by itself have fallen silent an hour ago; the worker, which would hear it, is halted."""
    database = Database(f"sqlite:///{folder / 'yiping.db'}")
    with database.writing() as session:
        hour = datetime.now(UTC) - timedelta(hours=1)  # noqa: TID251  # a script beside the product
        session.execute(
            update(SourceRow).where(SourceRow.code.in_(("sensors", "video", "heartbeat"))).values(last_seen=hour)
        )
    database.dispose()


def places(folder: Path) -> dict[str, str]:
    """Codes that addresses name: a street, a grid with a building, the building, a case, a point of a beat."""
    database = Database(f"sqlite:///{folder / 'yiping.db'}")
    with database.reading() as session:
        building = session.scalars(select(BuildingRow).order_by(BuildingRow.id).limit(1)).one()
        grid = session.get_one(AreaRow, building.area_id)
        street = session.scalars(select(AreaRow.code).where(AreaRow.kind == "street").order_by(AreaRow.path)).first()
        handled = select(IncidentRow.code).where(IncidentRow.stage == "handle").order_by(IncidentRow.created_at.desc())
        beat = select(UserRow.area_path).where(UserRow.name == GRID_WORKER).scalar_subquery()
        point = select(PatrolPointRow.code).where(PatrolPointRow.area_path == beat).order_by(PatrolPointRow.code)
        found = {
            "building": building.code,
            "grid": grid.code,
            "street": street or "",
            "case": session.scalars(handled.limit(1)).one(),
            "point": session.scalars(point.limit(1)).one(),
        }
    database.dispose()
    return found


def index() -> None:
    """Write the README of the folder."""
    lines = [
        "# Screenshots",
        "",
        "Made by `make screenshots`: the demo deployment (all figures and names are invented), in real Chromium.",
        "",
        "| picture | what | size | theme | language |",
        "|---|---|---|---|---|",
    ]
    for shot in (*NORMAL, *BUSY, *QUIET, *STALE, *FAILING, *WORK):
        width, height = shot.size
        lines.append(
            f"| [{shot.name}]({shot.name}.jpg) | {shot.about} | {width}×{height} | {shot.theme} | {shot.lang} |"
        )
    (TARGET / "README.md").write_text("\n".join(lines) + "\n", "utf-8")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _settings(folder: Path, port: int, *, simulate: bool) -> dict[str, Any]:
    return {
        "YIPING_DATA_DIR": str(folder),
        "YIPING_SIMULATE": str(simulate).lower(),
        "YIPING_PORT": str(port),
        "YIPING_MQTT_PORT": str(free_port()),
    }


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "data_access.runtime.cli", *arguments]


if __name__ == "__main__":
    main()
