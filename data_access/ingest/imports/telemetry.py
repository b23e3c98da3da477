"""Readings of the past, straight into storage: they raise no alarm and change no device's state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from redis import Redis
from sqlalchemy import Connection, select, text

from data_access.commands.clocks import HOUR_MS, work_out_hours
from data_access.commands.imports import by_slices, finished, started
from data_access.db.readings import ensure_day, table_of
from data_access.db.tables import DeviceRow, MetricRow, from_ms, to_ms
from data_access.ingest.imports import hours
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.kind import Context
from data_access.ingest.imports.mapping import HeaderMap
from data_access.ingest.imports.reader import Row, open_table
from data_access.ingest.imports.runner import Progress, Refusal, Report

NAME: Final = "telemetry"
ABOUT: Final = "past readings, without alarms; `yiping replay telemetry` sends them through the live path instead"
COLUMNS: Final = (
    Column("device", "Code of the device", "smoke-0001", required=True, also=("code", "设备编码")),
    Column("metric", "Metric key", "flow_lps", required=True, also=("key", "指标")),
    Column("ts", "Time: milliseconds since 1970, or a date and time (Shanghai unless it says)", "2026-06-01 12:00:00",
           required=True, also=("time", "Time", "时间")),
    Column("value", "The value", "100.59", required=True, also=("数值",)),
)  # fmt: skip
_SLICE: Final = 5_000
_GOOD: Final = 0

_Reading = tuple[int, int, int, float, int, int, None]


def run(
    context: Context,
    path: Path,
    *,
    redis: Redis,  # noqa: ARG001  # every kind is called alike
    mapping: dict[str, str] | None = None,
    skip_bad: bool = False,
    progress: Progress = lambda *_: None,
) -> Report:
    """Store the readings of `path` that are not there yet; idempotent on device, metric and time.

    Of what is older than raw readings are kept, the hourly figures are stored; what is older than those is refused.
    """
    source = open_table(path)
    headers = HeaderMap(source.header, COLUMNS, mapping or {})
    report = Report(NAME, path, header=source.header)
    known = _Known(context)
    old: list[tuple[int, int, int, float]] = []
    days: defaultdict[date, dict[tuple[int, int, int], _Reading]] = defaultdict(dict)
    for number, row in enumerate(source.rows(), 1):
        try:
            reading = known.reading(headers.cells(row))
        except Refused as reason:
            report.refusals.append(_refusal(row, str(reason)))
            continue
        if reading[2] < known.oldest_raw:
            old.append(reading[:4])
        else:
            days[from_ms(reading[2]).date()].setdefault(reading[:3], reading)
        if number % _SLICE == 0:
            progress("reading", number, source.size)
    if report.refusals and not skip_bad:
        return report
    run_id = started(context.database, NAME, path.name, context.now)
    total, done = sum(len(found) for found in days.values()), 0
    for day, found in sorted(days.items()):
        for session, part in by_slices(context.database, list(found.values()), _SLICE):
            report.tally.added += _store(session.connection(), day, part)
            done += len(part)
            progress("writing", done, total)
    report.tally.unchanged = total - report.tally.added
    work_out_hours(
        context.database, {reading[2] // HOUR_MS for found in days.values() for reading in found.values()}, context.now
    )
    if old:
        report.notes.append(f"{len(old)} older readings are kept as {hours.keep(context.database, old)} hourly figures")
    finished(context.database, run_id, report.tally, len(report.refusals), source=None, now=context.now)
    report.written = True
    return report


class _Known:
    """Devices and metrics by their names, and what is too old or too new."""

    def __init__(self, context: Context) -> None:
        with context.database.reading() as session:
            self._devices = {row.code: row.id for row in session.execute(select(DeviceRow.code, DeviceRow.id))}
            self._metrics = {row.key: row.id for row in session.execute(select(MetricRow.key, MetricRow.id))}
        self._now = context.now
        self.oldest_raw = to_ms(context.now - timedelta(days=context.keep_days))
        self._oldest = context.now - timedelta(days=max(context.keep_days, context.hourly_keep_days))

    def reading(self, cells: Cells) -> _Reading:
        device, metric = cells.need("device", longest=64), cells.need("metric", longest=40)
        if device not in self._devices:
            raise Refused(f"there is no device {device}")
        if metric not in self._metrics:
            raise Refused(f"there is no metric {metric}")
        at, value = cells.instant("ts"), cells.number("value")
        if at is None or value is None:
            raise Refused("ts or value is missing")
        if at < self._oldest:
            raise Refused("older than hourly figures are kept (YIPING_HOURLY_KEEP_DAYS)")
        if at > self._now:
            raise Refused("lies in the future")
        return self._devices[device], self._metrics[metric], to_ms(at), value, _GOOD, to_ms(self._now), None


def _store(connection: Connection, day: date, rows: Sequence[_Reading]) -> int:
    """Insert what is not there yet; return how many that were."""
    ensure_day(connection, day)
    return _insert(connection, table_of(day), rows)


def _insert(connection: Connection, name: str, rows: Sequence[_Reading]) -> int:
    before = _count(connection, name, rows)
    connection.execute(
        text(
            f"INSERT INTO {name} (device_id, metric_id, ts, value, quality, received_at, original_ts) "  # noqa: S608  # our name
            "VALUES (:device, :metric, :ts, :value, :quality, :received, NULL) "
            "ON CONFLICT (device_id, metric_id, ts) DO NOTHING"
        ),
        [
            {"device": d, "metric": m, "ts": ts, "value": v, "quality": q, "received": received}
            for d, m, ts, v, q, received, _ in rows
        ],
    )
    return _count(connection, name, rows) - before


def _count(connection: Connection, name: str, rows: Sequence[_Reading]) -> int:
    low, high = min(row[2] for row in rows), max(row[2] for row in rows)
    devices = {row[0] for row in rows}
    listed = ", ".join(str(device) for device in sorted(devices))
    found: Any = connection.scalar(
        text(f"SELECT count(*) FROM {name} WHERE device_id IN ({listed}) AND ts BETWEEN :low AND :high"),  # noqa: S608  # our name and numbers
        {"low": low, "high": high},
    )
    return int(found)


def _refusal(row: Row, reason: str) -> Refusal:
    return Refusal(row.line, reason, tuple(value or "" for value in row.values.values()))
