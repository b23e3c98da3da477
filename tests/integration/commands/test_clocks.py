from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from data_access.commands import clocks
from data_access.db import readings
from data_access.db.engine import Database
from data_access.db.tables import DeadLetterRow, ReadingHourRow, to_ms

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def store(database: Database, *rows: tuple[datetime, float]) -> None:
    from data_access.db.bulk import insert_rows

    with database.writing() as session:
        for at, value in rows:
            name = readings.ensure_day(session.connection(), at.date())
            insert_rows(session.connection(), name, readings.COLUMNS, [(1, 1, to_ms(at), value, 0, to_ms(at), None)])


def hours(database: Database) -> list[tuple[object, ...]]:
    row = ReadingHourRow
    with database.reading() as session:
        found = session.execute(select(row.hour, row.count, row.minimum, row.mean, row.maximum).order_by(row.hour))
        return [tuple(r) for r in found]


def test_hours_are_aggregated_once_complete_and_again_when_late_readings_came(database: Database) -> None:
    minute = timedelta(minutes=1)
    store(database, (NOON, 1), (NOON + minute, 3), (NOON + 61 * minute, 9))
    clocks.aggregate_hours(database, NOON + 65 * minute)
    assert hours(database) == [(NOON, 2, 1, 2, 3)]
    store(database, (NOON + 2 * minute, 5))
    assert clocks.aggregate_hours(database, NOON + 66 * minute) == 0
    clocks.aggregate_hours(database, NOON + 125 * minute)
    assert hours(database) == [(NOON, 3, 1, 3, 5), (NOON + 60 * minute, 1, 9, 9, 9)]


def test_old_days_are_dropped_whole_and_tomorrow_is_ready(database: Database) -> None:
    store(database, *((NOON - timedelta(days=d), 1) for d in range(6)))
    clocks.aggregate_hours(database, NOON + timedelta(hours=1))
    clocks.drop_old(database, NOON, readings_keep_days=3, hourly_keep_days=2)
    with database.reading() as session:
        kept = readings.existing_days(session.connection())
    assert kept == [(NOON + timedelta(days=d)).date() for d in range(-4, 2)]
    assert [hour for hour, *_ in hours(database)] == [NOON - timedelta(days=d) for d in (2, 1, 0)]


def test_the_newest_dead_letters_stay(database: Database) -> None:
    with database.writing() as session:
        session.add_all(
            DeadLetterRow(at=NOON, source="mqtt", topic=None, reason="malformed", detail=None, payload=str(i))
            for i in range(25)
        )
    assert clocks.cap_dead_letters(database, 10) == 15
    with database.reading() as session:
        assert session.scalars(select(DeadLetterRow.payload).order_by(DeadLetterRow.id)).all()[0] == "15"
    assert clocks.cap_dead_letters(database, 10) == 0
