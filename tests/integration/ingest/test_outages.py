"""Broker, Redis, database and ingest itself going away: no alarm is lost. With real ones, through the edge."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
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
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from redis import Redis
from sqlalchemy import func, select, text

from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, OutboxRow
from data_access.domain.errors import InvalidInput, NotFound
from data_access.ingest import edge, http, service
from data_access.live.outbox import Relay
from data_access.runtime import embedded_mqtt
from tests import fleet

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
SMOKES = {f"S{i}": "smoke" for i in range(40)}


def clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # brokers and HTTP run by the real one


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


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


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    if request.param == "mosquitto" and MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    found = Broker(request.param, tmp_path)
    yield found
    found.kill()


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
    server = loop.run_until_complete(edge.serve("127.0.0.1", port, edge.Broker("127.0.0.1", broker.port, broker.v5)))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield port
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
        client.publish("v1/devices/me/telemetry", json.dumps(payload), qos=1).wait_for_publish(5)
        client.disconnect()
        client.loop_stop()


def alarms(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(AlarmRow)) or 0


@pytest.mark.parametrize("version", [paho.MQTTv311, paho.MQTTv5])
def test_a_stock_device_and_its_gateway_get_through(sqlite: Database, broker: Broker, version: int) -> None:
    fleet.build(sqlite, {"S": "smoke", "G": "gas"})
    with door(broker) as port, ingest(sqlite, broker):
        client = device("S", port, version)
        client.publish("v1/devices/me/telemetry", '{"smoke":1}', qos=1).wait_for_publish(5)
        client.publish("v1/gateway/telemetry", '{"G":[{"values":{"gas_lel":40}}]}', qos=1).wait_for_publish(5)
        until(lambda: alarms(sqlite) == 2)
        client.disconnect()
        client.loop_stop()


def test_a_device_cannot_listen_to_others(sqlite: Database, broker: Broker) -> None:
    with door(broker) as port:
        client = device("S", port)
        gone = threading.Event()
        client.on_disconnect = lambda *_: gone.set()
        until(client.is_connected)
        client.subscribe("v1/devices/+/telemetry")
        assert gone.wait(5)
        client.loop_stop()


def test_what_is_published_while_ingest_is_away_waits_at_the_broker(sqlite: Database, broker: Broker) -> None:
    fleet.build(sqlite, SMOKES)
    with door(broker) as port:
        with ingest(sqlite, broker):
            say(port, {"smoke": 1}, "S0")
            until(lambda: alarms(sqlite) == 1)
        say(port, {"smoke": 1}, *list(SMOKES)[1:10])
        with ingest(sqlite, broker):
            until(lambda: alarms(sqlite) == 10)


def test_the_broker_dies_and_comes_back(sqlite: Database, broker: Broker) -> None:
    fleet.build(sqlite, SMOKES)
    with door(broker) as port, ingest(sqlite, broker):
        client = device("S0", port)
        until(client.is_connected)
        broker.kill()
        client.publish("v1/devices/me/telemetry", '{"smoke":1}', qos=1)  # kept by the device
        time.sleep(0.5)
        broker.start()
        until(lambda: alarms(sqlite) == 1)
        client.disconnect()
        client.loop_stop()


@pytest.mark.slow
def test_a_locked_database_delays_alarms_and_loses_none(sqlite: Database, broker: Broker) -> None:
    fleet.build(sqlite, SMOKES)
    with door(broker) as port, ingest(sqlite, broker), sqlite.engine.connect() as other:
        other.connection.driver_connection.execute("BEGIN IMMEDIATE")  # type: ignore[union-attr]
        say(port, {"smoke": 1}, *SMOKES)
        assert alarms(sqlite) == 0
        other.connection.driver_connection.execute("COMMIT")  # type: ignore[union-attr]
        until(lambda: alarms(sqlite) == len(SMOKES))


def test_without_redis_alarms_are_raised_and_events_wait(sqlite: Database, broker: Broker, redis: Redis) -> None:
    fleet.build(sqlite, SMOKES)
    with door(broker) as port, ingest(sqlite, broker):
        say(port, {"smoke": 1}, "S0", "S1")
        until(lambda: alarms(sqlite) == 2)
    with sqlite.reading() as session:
        assert (session.scalar(select(func.count()).select_from(OutboxRow)) or 0) >= 2
    Relay(sqlite, redis).sweep(datetime(2100, 1, 1, tzinfo=UTC))
    found: Any = redis.xrange("yiping:events")
    events = [json.loads(fields[b"e"])["type"] for _, fields in found]
    assert events.count("alarm.changed") == 2


def test_a_full_buffer_holds_the_broker_back_and_loses_nothing(sqlite: Database, broker: Broker) -> None:
    fleet.build(sqlite, {"H": "hydrant"})
    with door(broker) as port, ingest(sqlite, broker, buffer_rows=1000, batch_rows=200):
        with sqlite.engine.connect() as other:
            other.connection.driver_connection.execute("BEGIN IMMEDIATE")  # type: ignore[union-attr]
            client = device("H", port)
            start = int(time.time() * 1000) - 100_000
            for i in range(600):
                values = [{"ts": start + 5 * i + k, "values": {"pressure_mpa": 0.3}} for k in range(5)]
                client.publish("v1/devices/me/telemetry", json.dumps(values), qos=1)
            time.sleep(1)
            other.connection.driver_connection.execute("COMMIT")  # type: ignore[union-attr]

        def stored() -> int:
            day = datetime.fromtimestamp(start / 1000, UTC).strftime("%Y%m%d")
            with sqlite.reading() as session:
                there = session.scalar(
                    text("SELECT count(*) FROM sqlite_master WHERE name = :n"), {"n": f"readings_{day}"}
                )
                return (session.scalar(text(f"SELECT count(*) FROM readings_{day}")) or 0) if there else 0

        until(lambda: stored() == 3000)
        client.disconnect()
        client.loop_stop()


def test_http_answers_after_the_commit(sqlite: Database, broker: Broker, redis: Redis) -> None:
    fleet.build(sqlite, SMOKES)
    services = fleet.services(sqlite, clock, redis)
    with ingest(sqlite, broker, redis):
        assert http.accept(services, fleet.token("S1"), b'{"smoke":1}', clock()).taken == 1
        assert alarms(sqlite) == 1
        with pytest.raises(NotFound):
            http.accept(services, "nobody", b'{"smoke":1}', clock())
        with pytest.raises(InvalidInput, match="wrong type"):
            http.accept(services, fleet.token("S1"), b'{"smoke":"x"}', clock())
        with pytest.raises(InvalidInput, match="not JSON"):
            http.accept(services, fleet.token("S1"), b"{", clock())
