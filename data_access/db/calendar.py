"""The working days as this deployment knows them: the announced calendar of each year, and days imported over it."""

from __future__ import annotations

import logging
from datetime import date, datetime
from functools import cache
from typing import Final

from chinese_calendar import constants
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import CalendarDayRow
from data_access.domain.worktime import WorkCalendar

log: Final = logging.getLogger(__name__)
_ENOUGH: Final = 7
"""Imported free days that make a year known: no year has had fewer."""


@cache
def _announced() -> WorkCalendar:
    days = dict.fromkeys(constants.holidays, False) | dict.fromkeys(constants.workdays, True)
    return WorkCalendar(days=days, years=frozenset(day.year for day in constants.holidays))


def work_calendar(session: Session) -> WorkCalendar:
    """The calendar to reckon limits with."""
    announced = _announced()
    own = {row.day: row.working for row in session.execute(select(CalendarDayRow.day, CalendarDayRow.working))}
    if not own:
        return announced
    years = {day.year for day in own if _free_days(own, day.year) >= _ENOUGH}
    return WorkCalendar(days={**announced.days, **own}, years=announced.years | years)


def _free_days(own: dict[date, bool], year: int) -> int:
    return sum(not working for day, working in own.items() if day.year == year)


def warn_doubtful(calendar: WorkCalendar, start: datetime, end: datetime) -> None:
    """Say once a process which year a limit was reckoned in without knowing its holidays."""
    for year in calendar.doubtful(start, end):
        _warn(year)


@cache
def _warn(year: int) -> None:
    log.warning("the holidays of %s are not known: limits keep weekends free alone; see yiping import calendar", year)
