"""Raw readings (读数): one table a day, so that what is too old is dropped whole and never deleted row by row.

PostgreSQL: days are partitions of `readings`; SQLite: plain tables. Both are written and read by the day's own name.
The key (device, metric, time) makes a repeated delivery harmless.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

from data_access.db.tables.base import to_ms

_NAME = re.compile(r"^readings_(\d{8})$")
COLUMNS = ("device_id", "metric_id", "ts", "value", "quality", "received_at", "original_ts")


def table_of(day: date) -> str:
    """The name of the table that holds the readings of `day` (UTC)."""
    return f"readings_{day:%Y%m%d}"


def ensure_day(connection: Connection, day: date) -> str:
    """Create the table of `day` if it is not there; return its name."""
    name = table_of(day)
    if connection.dialect.name == "postgresql":
        low = to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))
        high = low + 86_400_000
        connection.execute(
            text(f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF readings FOR VALUES FROM ({low}) TO ({high})")
        )
    else:
        connection.execute(
            text(
                f"CREATE TABLE IF NOT EXISTS {name} (device_id INTEGER NOT NULL, metric_id INTEGER NOT NULL, "
                "ts INTEGER NOT NULL, value REAL NOT NULL, quality INTEGER NOT NULL, received_at INTEGER NOT NULL, "
                "original_ts INTEGER, PRIMARY KEY (device_id, metric_id, ts)) WITHOUT ROWID"
            )
        )
    return name


def existing_days(connection: Connection) -> list[date]:
    """The days that have a table, oldest first."""
    if connection.dialect.name == "postgresql":
        names = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'readings\\_%'")
        )
    else:
        names = connection.scalars(
            text("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'readings_%'")
        )
    found = (_NAME.match(name) for name in names)
    return sorted(datetime.strptime(m[1], "%Y%m%d").replace(tzinfo=UTC).date() for m in found if m)


def drop_before(connection: Connection, day: date) -> list[date]:
    """Drop the tables of all days before `day`; return the days dropped."""
    old = [d for d in existing_days(connection) if d < day]
    for d in old:
        connection.execute(text(f"DROP TABLE {table_of(d)}"))
    return old


def days_between(low: datetime, high: datetime) -> list[date]:
    """The UTC days touched by the half-open span [low, high)."""
    days, day = [], low.astimezone(UTC).date()
    while datetime(day.year, day.month, day.day, tzinfo=UTC) < high:
        days.append(day)
        day += timedelta(days=1)
    return days
