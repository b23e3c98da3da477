"""Broker, edge, stock devices and the ingest process, as tests run them."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from redis import Redis
from sqlalchemy import func, select

from data_access.db.engine import Database
from data_access.db.tables import AlarmRow
from data_access.ingest import edge, service
from data_access.ingest.mqtt import Address
from data_access.runtime import embedded_mqtt
from tests import fleet
from tests.conftest import free_port

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


SMOKES = {f"S{i}": "smoke" for i in range(40)}


def clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # brokers and HTTP run by the real one


def until(true: Callable[[], object], seconds: float = 8.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.02)


class Broker:
    """A real broker of ours that can be killed and started again."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.port, self.v5 = free_port(), free_port()
        if kind == "mosquitto":
            config = folder / "mosquitto.conf"
            config.write_text(
                f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\nuser root\n"
                f"persistence true\npersistence_location {folder}/\nautosave_on_changes true\nautosave_interval 1\n"
            )
            self.command, self.v5 = [str(MOSQUITTO), "-c", str(config)], self.port
        else:
            config = folder / "broker.toml"
            config.write_text(embedded_mqtt.configuration(self.port, self.v5))
            self.command = [sys.executable, "-m", "data_access.runtime.embedded_mqtt", str(config)]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: embedded_mqtt.listens(self.port) and embedded_mqtt.listens(self.v5))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def ingest(database: Database, broker: Broker, redis: Redis | None = None, **more: Any) -> Iterator[None]:
    """The ingest process, in a thread; stopped at the end."""
    services = fleet.services(
        database,
        clock,
        redis,
        mqtt_url=f"mqtt://127.0.0.1:{broker.v5}",
        **more,
    )
    stop, ready = threading.Event(), threading.Event()
    thread = threading.Thread(target=service.run, args=(services, stop, ready.set))
    thread.start()
    try:
        assert ready.wait(8)
        yield
    finally:
        stop.set()
        thread.join(8)
        assert not thread.is_alive()


@contextmanager
def door(broker: Broker) -> Iterator[int]:
    """The edge in front of the broker; yields its port."""
    port, loop = free_port(), asyncio.new_event_loop()
    behind = edge.Broker(Address(host="127.0.0.1", port=broker.port), broker.v5)
    server = loop.run_until_complete(edge.serve("127.0.0.1", port, behind))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()


def device(code: str, port: int, version: int = paho.MQTTv311) -> paho.Client:
    """A stock client that logs in with its token."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion(version))
    client.username_pw_set(fleet.token(code))
    client.reconnect_delay_set(0.1, 0.5)  # type: ignore[arg-type]  # seconds may be fractions
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def say(port: int, payload: dict[str, Any], *codes: str) -> None:
    """Publish at QoS 1 as each device and wait for the broker's word."""
    for code in codes:
        client = device(code, port)
        until(client.is_connected)
        client.publish("v1/devices/me/telemetry", json.dumps(payload), qos=1).wait_for_publish(5)
        client.disconnect()
        client.loop_stop()


def alarms(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(AlarmRow)) or 0
