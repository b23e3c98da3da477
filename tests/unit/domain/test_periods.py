from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.domain.errors import InvalidInput
from data_access.domain.periods import (
    Period,
    local_day,
    midnight,
    month_of,
    quarter_of,
    span,
    span_of,
    week_of,
    year_of,
)

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    assert midnight(date(2026, 6, 1)) == datetime(2026, 5, 31, 16, tzinfo=UTC)
    assert local_day(datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC)) == date(2026, 5, 31)
    assert local_day(datetime(2026, 5, 31, 16, tzinfo=UTC)) == date(2026, 6, 1)


def test_an_empty_period_is_refused() -> None:
    with pytest.raises(InvalidInput):
        span(date(2026, 6, 1), date(2026, 6, 1))


def test_the_month_before_a_month_is_a_month_and_the_year_before_of_a_leap_day_exists() -> None:
    assert month_of(date(2026, 3, 31)).previous() == Period(date(2026, 2, 1), date(2026, 3, 1))
    assert Period(date(2024, 2, 29), date(2024, 3, 1)).year_before() == Period(date(2023, 2, 28), date(2023, 3, 1))


def test_the_span_of_old_data_is_whole_months() -> None:
    oldest, newest = datetime(2018, 2, 3, tzinfo=UTC), datetime(2018, 10, 31, 15, 59, tzinfo=UTC)
    assert span_of(oldest, newest) == Period(date(2018, 2, 1), date(2018, 11, 1))


@given(DAYS, st.integers(min_value=1, max_value=400))
def test_periods_and_the_ones_before_them_meet_without_gap(first: date, days: int) -> None:
    period = Period(first, first + timedelta(days=days))
    assert period.previous().end == period.first
    assert period.end_at - period.start_at == timedelta(days=days)


@given(DAYS)
def test_whole_months_compare_with_as_many_months_before(day: date) -> None:
    for period, months in ((quarter_of(day), 3), (year_of(day), 12)):
        assert period.first <= day < period.end
        assert (period.months, period.previous().months, period.following().months) == (months, months, months)
        assert period.previous().end == period.first
        assert period.following().previous() == period


@given(DAYS)
def test_each_day_lies_in_its_month(day: date) -> None:
    month = month_of(day)
    assert month.first <= day < month.end
    assert month.is_month


@given(DAYS)
def test_each_day_lies_in_its_week_which_begins_on_a_monday(day: date) -> None:
    week = week_of(day)
    assert week.first <= day < week.end
    assert week.first.weekday() == 0
    assert week.is_week
    assert week.previous().is_week


@given(DAYS, st.integers(min_value=0, max_value=60))
def test_a_running_period_compares_with_as_much_of_a_shorter_one_as_there_is(first: date, days: int) -> None:
    month = month_of(first)
    at = month.start_at + timedelta(days=days)
    reached = month.previous().reached(at, month)
    assert reached == min(month.previous().end_at, month.previous().start_at + timedelta(days=days))
