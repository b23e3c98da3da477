"""One table a day: made when needed, written by name, dropped whole."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from data_access.db import readings
from data_access.db.bulk import insert_rows
from data_access.db.engine import Database
from data_access.db.tables.base import to_ms

DAY = date(2026, 6, 1)


def test_a_day_is_made_once(database: Database) -> None:
    with database.writing() as session:
        first = readings.ensure_day(session.connection(), DAY)
        assert readings.ensure_day(session.connection(), DAY) == first == "readings_20260601"
    with database.reading() as session:
        assert readings.existing_days(session.connection()) == [DAY]


def test_a_reading_delivered_twice_is_refused_by_its_key(database: Database) -> None:
    at = to_ms(datetime(2026, 6, 1, 4, tzinfo=UTC))
    row = (1, 2, at, 0.5, 0, at, None)
    with database.writing() as session:
        name = readings.ensure_day(session.connection(), DAY)
        insert_rows(session.connection(), name, readings.COLUMNS, [row])
    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(
            text(f"INSERT INTO {name} ({', '.join(readings.COLUMNS)}) VALUES (1, 2, {at}, 0.5, 0, {at}, NULL)")
        )


def test_a_batch_is_stored_as_it_was_given_and_again_changes_nothing(database: Database) -> None:
    count, at = 457, datetime(2026, 6, 1, 4, tzinfo=UTC)
    ts = np.arange(count) + to_ms(at)
    original = np.where(np.arange(count) % 3 == 0, 1_647_910_800_000, 0)
    columns = (np.arange(count) % 7 + 1, np.arange(count) % 2 + 1, ts, np.arange(count) / 3, original)
    with database.writing() as session:
        name = readings.ensure_day(session.connection(), DAY)
        assert readings.insert(session.connection(), name, columns, received=at, new=True) == count
    with database.writing() as session:
        assert readings.insert(session.connection(), name, columns, received=at, new=True) == 0
        assert readings.insert(session.connection(), name, columns, received=at) == 0
    with database.reading() as session:
        found = session.execute(text(f"SELECT {', '.join(readings.COLUMNS)} FROM {name} ORDER BY ts")).all()
    expected = zip(*(c.tolist() for c in columns), strict=True)
    assert [tuple(row) for row in found] == [(d, m, t, v, 0, to_ms(at), o or None) for d, m, t, v, o in expected]


def test_old_days_are_dropped_and_later_ones_kept(database: Database) -> None:
    days = [DAY + timedelta(days=n) for n in range(5)]
    with database.writing() as session:
        for day in reversed(days):
            readings.ensure_day(session.connection(), day)
        assert readings.drop_before(session.connection(), days[3]) == days[:3]
    with database.reading() as session:
        assert readings.existing_days(session.connection()) == days[3:]


def test_the_hourly_table_is_not_mistaken_for_a_day(database: Database) -> None:
    with database.reading() as session:
        assert readings.existing_days(session.connection()) == []


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants naive bounds


@given(moments, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_a_span_touches_exactly_the_days_of_its_moments(low: datetime, length: timedelta) -> None:
    days = readings.days_between(low, low + length)
    if not length and low == datetime(low.year, low.month, low.day, tzinfo=UTC):
        assert days == []
        return
    assert days[0] == low.date()
    last = max(low, low + length - timedelta(microseconds=1))
    assert days[-1] == last.date()
    assert len(days) == (days[-1] - days[0]).days + 1
