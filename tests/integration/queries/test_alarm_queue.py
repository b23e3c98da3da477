"""Any page of a long queue comes from its index: no sorting, no table read whole, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from data_access.db.bulk import insert_rows
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, to_ms
from data_access.queries.alarm_queue import queue
from data_access.viewmodels.alarm_queue import AlarmQueue, QueueFilter, View
from tests import small

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
OPEN = 20_000


@pytest.fixture
def long(database: Database) -> Database:
    """A district with many open alarms: one in ten critical, one in fifty shelved."""
    small.fill(database, NOON)
    rows = (
        (f"K{n}", 4 if n % 10 == 0 else 1 + n % 3, NOON - timedelta(seconds=n), "shelf" if n % 50 == 0 else None)
        for n in range(OPEN)
    )
    columns = ("device_id", "kind", "severity", "life_safety", "state", "occurrences", "area_id", "area_path", "place")
    times = ("raised_at", "last_at", "source", "version", "shelved_until")
    with database.writing() as session:
        area = session.execute(text("SELECT id, path FROM areas WHERE kind = 'grid' ORDER BY path LIMIT 1")).one()
        insert_rows(
            session.connection(),
            AlarmRow.__tablename__,
            (*columns, *times),
            (
                (
                    *(1 + n % 11, kind, severity, False, "active_unacked", 1, area.id, area.path, "5栋"),
                    *(at, at, "live", 1, NOON + timedelta(hours=1) if shelf else None),
                )
                for n, (kind, severity, at, shelf) in enumerate(rows)
            ),
        )
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE alarms" if database.dialect == "postgresql" else "ANALYZE"))
    return database


@contextmanager
def asked(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What the database is asked meanwhile."""
    found: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        found.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    yield found
    event.remove(database.engine, "before_cursor_execute", note)


def page(database: Database, offset: int, **wanted: Any) -> AlarmQueue:
    with database.reading() as session:
        return queue(session, "", QueueFilter(**wanted), owner="me", offset=offset, limit=100, now=NOON)


def test_pages_put_together_are_the_whole_queue_in_its_order(long: Database) -> None:
    first = page(long, 0)
    shelved = OPEN // 50
    assert first.total == OPEN - shelved + 1  # and the alarm that was there
    assert first.counts.by_view["shelved"] == shelved
    for offset in (0, 1_950, first.total - 100, first.total - 3, first.total + 5):
        rows = page(long, offset).rows
        assert len(rows) == max(0, min(100, first.total - offset))
        order = [(-row.severity, row.raised_at, row.id) for row in rows]
        assert order == sorted(order)
    assert {row.severity for row in page(long, 1_550).rows} == {3, 4}
    assert page(long, 0, view=View.ALL).total == OPEN + 1


def test_a_page_of_it_is_a_range_of_the_index(long: Database) -> None:
    with asked(long) as statements:
        page(long, 12_345)
    ids = [(sql, values) for sql, values in statements if "ORDER BY alarms.raised_at" in sql]
    assert ids
    for sql, values in ids:
        plan = explained(long, sql, values)
        assert "ix_alarms_queue" in plan
        assert "TEMP B-TREE" not in plan
        assert '"Sort"' not in plan
        assert "Seq Scan" not in plan


def test_what_chatters_is_counted_by_its_own_index(long: Database) -> None:
    with asked(long) as statements:
        page(long, 0)
    counted = [(sql, values) for sql, values in statements if "alarms.chattering AND" in sql]
    assert counted
    assert all("ix_alarms_chattering" in explained(long, sql, values) for sql, values in counted)


def explained(database: Database, sql: str, values: Any) -> str:
    with database.engine.connect() as connection:
        if database.dialect == "postgresql":
            found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", values).scalar_one()
            return json.dumps(found)
        return " ".join(str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values))


def test_what_chatters_and_what_has_stood_for_a_day_are_listed_and_counted(long: Database) -> None:
    with long.writing() as session:
        session.execute(text("UPDATE alarms SET chattering = true WHERE kind IN ('K7', 'K8', 'K9')"))
        old = {"at": to_ms(NOON - timedelta(days=1))}
        session.execute(text("UPDATE alarms SET raised_at = :at WHERE kind IN ('K20', 'K31')"), old)
        session.execute(text("UPDATE alarms SET raised_at = :at, state = 'cleared_acked' WHERE kind = 'K41'"), old)
    restless, stale = page(long, 0, view=View.CHATTERING), page(long, 0, view=View.STALE)
    assert [row.kind for row in restless.rows] == ["K8", "K7", "K9"]
    assert sorted(row.kind for row in stale.rows) == ["K20", "K31"]
    assert (restless.total, stale.total) == (3, 2)
    for found in (restless, stale):
        assert (found.counts.by_view["chattering"], found.counts.by_view["stale"]) == (3, 2)
