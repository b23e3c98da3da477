"""Alarms a second with state, history and database, and any page of a long queue; against Prometheus Alertmanager.

Alertmanager (Debian's `prometheus-alertmanager`, see `deploy/bench-packages.sh`) keeps its alerts in memory and gets
them by HTTP in batches as large as ours, or one by one; it runs on the same machine in the same run. Where it is not
installed the figures stand alone and say so.
"""

from __future__ import annotations

import http.client
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from redis import Redis
from sqlalchemy import func, select

from bench.harness import Row, repeat, samples_of, timed
from bench.ingest import a_postgres, a_sqlite, bench_clock, ingesting, publish, until
from bench.servers import answers, free_port, mosquitto, running, valkey
from data_access.commands import correlation, foundation
from data_access.commands.alarms import Step, take_steps
from data_access.db import migrate
from data_access.db.bulk import insert_rows
from data_access.db.engine import Database
from data_access.db.tables import AlarmHistoryRow, AlarmRow, AreaRow, DeviceModelRow, DeviceRow
from data_access.domain.alarms import Severity
from data_access.live.outbox import Relay
from data_access.queries.alarm_queue import queue
from data_access.services import Services
from data_access.settings import Settings
from data_access.viewmodels.alarm_queue import QueueFilter

ALARMS, FULL_ALARMS = 5_000, 50_000
AT_ONCE = 500
OPEN = 100_000
SINGLE = 5_000
STORM, STORM_S = 5_000, 60
START = datetime(2026, 6, 1, 4, tzinfo=UTC)
CONFIGURATION = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


def run(full: bool) -> list[Row]:  # noqa: FBT001  # the harness calls it so
    """Measure on both databases."""
    alarms = FULL_ALARMS if full else ALARMS
    with alertmanager() as peer:
        accepted = _peer_accepts(peer, alarms) if peer else None
        singly = _peer_accepts(peer, SINGLE, first=alarms, at_once=1) if peer else None
        listed = _peer_lists(peer, alarms + SINGLE) if peer else None
    rows = []
    for name, server in (("sqlite", a_sqlite), ("postgresql", a_postgres)):
        suffix = "" if name == "sqlite" else f".{name}"
        with server() as url:
            database = Database(url)
            _prepare(database, max(alarms, STORM, SINGLE))
            rate = _accept(database, alarms)
            note = f"{name}, batches of {AT_ONCE}" + ("" if peer else "; prometheus-alertmanager is not installed")
            rows.append(
                Row(name=f"alarms.accepted_per_s{suffix}", value=rate, unit="alarms/s", baseline=accepted, note=note)
            )
            rows.append(_single(url, suffix, name, singly))
            if full:
                rows += _storm(database, suffix)
            pages = _pages(database, OPEN)
            rows.append(
                Row(
                    name=f"alarms.queue_page_ms.{OPEN}{suffix}",
                    value=max(pages.values()),
                    unit="ms",
                    samples=samples_of(list(pages.values())),
                    baseline=listed,
                    note=f"{name}, slowest of the pages at {', '.join(f'{at:,}' for at in pages)}",
                )
            )
            database.dispose()
    return rows


def _prepare(database: Database, devices: int) -> None:
    migrate.upgrade(database.engine)
    with database.writing() as session:
        area = AreaRow(code="440303", name="罗湖区", kind="district", path="000", depth=0, aliases=[])
        session.add(area)
        foundation.lay(session)
        session.flush()
        model = session.scalars(select(DeviceModelRow.id).where(DeviceModelRow.kind == "manhole")).one()
        columns = ("id", "code", "token", "kind", "model_id", "name", "area_id", "area_path", "lng", "lat", "replay")
        insert_rows(
            session.connection(),
            DeviceRow.__tablename__,
            columns,
            (
                (n, f"D{n}", f"token-{n:06}", "manhole", model, "", area.id, area.path, 114.1, 22.5, False)
                for n in range(1, devices + 1)
            ),
        )


def _accept(database: Database, alarms: int) -> float:
    """Alarms a second: raised, with history and event, committed."""
    steps = [_step(device, "manhole_tilt", START) for device in range(1, alarms + 1)]
    with timed() as took:
        for first in range(0, alarms, AT_ONCE):
            _take(database, steps[first : first + AT_ONCE], START)
    _none_lost(database, alarms)
    return alarms / took.seconds


def _single(url: str, suffix: str, name: str, peer: float | None) -> Row:
    """Alarms a second that come one by one: each a message of its own at the broker, one ingest process.

    Alertmanager gets one with each request on one connection. Ours wait at the broker, as in `bench.ingest`.
    """
    database = Database(url)
    before = _count(database)
    with valkey() as redis_url, mosquitto() as port:
        settings = Settings(data_dir=Path(tempfile.gettempdir()), database_url=url, mqtt_url=f"mqtt://127.0.0.1:{port}")
        services = Services(settings=settings, database=database, redis=Redis.from_url(redis_url), clock=bench_clock)
        Relay(database, services.redis)
        with ingesting(services) as subscribed:
            subscribed.wait(30)  # leaves its session at the broker
        now = int(time.time() * 1000)
        publish(
            port,
            ((f"token-{n + 1:06}", f'{{"ts":{now + n},"values":{{"water_level_cm":90}}}}') for n in range(SINGLE)),
            SINGLE,
        )
        with ingesting(services), timed() as took:
            until(lambda: _count(database) >= before + SINGLE)
    _none_lost(database, before + SINGLE)
    database.dispose()
    note = f"{name}, a message each through the broker, {SINGLE:,} of them"
    note += "" if peer else "; prometheus-alertmanager is not installed"
    return Row(
        name=f"alarms.accepted_single_per_s{suffix}",
        value=SINGLE / took.seconds,
        unit="alarms/s",
        baseline=peer,
        note=note,
    )


def _storm(database: Database, suffix: str) -> list[Row]:
    """So many alarms in a minute, as they come: none may be lost, and how long the slowest batch took."""
    before, slowest, each = _count(database), 0.0, STORM * 0.1 / STORM_S
    begun = time.perf_counter()
    sent = 0
    while sent < STORM:
        due = min(STORM, int((time.perf_counter() - begun) / 0.1 + 1) * each)
        part = [_step(n + 1, "tamper", START) for n in range(sent, int(due))]
        if part:
            with timed() as took:
                _take(database, part, START)
            slowest, sent = max(slowest, took.seconds), int(due)
        time.sleep(0.02)
    _none_lost(database, before + STORM)
    return [
        Row(name=f"alarms.storm_slowest_ms{suffix}", value=slowest * 1000, unit="ms", note=f"{STORM:,} in {STORM_S} s")
    ]


def _step(device: int, kind: str, at: datetime) -> Step:
    return Step(
        device_id=device,
        kind=kind,
        action=None,
        severity=Severity.MAJOR,
        life_safety=False,
        value=40.0,
        threshold=15.0,
        unit="°",
        at=at,
        original_at=None,
        reading_ts=1,
        actor="ingest",
        latest=None,
    )


def _take(database: Database, steps: list[Step], now: datetime) -> None:
    with database.writing() as session:
        take_steps(session, steps, now=now, relate=correlation.relate)


def _count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(AlarmRow)) or 0


def _none_lost(database: Database, expected: int) -> None:
    with database.reading() as session:
        kept = session.scalar(select(func.count(func.distinct(AlarmHistoryRow.alarm_id)))) or 0
    if (found := _count(database)) != expected or kept != expected:
        raise RuntimeError(f"{found:,} alarms and {kept:,} histories of {expected:,}")


def _pages(database: Database, wanted: int) -> dict[int, float]:
    """Milliseconds of pages of 100 at the start, the middle and the end of a queue of `wanted` open alarms."""
    missing = wanted - _count(database)
    columns = (
        *("device_id", "kind", "severity", "life_safety", "state", "occurrences", "area_id", "area_path", "place"),
        *("raised_at", "last_at", "source", "version"),
    )
    with database.writing() as session:
        area = session.scalars(select(AreaRow.id)).one()
        rows = ((n, START - timedelta(seconds=n)) for n in range(missing))
        insert_rows(
            session.connection(),
            AlarmRow.__tablename__,
            columns,
            (
                (*(1, f"K{n}", 1 + n % 4, False, "active_unacked", 1, area, "000", ""), *(at, at, "live", 1))
                for n, at in rows
            ),
        )
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE alarms" if database.dialect == "postgresql" else "ANALYZE")
    found = {}
    for offset in (0, wanted // 2, wanted - 100):
        found[offset] = median(repeat(lambda at=offset: _page(database, at), 5)) * 1000  # type: ignore[misc]
    return found


def _page(database: Database, offset: int) -> None:
    with database.reading() as session:
        found = queue(session, "", QueueFilter(), owner="bench", offset=offset, limit=100, now=START)
    if len(found.rows) != 100:  # a whole page was asked for
        raise RuntimeError(f"{len(found.rows)} rows at {offset:,} of {found.total:,}")


@contextmanager
def alertmanager() -> Iterator[int | None]:
    """A private Alertmanager; yields its port, None where it is not installed."""
    binary = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if binary is None:
        yield None
        return
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="yiping-alertmanager-") as folder:
        config = Path(folder) / "alertmanager.yml"
        config.write_text(CONFIGURATION)
        command = [binary, f"--config.file={config}", f"--storage.path={folder}", "--cluster.listen-address="]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        with running(command, ready=lambda: answers(f"http://127.0.0.1:{port}/-/ready")):
            yield port


def _peer_accepts(port: int, alarms: int, *, first: int = 0, at_once: int = AT_ONCE) -> float:
    """Alerts a second that Alertmanager takes, so many with each request."""
    bodies = [_alerts(number, at_once) for number in range(first, first + alarms, at_once)]
    with timed() as took:
        _ask(port, "POST", *bodies)
    return alarms / took.seconds


def _peer_lists(port: int, known: int) -> float:
    """Milliseconds of Alertmanager's list when it holds as many as our queue."""
    _ask(port, "POST", *(_alerts(first, AT_ONCE) for first in range(known, OPEN, AT_ONCE)))
    with timed() as took:
        _ask(port, "GET", None)
    return took.seconds * 1000


def _ask(port: int, method: str, *bodies: bytes | None) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for body in bodies:
        connection.request(method, "/api/v2/alerts", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"Alertmanager answered {answer.status}")
    connection.close()


def _alerts(first: int, count: int) -> bytes:
    alerts = [
        {"labels": {"alertname": "manhole_tilt", "device": f"D{n}", "severity": "major", "area": "440303"}}
        for n in range(first, first + count)
    ]
    return json.dumps(alerts).encode()
