from __future__ import annotations

from datetime import UTC, date, datetime

from components import format as fmt
from components.i18n import words
from data_access.domain.periods import Period

NOW = datetime(2026, 6, 17, 6, 32, tzinfo=UTC)


def test_figures_have_commas_and_the_unknown_is_a_dash() -> None:
    assert fmt.count(1_143_801) == "1,143,801"
    assert fmt.count(0) == "0"
    assert fmt.count(None) == "—"
    assert fmt.rate(None) == "—"
    assert fmt.rate(89.7266) == "89.73"


def test_few_people_are_not_counted_out() -> None:
    assert [fmt.people(n) for n in (None, 0, 1, 4, 5, 1235)] == ["—", "0", "<5", "<5", "5", "1,235"]


def test_changes_are_signed_with_a_true_minus_and_never_of_nothing() -> None:
    assert fmt.change(1003, 1000) == "+0.3%"
    assert fmt.change(928, 1000) == "−7.2%"
    assert fmt.change(1000, 1000) == "0.0%"
    assert fmt.change(5, 0) == "—"
    assert fmt.change(5, None) == "—"


def test_rates_differ_in_points() -> None:
    assert fmt.points(90.76, 89.64) == "+1.12"
    assert fmt.points(38.8, 96.8) == "−58.00"
    assert fmt.points(38.8, None) is None


def test_a_moment_is_a_time_today_and_a_date_before() -> None:
    zh, en = words("zh"), words("en")
    assert fmt.moment(datetime(2026, 6, 16, 22, tzinfo=UTC), NOW, zh) == "今日 06:00"
    assert fmt.moment(datetime(2026, 6, 16, 22, tzinfo=UTC), NOW, en) == "today 06:00"
    assert fmt.moment(datetime(2026, 6, 15, 1, tzinfo=UTC), NOW, zh) == "06-15"
    assert fmt.moment(datetime(2018, 10, 31, 1, tzinfo=UTC), NOW, zh) == "2018-10-31"
    assert fmt.moment(None, NOW, zh) == "—"


def test_whole_months_are_written_as_months() -> None:
    assert fmt.period(Period(date(2018, 2, 1), date(2018, 11, 1))) == "2018-02 – 2018-10"
    assert fmt.period(Period(date(2026, 6, 1), date(2026, 7, 1))) == "2026-06"
    assert fmt.period(Period(date(2018, 2, 3), date(2018, 2, 5))) == "2018-02-03 – 2018-02-04"
