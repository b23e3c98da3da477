"""Imports: rows a second of appeals, and how long another writer waits while one runs."""

from __future__ import annotations

import csv
import sqlite3
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bench.harness import ROOT, Row, percentile, samples_of, timed
from data_access.commands import foundation
from data_access.db import migrate
from data_access.db.engine import Database
from data_access.ingest.imports import registry
from data_access.ingest.imports.kind import Context

_AREAS = ROOT / "data_access" / "demo" / "data" / "areas-nbs-2023.csv"
_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_HEADER = (
    *("rec_id", "create_time", "district", "street", "community", "type_id", "type", "channel_id", "channel"),
    *("unit_id", "unit", "overtime_closed", "intime_closed", "nature"),
)
_STREETS = (("龙田街道", "南布社区"), ("坪山街道", "和平社区"), ("碧岭街道", "汤坑社区"), ("坑梓街道", "金沙社区"))


def run(full: bool) -> list[Row]:  # noqa: FBT001  # the harness's signature
    """Import made-up appeals into an empty SQLite database while another connection writes every 10 ms."""
    count = 60_000 if full else 7_000
    with tempfile.TemporaryDirectory(prefix="yiping-bench-") as folder:
        path = Path(folder)
        file = _appeals(path / "appeals.csv", count)
        database = Database(f"sqlite:///{path / 'yiping.db'}")
        migrate.upgrade(database.engine)
        with database.writing() as session:
            foundation.lay(session)
        _import(database, "areas", _AREAS)
        with _Writer(path / "yiping.db") as other, timed() as first:
            _import(database, "appeals", file)
        with timed() as second:
            _import(database, "appeals", file)
        database.dispose()
    waits = [seconds * 1000 for seconds in other.waits]
    return [
        Row(name="import.appeals_rows_per_s", value=count / first.seconds, unit="rows/s", note=f"{count} new rows"),
        Row(name="import.repeat_rows_per_s", value=count / second.seconds, unit="rows/s", note="nothing changed"),
        Row(
            name="import.writer_wait_p99_ms",
            value=percentile(waits, 99),
            unit="ms",
            samples=samples_of(waits),
            note=f"longest {max(waits):.0f} ms",
        ),
    ]


class _Writer:
    """Another process' worth of short writes; notes how long each had to wait."""

    def __init__(self, path: Path) -> None:
        self.waits: list[float] = []
        self._path = path
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=30)
        connection.execute("PRAGMA synchronous=NORMAL")
        while not self._stop.is_set():
            started = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('bench', '1')")
            connection.execute("COMMIT")
            self.waits.append(time.perf_counter() - started)
            time.sleep(0.01)
        connection.close()


def _import(database: Database, kind: str, file: Path) -> None:
    nobody = Redis(port=9, retry=Retry(NoBackoff(), 0))
    context = Context(database=database, now=_NOW, area="440310")
    report = registry.find(kind).run(context, file, redis=nobody)
    assert report.written, report.refusals[:3]


def _appeals(path: Path, count: int) -> Path:
    start = datetime(2018, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        for n in range(count):
            street, community = _STREETS[n % 4]
            late = int(n % 10 == 0)
            created = f"{start + timedelta(minutes=7 * n):%Y-%m-%d %H:%M:%S}"
            classes = (n % 18, f"大类{n % 18}", n % 7, f"渠道{n % 7}", n % 115, f"单位{n % 115}")
            writer.writerow((n, created, "坪山区", street, community, *classes, late, 1 - late, "投诉"))
    return path
