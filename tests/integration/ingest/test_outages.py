"""Broker, Redis, database and ingest itself going away: no alarm is lost. With real ones, through the edge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from redis import Redis
from sqlalchemy import func, select, text, update

from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, DeviceRow, OutboxRow
from data_access.domain.alarms import STANDING_STATES
from data_access.domain.errors import InvalidInput, NotFound
from data_access.ingest import http, metrics
from data_access.live import bus
from data_access.live.outbox import Relay
from tests import fleet
from tests.intake import SMOKES, Broker, alarms, clock, device, door, ingest, say, until
from tests.proxy import Proxy
from tests.web import ROOT, Valkey


@pytest.mark.parametrize("version", [paho.MQTTv311, paho.MQTTv5])
def test_a_stock_device_and_its_gateway_get_through(sqlite: Database, broker: Broker, version: int) -> None:
    fleet.build(sqlite, {"S": "smoke", "G": "gas"})
    with door(broker) as port, ingest(sqlite, broker):
        client = device("S", port, version)
        until(client.is_connected)
        client.publish("v1/devices/me/telemetry", '{"smoke":1}', qos=1).wait_for_publish(5)
        client.publish("v1/gateway/telemetry", '{"G":[{"values":{"gas_lel":40}}]}', qos=1).wait_for_publish(5)
        until(lambda: alarms(sqlite) == 2)
        client.disconnect()
        client.loop_stop()


def test_a_device_cannot_listen_to_others(sqlite: Database, broker: Broker) -> None:
    with door(broker) as port, ingest(sqlite, broker):
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


def test_a_broker_that_came_back_empty_gets_nothing_before_ingest_reads_there(sqlite: Database, tmp_path: Path) -> None:
    fleet.build(sqlite, SMOKES)
    broker = Broker("embedded", tmp_path)
    try:
        with door(broker) as port:
            with ingest(sqlite, broker):
                say(port, {"smoke": 1}, "S0")
                until(lambda: alarms(sqlite) == 1)
            broker.kill()
            broker.start()
            client = device("S1", port)  # no device has noticed that the broker was away
            taken: list[int] = []
            client.on_publish = lambda _client, _data, mid, *_: taken.append(mid)
            client.publish("v1/devices/me/telemetry", '{"smoke":1}', qos=1)
            time.sleep(3)
            assert not taken
            with ingest(sqlite, broker):
                until(lambda: alarms(sqlite) == 2)
            client.disconnect()
            client.loop_stop()
    finally:
        broker.kill()


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
        with pytest.raises(InvalidInput, match="pressure_mpa; a smoke device reports smoke, battery_pct"):
            http.accept(services, fleet.token("S1"), b'{"pressure_mpa":0.3}', clock())
        with pytest.raises(InvalidInput, match="nonsense; a smoke device reports"):
            http.accept(services, fleet.token("S1"), b'{"nonsense":1}', clock())
        with pytest.raises(InvalidInput, match="not JSON"):
            http.accept(services, fleet.token("S1"), b"{", clock())


@pytest.mark.slow
def test_redis_dies_and_comes_back_empty_and_the_bus_gets_every_alarm_in_order(
    sqlite: Database, mosquitto: Broker, tmp_path: Path
) -> None:
    fleet.build(sqlite, SMOKES)
    with sqlite.writing() as session:  # of one building they would become one event, which tells its first alarm anew
        session.execute(update(DeviceRow).values(building_id=None))
    valkey = Valkey(tmp_path)
    redis = bus.connect(valkey.url)

    def on_the_bus() -> list[str]:
        found: Any = redis.xrange(bus.EVENTS)
        events = [json.loads(fields[b"e"]) for _, fields in found]
        return [e["device_code"] for e in events if e["type"] == "alarm.changed"]

    def nothing_waits() -> bool:
        with sqlite.reading() as session:
            return session.scalar(select(func.count()).select_from(OutboxRow)) == 0

    try:
        with door(mosquitto) as port, ingest(sqlite, mosquitto, redis):
            say(port, {"smoke": 1}, "S0")
            until(lambda: on_the_bus() == ["S0"])
            valkey.kill()
            meanwhile = [f"S{i}" for i in range(1, 9)]
            for number, code in enumerate(meanwhile, 2):
                say(port, {"smoke": 1}, code)
                until(lambda number=number: alarms(sqlite) == number)  # type: ignore[misc]  # bound at once
            valkey.start()
            time.sleep(1.1)  # the relay tries once a second
            say(port, {"smoke": 1}, "S9")
            until(lambda: "S9" in on_the_bus())
            assert on_the_bus() == [*meanwhile, "S9"]
            until(nothing_waits)
    finally:
        redis.close()
        valkey.kill()


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("how", ["cut", "stall"])
def test_postgresql_out_of_reach_delays_alarms_and_loses_none(postgres: Database, mosquitto: Broker, how: str) -> None:
    fleet.build(postgres, SMOKES)
    with Proxy.before(postgres) as (proxy, beyond), door(mosquitto) as port, ingest(beyond, mosquitto):
        say(port, {"smoke": 1}, "S0")
        until(lambda: alarms(postgres) == 1)
        getattr(proxy, how)()
        say(port, {"smoke": 1}, *list(SMOKES)[1:20])
        time.sleep(2)  # also the clock meets it
        assert alarms(postgres) == 1
        proxy.restore()
        say(port, {"smoke": 1}, *list(SMOKES)[20:])
        until(lambda: alarms(postgres) == len(SMOKES))
    with postgres.reading() as session:
        assert set(session.scalars(select(AlarmRow.occurrences))) == {1}


@pytest.mark.slow
@pytest.mark.postgres
def test_two_processes_share_a_subscription_and_no_alarm_is_lost_or_stands_twice(
    postgres: Database, mosquitto: Broker, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    fleet.build(postgres, SMOKES)
    environment = {
        **os.environ,
        "YIPING_DATA_DIR": str(tmp_path),
        "YIPING_DATABASE_URL": postgres.engine.url.render_as_string(hide_password=False),
        "YIPING_REDIS_URL": redis_url,
        "YIPING_MQTT_URL": f"mqtt://127.0.0.1:{mosquitto.port}",
        "YIPING_MQTT_SHARED_GROUP": "both",
        "YIPING_MQTT_CLIENT_ID": "the-other",
    }
    command = [sys.executable, "-m", "data_access.runtime.cli", "ingest"]
    other = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)

    def figures(name: str) -> list[float]:
        lines = [line for text in metrics.stored(redis).values() for line in text.decode().splitlines()]
        return [float(line.split()[1]) for line in lines if line.startswith(name + " ")]

    try:
        with ingest(postgres, mosquitto, redis, mqtt_shared_group="both", mqtt_client_id="the-one"):
            until(lambda: figures("yiping_ingest_broker_connected") == [1, 1], 30)
            client = device("S0", mosquitto.port)
            for round_ in range(5):
                for code in SMOKES:
                    body = json.dumps({"ts": int(time.time() * 1000) + round_, "values": {"smoke": 1}})
                    client.publish(f"v1/devices/{fleet.token(code)}/telemetry", body, qos=1)
            total = 5 * len(SMOKES)
            until(lambda: sum(figures("yiping_ingest_messages_total")) == total, 10)
            assert min(figures("yiping_ingest_messages_total")) > 0  # both had their share
            until(lambda: alarms(postgres) == len(SMOKES))
            client.disconnect()
            client.loop_stop()
    finally:
        other.terminate()
        other.wait(10)
    with postgres.reading() as session:
        standing = session.scalars(select(AlarmRow.device_id).where(AlarmRow.state.in_(STANDING_STATES))).all()
        assert sorted(filter(None, standing)) == list(range(1, len(SMOKES) + 1))
        day = time.strftime("%Y%m%d", time.gmtime())
        assert session.scalar(text(f"SELECT count(*) FROM readings_{day}")) == total
        assert session.scalar(text("SELECT count(*) FROM dead_letters")) == 0
