"""Many rows at once: the same rows whichever database takes them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from data_access.db.bulk import (
    ROWS_AT_ONCE,
    among,
    insert_lists,
    insert_plain,
    insert_rows,
    reserve_ids,
    unindexed,
    update_plain,
)
from data_access.db.engine import Database
from data_access.db.tables import Base, OutboxRow, ReadingHourRow
from data_access.db.tables.base import to_ms

HOUR = datetime(2026, 6, 1, 4, tzinfo=UTC)
COLUMNS = ("device_id", "metric_id", "hour", "count", "minimum", "mean", "maximum")


def rows(number: int) -> Iterator[tuple[object, ...]]:
    return ((i, 1, HOUR if i % 2 else to_ms(HOUR), 60, 0.5, 1.25, 2.0) for i in range(number))


def test_rows_come_back_as_the_orm_would_have_written_them(database: Database) -> None:
    with database.writing() as session:
        insert_rows(session.connection(), Base.metadata.tables["readings_hourly"], COLUMNS, rows(2500))
    with database.reading() as session:
        found = session.scalars(select(ReadingHourRow).order_by(ReadingHourRow.device_id)).all()
        assert [r.device_id for r in found] == list(range(2500))
        assert {(r.hour, r.count, r.minimum, r.mean, r.maximum) for r in found} == {(HOUR, 60, 0.5, 1.25, 2.0)}


def test_text_with_every_awkward_character_survives(database: Database) -> None:
    value = "一屏\t\\N \"quoted\" 'single' \\ \n new, line;"
    with database.writing() as session:
        insert_rows(session.connection(), "meta", ("key", "value"), [("a", value), ("b", "")])
    with database.reading() as session:
        found = session.execute(text("SELECT key, value FROM meta ORDER BY key")).all()
    assert [tuple(row) for row in found] == [("a", value), ("b", "")]


def test_plain_rows_survive_with_every_awkward_character_and_are_changed_by_their_id(database: Database) -> None:
    value = "一屏\t\\N \"quoted\" 'single' \\ \n new, \r line;"
    bodies = [value, "", "\\.", "\\", *("x" for _ in range(2 * ROWS_AT_ONCE + 3))]
    with database.writing() as session:
        connection = session.connection()
        assert list(reserve_ids(connection, "outbox", 0)) == []
        ids = list(reserve_ids(connection, "outbox", len(bodies)))
        assert ids == sorted(set(ids))
        insert_plain(connection, "outbox", ("id", "at", "body"), list(zip(ids, range(len(ids)), bodies, strict=True)))
        update_plain(connection, "outbox", ["body"], [("else", ids[1]), (value * 2, ids[3])])
        later = list(reserve_ids(connection, "outbox", 2))
        assert min(later) > max(ids)
    bodies[1], bodies[3] = "else", value * 2
    with database.reading() as session:
        found = session.execute(select(OutboxRow.id, OutboxRow.body).order_by(OutboxRow.id)).all()
        assert [tuple(row) for row in found] == list(zip(ids, bodies, strict=True))
        few = session.scalars(select(OutboxRow.body).where(among(session.connection(), OutboxRow.id, {ids[0], ids[3]})))
        assert sorted(few) == sorted([bodies[0], bodies[3]])
        none = among(session.connection(), OutboxRow.id, [])
        assert session.scalars(select(OutboxRow.id).where(none)).all() == []


@pytest.mark.parametrize("count", [0, 1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, 3 * ROWS_AT_ONCE + 7])
def test_rows_given_by_column_are_written_whole_and_counted(sqlite: Database, count: int) -> None:
    columns = [[f"k{n}" for n in range(count)], [str(n) for n in range(count)]]
    with sqlite.writing() as session:
        driver = session.connection().connection.driver_connection
        assert insert_lists(driver, "INSERT OR IGNORE INTO meta (key, value) VALUES {}", "(?, ?)", columns) == count
        assert insert_lists(driver, "INSERT OR IGNORE INTO meta (key, value) VALUES {}", "(?, ?)", columns) == 0
    with sqlite.reading() as session:
        found = session.execute(text("SELECT key, value FROM meta")).all()
    assert sorted(tuple(row) for row in found) == sorted(zip(*columns, strict=True))


def test_one_bad_row_refuses_all(database: Database) -> None:
    assert database.engine.dialect.dbapi
    with pytest.raises(database.engine.dialect.dbapi.IntegrityError), database.writing() as session:
        insert_rows(session.connection(), "meta", ("key", "value"), [("a", "1"), ("a", "2")])
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM meta")) == 0


@pytest.mark.postgres
def test_indexes_and_foreign_keys_are_the_same_after_rows_went_in_without_them(postgres: Database) -> None:
    def schema() -> list[tuple[str, ...]]:
        with postgres.reading() as session:
            keys = text("SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint")
            indexes = text("SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
            return sorted(tuple(row) for query in (keys, indexes) for row in session.execute(query))

    before = schema()
    with postgres.engine.begin() as connection, unindexed(connection):
        insert_rows(connection, "meta", ("key", "value"), [("a", "1")])
        assert connection.scalar(text("SELECT count(*) FROM pg_constraint WHERE contype = 'f'")) == 0
    assert schema() == before
    with pytest.raises(IntegrityError), postgres.engine.begin() as connection, unindexed(connection):
        connection.execute(text("INSERT INTO readings_hourly VALUES (1, 1, 1, 1, 1, 1, 1)"))
        insert_rows(
            connection,
            "device_states",
            ("device_id", "area_path", "status", "version", "values"),
            [(9, "", 0, 0, "{}")],
        )
    assert schema() == before
