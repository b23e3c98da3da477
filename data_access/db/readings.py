"""Raw readings (读数): one table a day, so that what is too old is dropped whole and never deleted row by row.

PostgreSQL: days are partitions of `readings`; SQLite: plain tables. Both are written and read by the day's own name.
The key (device, metric, time) makes a repeated delivery harmless.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

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


def insert(connection: Connection, table: str, columns: Sequence[Any], *, received: datetime) -> int:
    """Store readings of one day that are not there yet; return how many that were.

    `columns` are five numpy arrays of equal length: device, metric, time, value, original time (0 for none).
    """
    device, metric, ts, value, original = (c.tolist() for c in columns)
    driver: Any = connection.connection.driver_connection
    at = to_ms(received)
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE IF NOT EXISTS incoming_readings (device_id bigint, metric_id integer, ts bigint, "
                "value double precision, original_ts bigint)"
            )
            with cursor.copy("COPY incoming_readings FROM STDIN") as copy:
                rows = zip(device, metric, ts, value, original, strict=True)
                copy.write("".join([f"{d}\t{m}\t{t}\t{v!r}\t{o}\n" for d, m, t, v, o in rows]))
            cursor.execute(
                f"INSERT INTO {table} SELECT device_id, metric_id, ts, value, 0, {at}, nullif(original_ts, 0) "  # noqa: S608  # our names and numbers
                "FROM incoming_readings ON CONFLICT DO NOTHING"
            )
            stored = int(cursor.rowcount)
            cursor.execute("TRUNCATE incoming_readings")
        return stored
    cursor = driver.executemany(
        f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?, ?, 0, {at}, nullif(?, 0))",  # noqa: S608  # as above
        zip(device, metric, ts, value, original, strict=True),
    )
    return int(cursor.rowcount)


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
