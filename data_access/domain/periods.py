"""Periods (统计周期): half-open spans of local days, Asia/Shanghai. Time is passed in."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from data_access.domain.errors import InvalidInput

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
OLD_AFTER: Final = timedelta(days=60)
"""A deployment whose newest incident is older than this shows its own span instead of the current month."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` up to, not including, `end`."""

    first: date
    end: date

    def __post_init__(self) -> None:
        if self.first >= self.end:
            raise InvalidInput("A period ends after it begins; `to` is the first day that no longer belongs to it.")

    @property
    def start_at(self) -> datetime:
        """The first instant of the period."""
        return midnight(self.first)

    @property
    def end_at(self) -> datetime:
        """The first instant after the period."""
        return midnight(self.end)

    @property
    def is_month(self) -> bool:
        """Tell whether this is exactly one calendar month."""
        return self == month_of(self.first)

    @property
    def is_week(self) -> bool:
        """Tell whether this is exactly one week, Monday to Sunday."""
        return self == week_of(self.first)

    def reached(self, at: datetime, of: Period) -> datetime:
        """The instant as far into this period as `at` is into `of`, at most its end: what a running one compares to."""
        return min(self.end_at, self.start_at + (at - of.start_at))

    @property
    def months(self) -> int:
        """How many whole calendar months this is; 0 where it is none."""
        if self.first.day != 1 or self.end.day != 1:
            return 0
        return 12 * (self.end.year - self.first.year) + self.end.month - self.first.month

    def previous(self) -> Period:
        """The period just before (环比): as many months before whole months, otherwise as many days."""
        if self.months:
            return Period(_months_on(self.first, -self.months), self.first)
        return Period(self.first - (self.end - self.first), self.first)

    def following(self) -> Period:
        """The period just after, in the same way."""
        if self.months:
            return Period(self.end, _months_on(self.end, self.months))
        return Period(self.end, self.end + (self.end - self.first))

    def year_before(self) -> Period:
        """The same days a year earlier (同比)."""
        return Period(_minus_year(self.first), _minus_year(self.end))


def span(start: date, end: date) -> tuple[datetime, datetime]:
    """The instants of the local days [start, end). Raises `InvalidInput` when there are none."""
    period = Period(start, end)
    return period.start_at, period.end_at


def midnight(day: date) -> datetime:
    """The instant at which the local `day` begins."""
    return datetime.combine(day, time(), SHANGHAI)


def local_day(at: datetime) -> date:
    """The local day of an instant."""
    return at.astimezone(SHANGHAI).date()


def month_of(day: date) -> Period:
    """The calendar month that `day` lies in."""
    first = day.replace(day=1)
    return Period(first, first + timedelta(days=monthrange(day.year, day.month)[1]))


def week_of(day: date) -> Period:
    """The week from Monday to Sunday that `day` lies in."""
    first = day - timedelta(days=day.weekday())
    return Period(first, first + timedelta(days=7))


def week_named(name: str) -> Period:
    """The week `2018-W43` (ISO 8601: from Monday; week 1 holds 4 January). Raises `InvalidInput`."""
    try:
        year, _, week = name.upper().partition("-W")
        return week_of(date.fromisocalendar(int(year), int(week), 1))
    except ValueError:
        raise InvalidInput("A week is written 2018-W43.") from None


def week_name(of: Period) -> str:
    """The ISO name of the week that `of` begins in: `2018-W43`."""
    year, week, _ = of.first.isocalendar()
    return f"{year}-W{week:02}"


def quarter_of(day: date) -> Period:
    """The calendar quarter that `day` lies in."""
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return Period(first, _months_on(first, 3))


def year_of(day: date) -> Period:
    """The calendar year that `day` lies in."""
    first = day.replace(month=1, day=1)
    return Period(first, _months_on(first, 12))


def span_of(oldest: datetime, newest: datetime) -> Period:
    """The whole months that hold everything from `oldest` to `newest`."""
    return Period(month_of(local_day(oldest)).first, month_of(local_day(newest)).end)


def _months_on(first: date, months: int) -> date:
    """The first of a month, so many months on."""
    number = 12 * first.year + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _minus_year(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
