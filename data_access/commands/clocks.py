"""What happens to readings as time passes: hourly aggregates, retention. Called by the worker with the time.

Delays of the alarm rules and silent devices are not here: the process that owns a device's state, ingest, watches
them (`ingest.rules.Engine.tick`). While ingest hears nothing, nobody can know that a device is silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, select, text

from data_access.db import readings as days
from data_access.db.engine import Database
from data_access.db.tables import DeadLetterRow, MetaRow, ReadingHourRow, to_ms

HOUR_MS: Final = 3_600_000
LATE_HOURS: Final = 2
"""Each run counts this many complete hours before the newest one again, for readings that came late."""
_PAGE: Final = 10_000
_META: Final = "hours_done"


def aggregate_hours(database: Database, now: datetime) -> int:
    """Bring `readings_hourly` and the hours' indexes up to the last complete hour; return how many were worked out.

    An hour is worked out whole from its readings, so that doing it again does no harm. Readings that come more than
    `LATE_HOURS` after their hour stay out of the hourly figures.
    """
    last = to_ms(now) // HOUR_MS - 1
    with database.reading() as session:
        kept = session.scalar(select(MetaRow.value).where(MetaRow.key == _META))
        existing = days.existing_days(session.connection())
    if not existing:
        return 0
    oldest = to_ms(datetime(existing[0].year, existing[0].month, existing[0].day, tzinfo=UTC)) // HOUR_MS
    done = int(kept) if kept else oldest - 1
    if done >= last:
        return 0
    hours = range(max(oldest, done + 1 - LATE_HOURS), last + 1)
    for hour in hours:
        with database.writing() as session:
            _close_hour(session.connection(), hour)
            session.merge(MetaRow(key=_META, value=str(max(hour, done))))
    return len(hours)


def work_out_hours(database: Database, hours: Iterable[int], now: datetime) -> None:
    """Work out single `hours` (hours since 1970) anew, those that are over: past readings have been added to them."""
    for hour in sorted(hours):
        if (hour + 1) * HOUR_MS <= to_ms(now):
            with database.writing() as session:
                _close_hour(session.connection(), hour)


def drop_old(database: Database, now: datetime, *, readings_keep_days: int, hourly_keep_days: int) -> None:
    """Drop whole days of readings past their time, and hourly rows in small ranges; make tomorrow's table ahead."""
    today = now.astimezone(UTC).date()
    with database.writing() as session:
        for day in (today, today + timedelta(days=1)):
            days.ensure_day(session.connection(), day)
        days.drop_before(session.connection(), today - timedelta(days=readings_keep_days + 1))
    limit = now - timedelta(days=hourly_keep_days)
    while True:
        with database.writing() as session:
            oldest = session.scalar(select(func.min(ReadingHourRow.hour)))
            if oldest is None or oldest >= limit:
                return
            session.execute(delete(ReadingHourRow).where(ReadingHourRow.hour == oldest))


def cap_dead_letters(database: Database, keep: int) -> int:
    """Delete the oldest dead letters beyond `keep`, a page at a time; return how many went."""
    gone = 0
    while True:
        with database.writing() as session:
            newest = session.scalar(select(func.max(DeadLetterRow.id)))
            oldest = session.scalar(select(func.min(DeadLetterRow.id)))
            if newest is None or oldest is None or newest - oldest < keep:
                return gone
            until = min(newest - keep, oldest + _PAGE - 1)
            session.execute(delete(DeadLetterRow).where(DeadLetterRow.id <= until))
            gone += until - oldest + 1


def _close_hour(connection: Connection, hour: int) -> None:
    low, high = hour * HOUR_MS, (hour + 1) * HOUR_MS
    day = datetime.fromtimestamp(low / 1000, tz=UTC).date()
    if day not in days.existing_days(connection):
        return
    days.index_hour(connection, low)
    connection.execute(
        text(
            "INSERT INTO readings_hourly (device_id, metric_id, hour, count, minimum, mean, maximum) "  # noqa: S608  # our own name
            f"SELECT device_id, metric_id, {low}, count(*), min(value), avg(value), max(value) "
            f"FROM {days.table_of(day)} WHERE ts >= {low} AND ts < {high} GROUP BY device_id, metric_id "
            "ON CONFLICT (device_id, metric_id, hour) DO UPDATE SET count = excluded.count, "
            "minimum = excluded.minimum, mean = excluded.mean, maximum = excluded.maximum"
        )
    )
