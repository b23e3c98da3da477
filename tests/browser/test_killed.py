"""kill -9 of any one process: the open page recovers by itself, and no reading or alarm is lost."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Browser, Page
from sqlalchemy import text
from sqlalchemy.engine import make_url

from data_access.db.engine import Database
from data_access.db.readings import table_of
from data_access.db.tables import DeviceRow
from tests.browser.product import Product, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OURS = ("edge", "ingest", "worker", "serve")
RECOVERED = "window.__yiping?.connected && document.querySelector('#live-status.is-live') !== null"
STANDING = "(id) => Object.values(yiping.live.state().alarms).some((a) => a.device_id === id)"


class Speaker:
    """A device that speaks ten times a second until `stop`, keeping what the broker has not confirmed."""

    def __init__(self, product: Product, device: DeviceRow) -> None:
        self.sent: list[int] = []
        self._rest, self._ended = threading.Event(), threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device.code, clean_session=False)
        self._client.username_pw_set(device.token)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", product.mqtt_port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._speak)
        self._thread.start()

    def _speak(self) -> None:
        while not self._ended.wait(0.1):
            if not self._rest.is_set():
                self.sent.append(int(time.time() * 1000))
                reading = {"ts": self.sent[-1], "values": {"pressure_mpa": 0.31}}
                self._client.publish("v1/devices/me/telemetry", json.dumps(reading), qos=1)

    def rest(self, seconds: float) -> None:
        """Say nothing for a while, so that nothing is under way."""
        self._rest.set()
        time.sleep(seconds)

    def go_on(self) -> None:
        self._rest.clear()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def speaker(own_product: Product) -> Iterator[Speaker]:
    found = Speaker(own_product, own_product.device("hydrant"))
    yield found
    found.stop()
    found.leave()


def processes(database: Database) -> dict[str, psutil.Process]:
    """What runs below the supervisor, by name."""
    folder = Path(str(make_url(database.engine.url).database)).parent
    pid = json.loads((folder / "run.json").read_text())["pid"]
    found = {}
    for child in psutil.Process(pid).children(recursive=True):
        try:
            words = child.cmdline()
        except (psutil.ZombieProcess, psutil.NoSuchProcess):  # it has just ended
            continue
        ours = [word for word in words if word in OURS]
        found[ours[0] if ours else "broker" if "data_access.runtime.embedded_mqtt" in words else "valkey"] = child
    return found


def stored(database: Database, device: DeviceRow, since: int) -> set[int]:
    day = datetime.fromtimestamp(since / 1000, UTC).date()
    with database.reading() as session:
        query = text(f"SELECT ts FROM {table_of(day)} WHERE device_id = :device AND ts >= :since")
        return {int(ts) for (ts,) in session.execute(query, {"device": device.id, "since": since})}


def test_after_kill_9_of_each_process_in_turn_the_page_is_live_and_nothing_is_lost(
    chromium: Browser, own_product: Product, speaker: Speaker
) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{own_product.url}/?probe=1")
    until(page, RECOVERED, timeout=30)
    for number, victim in enumerate((*OURS, "valkey", "broker")):
        before, after = own_product.device("smoke", 2 * number), own_product.device("smoke", 2 * number + 1)
        if victim == "broker":
            speaker.rest(1)  # the embedded one keeps what it has confirmed in memory (docs/operations.md)
        else:
            own_product.publish(before, {"smoke": 1})
        os.kill(processes(own_product.database)[victim].pid, signal.SIGKILL)
        speaker.go_on()
        _publish_until_taken(own_product, after)
        if victim != "broker":
            _until_standing(page, own_product, before, victim)
        _until_standing(page, own_product, after, victim)
        until(page, RECOVERED, timeout=30)
    speaker.stop()
    device = own_product.device("hydrant")
    deadline = time.monotonic() + 20
    while (lost := set(speaker.sent) - stored(own_product.database, device, speaker.sent[0])) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.2)
    assert len(speaker.sent) > 50
    assert lost == set()
    page.close()


def _until_standing(page: Page, product: Product, device: DeviceRow, victim: str) -> None:
    """Wait for the alarm of `device` in the page; where it does not come, say how far it got."""
    try:
        until(page, STANDING, device.id, timeout=60)
    except AssertionError:
        with product.database.reading() as session:
            raised = session.execute(
                text("SELECT id, state, version FROM alarms WHERE device_id = :d"), {"d": device.id}
            )
            heard = session.execute(
                text("SELECT status, last_ts FROM device_states WHERE device_id = :d"), {"d": device.id}
            )
            waiting = session.execute(text("SELECT count(*) FROM outbox")).scalar()
            told = f"in the database: {raised.all()}, device {heard.all()}, {waiting} events wait"
        live = page.evaluate(
            "JSON.stringify([yiping.live.status(), yiping.live.state().eventId, yiping.live.state().at])"
        )
        log = Path(str(make_url(product.database.engine.url).database)).with_name("run.log").read_text("utf-8")[-4000:]
        pytest.fail(f"after {victim} was killed no alarm of device {device.id}; {told}; the page: {live}\n{log}")


def _publish_until_taken(product: Product, device: DeviceRow) -> None:
    """As a device does that finds nobody at the door: it tries again until its reading is taken."""
    deadline = time.monotonic() + 30
    while True:
        try:
            product.publish(device, {"smoke": 1})
        except (OSError, AssertionError, RuntimeError, ValueError):
            assert time.monotonic() < deadline, "nobody takes readings any more"
            time.sleep(0.2)
        else:
            return
