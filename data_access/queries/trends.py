"""Reads over the past: the same indicators month by month, cases day by day, and residents by age.

Days are whole ones, so that today's morning never looks like a fall.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, String, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from data_access.db.closing import CLOSING, LOOP
from data_access.db.tables import AreaDayRow, AreaFactRow, IncidentRow, ResidentRow
from data_access.domain.areas import subtree_bounds
from data_access.domain.case_indicators import Rate
from data_access.domain.facts import Daily, Fact
from data_access.domain.periods import Period, midnight, month_of
from data_access.queries.closing import figures_by_month
from data_access.queries.incident_filter import OPEN
from data_access.queries.session import now, reading, remembered
from data_access.viewmodels.trends import AgeBand, DayLine, MonthLine, Past

DAYS: Final = 30
DRAWN: Final = (Fact.RESIDENTS, Fact.DWELLINGS, Fact.LEGAL_ENTITIES)
BAND: Final = 5
OLDEST_BAND: Final = 85
_DAY_MS: Final = 86_400_000
_ZONE_MS: Final = 8 * 3_600_000  # Asia/Shanghai has had no summer time since 1991
_EPOCH: Final = date(1970, 1, 1)


@remembered(seconds=300)
def months(path: str, until: date, count: int, version: str) -> tuple[MonthLine, ...]:  # noqa: ARG001  # the version is there for the key
    """The last `count` months up to and with the one before the day `until`, oldest first."""
    wanted = _months_before(until, count)
    with reading() as session:
        found = figures_by_month(session, path, wanted, now=now(), names=CLOSING)
    return tuple(MonthLine(of.first, counts.closing) for of, counts in zip(wanted, found, strict=True))


@remembered(seconds=300)
def days(path: str, end: date, version: str) -> tuple[DayLine, ...]:  # noqa: ARG001  # as above
    """The last `DAYS` whole days before `end`, oldest first."""
    with reading() as session:
        return read_days(session, path, end)


@remembered(seconds=300)
def past(area_id: int, path: str, end: date, version: str) -> Past:
    """What the overview's sparklines draw of the time before `end`."""
    with reading() as session:
        lines = figures_by_month(session, path, _months_before(end, 12), now=now(), names=LOOP)
        facts, daily = read_facts(session, area_id), read_daily(session, area_id, end)
    return Past(
        days=days(path, end, version),
        on_time=tuple(line.rate(Rate.CLOSING_ON_TIME) for line in lines),
        closing=tuple(line.rate(Rate.CLOSING) for line in lines),
        handling=tuple(line.rate(Rate.HANDLING) for line in lines),
        created=tuple(line.reported or None for line in lines),
        facts=facts,
        daily=daily,
    )


@remembered(seconds=86_400)
def ages(path: str, today: date, version: str) -> tuple[AgeBand, ...]:  # noqa: ARG001  # as above
    """Residents by five years of age and sex, youngest first; none where people were not imported."""
    with reading() as session:
        return read_ages(session, path, today)


def read_facts(session: Session, area_id: int) -> dict[str, tuple[int | None, ...]]:
    """The aggregates with a past worth drawing, over the thirteen months up to the newest."""
    newest = session.scalar(select(func.max(AreaFactRow.month)).where(AreaFactRow.area_id == area_id))
    if newest is None:
        return {}
    months_ = [of.first for of in _months_before(month_of(newest).end, 13)]
    rows = session.execute(
        select(AreaFactRow.metric, AreaFactRow.month, AreaFactRow.value).where(
            AreaFactRow.area_id == area_id, AreaFactRow.month >= months_[0], AreaFactRow.metric.in_(DRAWN)
        )
    )
    found = {(metric, month): value for metric, month, value in rows}
    return {metric: tuple(found.get((metric, month)) for month in months_) for metric in DRAWN}


def read_daily(session: Session, area_id: int, end: date) -> dict[str, tuple[int | None, ...]]:
    """What was kept of each of the last `DAYS` whole days."""
    first = end - timedelta(days=DAYS)
    rows = session.execute(
        select(AreaDayRow.metric, AreaDayRow.day, AreaDayRow.value).where(
            AreaDayRow.area_id == area_id, AreaDayRow.day >= first, AreaDayRow.day < end
        )
    )
    found = {(metric, day): value for metric, day, value in rows}
    wanted = [first + timedelta(days=i) for i in range(DAYS)]
    return {metric: tuple(found.get((metric, day)) for day in wanted) for metric in Daily}


def read_days(session: Session, path: str, end: date) -> tuple[DayLine, ...]:
    """Taken in, closed and open by day; void cases are open on none of them."""
    first = end - timedelta(days=DAYS)
    created = per_day(session, path, Period(first, end))
    year = Period(first, end).year_before()
    before = per_day(session, path, year)
    here = (*_subtree(IncidentRow.area_path, path), IncidentRow.run.is_(None))
    begun, done = day_of(IncidentRow.created_at), day_of(IncidentRow.closed_at)
    standing = session.execute(select(begun, func.count()).where(*here, OPEN).group_by(begun)).all()
    closed = session.execute(
        select(begun, done, func.count()).where(*here, IncidentRow.closed_at >= midnight(first)).group_by(begun, done)
    ).all()
    ended, change = Counter[int](), Counter[int]()  # closed on a day; by how much the open ones change on it
    for start, n in standing:
        change[max(start, day_number(first))] += n
    for start, end_day, n in closed:
        ended[end_day] += n
        change[max(start, day_number(first))] += n
        change[end_day] -= n
    lines, still = [], 0
    for i in range(DAYS):
        day = day_number(first) + i
        still += change[day]
        lines.append(
            DayLine(
                day=first + timedelta(days=i),
                created=created.get(day, 0),
                closed=ended[day],
                open=still,
                year_ago=before.get(day_number(year.first) + i, 0) if before else None,
            )
        )
    return tuple(lines)


def read_ages(session: Session, path: str, today: date) -> tuple[AgeBand, ...]:
    """Counted by year of birth, which is cut out of the date as text: a function of dates takes twice as long."""
    year = func.substr(cast(ResidentRow.born, String), 1, 4).label("year")
    rows = session.execute(
        select(year, ResidentRow.sex, func.count())
        .where(*_subtree(ResidentRow.area_path, path))
        .group_by(year, ResidentRow.sex)
    ).all()
    bands: Counter[tuple[int, str]] = Counter()
    for born, sex, n in rows:
        bands[min(max(today.year - int(born), 0) // BAND * BAND, OLDEST_BAND), sex] += n
    return (
        tuple(AgeBand(low, bands[low, "M"], bands[low, "F"]) for low in range(0, OLDEST_BAND + 1, BAND))
        if bands
        else ()
    )


def _months_before(end: date, count: int) -> list[Period]:
    """The `count` months up to and with that of the day before `end`, oldest first."""
    found = [month_of(end - timedelta(days=1))]
    while len(found) < count:
        found.append(found[-1].previous())
    return found[::-1]


def per_day(session: Session, path: str, period: Period) -> dict[int, int]:
    """Cases of the subtree by the number of the day they came in on."""
    day = day_of(IncidentRow.created_at)
    rows = session.execute(select(day, func.count()).where(*inside(path, period)).group_by(day)).all()
    return {int(number): n for number, n in rows}


def day_of(column: Any) -> ColumnElement[int]:
    """The local day of an instant as a number, counted from 1970."""
    return (type_coerce(column, BigInteger) + _ZONE_MS) // _DAY_MS


def day_number(day: date) -> int:
    """As `day_of`, of a date."""
    return (day - _EPOCH).days


def inside(path: str, period: Period) -> tuple[ColumnElement[bool], ...]:
    """Cases of the subtree taken in during `period`, replays left out."""
    return (
        *_subtree(IncidentRow.area_path, path),
        IncidentRow.created_at >= period.start_at,
        IncidentRow.created_at < period.end_at,
        IncidentRow.run.is_(None),
    )


def _subtree(column: Any, path: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    low, high = subtree_bounds(path)
    return column >= low, column < high
