"""Raw readings (读数): one table a day, so that what is too old is dropped whole and never deleted row by row.

PostgreSQL: days are partitions of `readings`; SQLite: plain tables. Both are written and read by the day's own name.
The key makes a repeated delivery harmless. It is time first, because that is the order of arrival: rows go to the end
of the tree instead of to thousands of leaves (five times the speed on SQLite, docs/adr/0011-readings-by-time.md). For
the history of one device each hour gets an index of its own once it is over; `history` knows how to use them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, text

from data_access.db.bulk import insert_lists
from data_access.db.tables.base import from_ms, to_ms

HOUR_MS = 3_600_000

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
                "original_ts INTEGER, PRIMARY KEY (ts, device_id, metric_id)) WITHOUT ROWID"
            )
        )
    return name


def insert(connection: Connection, table: str, columns: Sequence[Any], *, received: datetime, new: bool = False) -> int:
    """Store readings of one day that are not there yet; return how many that were.

    `columns` are five numpy arrays of equal length: device, metric, time, value, original time (0 for none). `new`
    says that the caller knows of none that is there; PostgreSQL then takes a straight COPY, and should the caller be
    wrong, the careful way after all.
    """
    driver: Any = connection.connection.driver_connection
    at = to_ms(received)
    if connection.dialect.name != "postgresql":
        device, metric, ts, value, original = (c.tolist() for c in columns)
        statement = f"INSERT OR IGNORE INTO {table} VALUES {{}}"  # noqa: S608  # our own name
        given = (device, metric, ts, value, [at] * len(ts), original)
        return insert_lists(driver, statement, "(?, ?, ?, ?, 0, ?, nullif(?, 0))", given)
    from data_access.db.readings_copy import packed  # noqa: PLC0415  # numpy, which not every process has

    rows = packed(tuple(columns), received=at)
    with driver.cursor() as cursor:
        if new:
            cursor.execute("SAVEPOINT straight")
            try:
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
                    copy.write(rows)
            except UniqueViolation:
                cursor.execute("ROLLBACK TO SAVEPOINT straight")
            else:
                cursor.execute("RELEASE SAVEPOINT straight")
                return len(columns[2])
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS incoming_readings (LIKE readings) ON COMMIT DELETE ROWS")
        with cursor.copy("COPY incoming_readings FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(rows)
        cursor.execute(f"INSERT INTO {table} SELECT * FROM incoming_readings ON CONFLICT DO NOTHING")  # noqa: S608  # as above
        stored = int(cursor.rowcount)
        cursor.execute("TRUNCATE incoming_readings")
    return stored


def index_hour(connection: Connection, hour_ms: int) -> None:
    """Index the readings of the hour that began at `hour_ms` by device; for hours that are over."""
    at = from_ms(hour_ms)
    table = table_of(at.date())
    connection.execute(
        text(
            f"CREATE INDEX IF NOT EXISTS {table}_{at:%H} ON {table} (device_id, metric_id, ts) "
            f"WHERE ts >= {hour_ms} AND ts < {hour_ms + HOUR_MS}"
        )
    )


def history(
    connection: Connection, device_id: int, metric_id: int, low: datetime, high: datetime
) -> list[tuple[int, float]]:
    """The (time in ms, value) of one metric of one device in [low, high), oldest first.

    Hours that are over are read by their index; what has no index yet (the current hour) is read by time.
    """
    known = set(existing_days(connection))
    start, end = to_ms(low), to_ms(high)
    found: list[tuple[int, float]] = []
    for hour in range(start - start % HOUR_MS, end, HOUR_MS):
        day = from_ms(hour).date()
        if day not in known:
            continue
        rows = connection.execute(
            text(
                f"SELECT ts, value FROM {table_of(day)} WHERE ts >= {hour} AND ts < {hour + HOUR_MS} "  # noqa: S608  # our names and numbers; literal so that the hour's index fits
                "AND device_id = :device AND metric_id = :metric ORDER BY ts"
            ),
            {"device": device_id, "metric": metric_id},
        )
        found.extend((ts, value) for ts, value in rows if start <= ts < end)
    return found


def histories(
    connection: Connection, device_ids: Sequence[int], metric_id: int, low: datetime, high: datetime
) -> dict[int, list[tuple[int, float]]]:
    """As `history`, of several devices at once (at most some hundreds), by device; one query an hour."""
    known = set(existing_days(connection))
    start, end = to_ms(low), to_ms(high)
    found: dict[int, list[tuple[int, float]]] = {}
    listed = ",".join(str(int(number)) for number in device_ids)
    for hour in range(start - start % HOUR_MS, end, HOUR_MS) if listed else ():
        day = from_ms(hour).date()
        if day not in known:
            continue
        rows = connection.execute(
            text(
                f"SELECT device_id, ts, value FROM {table_of(day)} WHERE ts >= {hour} AND ts < {hour + HOUR_MS} "  # noqa: S608  # as above
                f"AND device_id IN ({listed}) AND metric_id = :metric ORDER BY ts"
            ),
            {"metric": metric_id},
        )
        for device, ts, value in rows:
            if start <= ts < end:
                found.setdefault(device, []).append((ts, value))
    return found


def newest_since(
    connection: Connection, low: datetime, *, received: datetime
) -> list[tuple[int, int, int, int, float]]:
    """(device, metric, time, original time, value) of readings dated from `low` on that came at `received` or later."""
    found: list[tuple[int, int, int, int, float]] = []
    for day in existing_days(connection):
        if day < low.astimezone(UTC).date():
            continue
        rows = connection.execute(
            text(
                "SELECT device_id, metric_id, ts, coalesce(original_ts, 0), value "  # noqa: S608  # our own name
                f"FROM {table_of(day)} WHERE ts >= :low AND received_at >= :received ORDER BY ts"
            ),
            {"low": to_ms(low), "received": to_ms(received)},
        )
        found.extend((d, m, t, o, v) for d, m, t, o, v in rows)
    return found


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
