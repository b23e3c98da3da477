"""Working time (工作时间): which days are worked, which hours of them, and how limits run on them.

Holidays and the Saturdays worked for them are facts of a year, decided some weeks before it begins. Of a year that is
not known yet only weekends are kept free; `doubtful` names it, so that whoever reckons with it can say so. Rules only:
the facts and the time are passed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from data_access.domain.errors import InvalidInput
from data_access.domain.periods import SHANGHAI, local_day

OFFICE_HOURS: Final = ((time(9), time(12)), (time(14), time(18)))
"""七小时: what limits in working hours run on where a deployment says nothing else."""
LONGEST: Final = timedelta(days=366)
"""Longest limit, in whichever time: what is longer is a mistake."""
_SATURDAY: Final = 5
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The working days. `days` are those that the weekday does not tell: True is worked, False is free."""

    days: Mapping[date, bool] = field(default_factory=dict)
    years: AbstractSet[int] = frozenset()  # whose holidays are known
    hours: tuple[tuple[time, time], ...] = OFFICE_HOURS

    def works(self, day: date) -> bool:
        """Tell whether `day` is a working day."""
        return self.days.get(day, day.weekday() < _SATURDAY)

    def doubtful(self, start: datetime, end: datetime) -> tuple[int, ...]:
        """The years from `start` to `end` whose holidays are not known."""
        years = range(local_day(start).year, local_day(end).year + 1)
        return tuple(year for year in years if year not in self.years)

    def after(self, start: datetime, wait: timedelta, *, working: bool) -> datetime:
        """The moment at which `wait` has passed since `start`, in working or in calendar time."""
        if not timedelta(0) <= wait <= LONGEST:
            raise InvalidInput("时限最长一年。")
        if not working:
            return start + wait
        left = wait
        for begin, end in self._spans(start):
            if left <= end - begin:
                return begin + left
            left -= end - begin
        raise AssertionError  # the spans have no end

    def between(self, start: datetime, end: datetime, *, working: bool) -> timedelta:
        """How much working (or calendar) time lies between the two; nothing when `end` is not later."""
        if end <= start:
            return timedelta(0)
        if not working:
            return end - start
        passed = timedelta(0)
        for begin, until in self._spans(start):
            if begin >= end:
                break
            passed += min(until, end) - begin
        return passed

    def _spans(self, start: datetime) -> Iterator[Span]:
        """What is worked from `start` on, in order, without end."""
        day = local_day(start)
        while True:
            if self.works(day):
                for opens, closes in self.hours:
                    begin, end = (
                        datetime.combine(day, hour, SHANGHAI).astimezone(start.tzinfo) for hour in (opens, closes)
                    )
                    if end > start:
                        yield max(begin, start), end
            day += timedelta(days=1)
