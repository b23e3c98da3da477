"""A running product as the browser tests see it: looked up in its database, fed over MQTT."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page
from sqlalchemy import Select, func, select

from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, AreaRow, BuildingRow, CameraRow, DeviceRow, PatrolPointRow

T = TypeVar("T")
Open = Callable[..., Page]
"""Opens a page with the probe on: `open_page("area=440303&lang=en")`."""


def until(page: Page, predicate: str, arg: object = None, *, timeout: float = 20) -> None:
    """Wait until `predicate` holds in the page. Asked from here: the page's own policy forbids evaluating strings."""
    deadline = time.monotonic() + timeout
    while not page.evaluate(predicate, arg):
        assert time.monotonic() < deadline, f"never came true: {predicate} {arg}"
        page.wait_for_timeout(30)


@dataclass(frozen=True, slots=True)
class Product:
    """A running product: its address, the port devices publish to, and its database to look things up in."""

    url: str
    mqtt_port: int
    database: Database

    def get(self, path: str) -> Any:
        """The JSON that a GET of `path` answers."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def area(self, kind: str) -> AreaRow:
        """The first area of a kind."""
        return self._first(select(AreaRow).where(AreaRow.kind == kind).order_by(AreaRow.path))

    def device(self, kind: str, number: int = 0) -> DeviceRow:
        """The device number `number` (from 0) of a kind."""
        return self._first(select(DeviceRow).where(DeviceRow.kind == kind).order_by(DeviceRow.id).offset(number))

    def together(self, kind: str, count: int) -> list[DeviceRow]:
        """The first `count` devices of a kind in the last building that has so many."""
        chosen = select(DeviceRow.building_id).where(DeviceRow.kind == kind, DeviceRow.building_id.is_not(None))
        chosen = (
            chosen.group_by(DeviceRow.building_id).having(func.count() >= count).order_by(DeviceRow.building_id.desc())
        )
        with self.database.reading() as session:
            building = session.scalars(chosen.limit(1)).one()
            query = select(DeviceRow).where(DeviceRow.kind == kind, DeviceRow.building_id == building)
            rows = list(session.scalars(query.order_by(DeviceRow.id).limit(count)))
            session.expunge_all()  # they outlive the session
            return rows

    def building(self) -> BuildingRow:
        """The first building."""
        return self._first(select(BuildingRow).order_by(BuildingRow.id))

    def point(self) -> PatrolPointRow:
        """A point that is patrolled and has a code for citizens."""
        return self._first(select(PatrolPointRow).order_by(PatrolPointRow.id))

    def camera(self) -> CameraRow:
        """A camera that delivers."""
        return self._first(select(CameraRow).where(CameraRow.delivering.is_(True)).order_by(CameraRow.id))

    def _first(self, query: Select[T]) -> T:
        with self.database.reading() as session:
            row = session.scalars(query.limit(1)).one()
            session.expunge(row)  # it outlives the session
            return row

    def raise_alarm(self, device: DeviceRow, values: dict[str, object]) -> None:
        """Publish `values` and wait until the alarm that they are stands."""
        self.publish(device, values)
        standing = select(AlarmRow.id).where(AlarmRow.device_id == device.id, AlarmRow.state != "closed")
        deadline = time.monotonic() + 10
        while True:
            with self.database.reading() as session:
                if session.scalar(standing) is not None:
                    return
            assert time.monotonic() < deadline, f"no alarm of {device.code}"
            time.sleep(0.05)

    def publish(self, device: DeviceRow, values: dict[str, object]) -> int:
        """Publish `values` as `device` would, now; returns the reading's time in ms once the broker has it."""
        ts, connected = int(time.time() * 1000), threading.Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(device.token)
        client.on_connect = lambda *_: connected.set()
        client.connect("127.0.0.1", self.mqtt_port)
        client.loop_start()
        try:
            assert connected.wait(10)
            sent = client.publish("v1/devices/me/telemetry", json.dumps({"ts": ts, "values": values}), qos=1)
            sent.wait_for_publish(10)
            assert sent.is_published(), "the reading was not taken"
        finally:
            client.disconnect()
            client.loop_stop()
        return ts
