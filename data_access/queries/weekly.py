"""Reads of the weekly brief: the indicators' own counts, whole weeks from Monday, as at the moment it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, case, exists, func, select, type_coerce
from sqlalchemy.orm import Session

from data_access.db.closing import CLOSING, PLACE
from data_access.db.tables import AlarmRow, ChannelRow, DeviceRow, IncidentRow, IncidentTypeRow, UnitRow
from data_access.domain.areas import lineage, subtree_bounds
from data_access.domain.case_indicators import NAMES, Counts, Rate
from data_access.domain.incidents import Stage
from data_access.domain.periods import Period
from data_access.queries import alarm_span, areas
from data_access.queries import overview as reads
from data_access.queries.closing import case_figures
from data_access.queries.incident_filter import OPEN, passing_over
from data_access.queries.incident_filter import inside as inside_area
from data_access.queries.judgement import hours_of, read_places, read_words
from data_access.queries.topics import names_of, read_hot
from data_access.queries.trends import day_number, inside, per_day
from data_access.viewmodels.areas import AreaLabel
from data_access.viewmodels.indicators import UNASSIGNED
from data_access.viewmodels.trends import HotTopic
from data_access.viewmodels.weekly import Grave, Line, Safety, Shortfall, Week, Weekly

WEEKS: Final = 12
LEAST_DUE: Final = 10
"""An area with fewer cases due is not singled out by its rate."""
GRAVEST: Final = 4
SATISFIED: Final = 4
_WEEK: Final = timedelta(days=7)


def read_weekly(session: Session, area: AreaLabel, week: Period, *, at: datetime) -> Weekly:
    """The brief of `area` for the week from Monday `week.first`, as at `at`."""
    path, before = area.path, Period(week.first - _WEEK, week.first)
    weeks = _weeks(session, path, week, at)
    places = _places(session, area, week, before, at)
    hot = read_hot(session, path, week.end)
    repeats, _ = read_places(session, path, week.end)
    drawn = Period(week.end - WEEKS * _WEEK, week.end)
    known_due = session.scalar(
        select(exists().where(*inside(path, drawn), IncidentRow.due_at.is_not(None), IncidentRow.outcome.is_(None)))
    )
    return Weekly(
        area=area,
        week=week,
        at=at,
        demo=areas.is_demo(session),
        now=weeks[-1].counts,
        before=weeks[-2].counts,
        year_ago=weeks[-1].year_ago,
        rated=_rated(session, path, week),
        rated_before=_rated(session, path, before),
        overdue=_overdue(session, path, week.end_at) if known_due else None,
        overdue_before=_overdue(session, path, before.end_at) if known_due else None,
        weeks=weeks,
        days=_days(session, path, week),
        days_before=_days(session, path, before),
        hours=hours_of(session, path, drawn),
        places=places,
        classes=_lines(session, path, "type", IncidentTypeRow, week, before, at),
        channels=_lines(session, path, "channel", ChannelRow, week, before, at),
        hot=hot,
        hot_unit=_unit_of(session, area, hot.hot[0], week) if hot.hot else None,
        shortfall=_shortfall(session, area, places, week, at),
        repeats=repeats,
        words=read_words(session, path, week.end),
        safety=_safety(session, path, week, before),
        sources=reads.read_sources(session),
    )


def _weeks(session: Session, path: str, week: Period, at: datetime) -> tuple[Week, ...]:
    """The last weeks, and where a year before is known, the same weeks then (52 weeks back: the same weekdays)."""
    firsts = [week.first - back * _WEEK for back in range(WEEKS - 1, -1, -1)]
    known = session.scalar(
        select(exists().where(*inside(path, Period(firsts[0] - 52 * _WEEK, firsts[-1] - 51 * _WEEK))))
    )

    def counts(first: date, names: Sequence[str] = CLOSING) -> Counts:
        return case_figures(session, path, Period(first, first + _WEEK), now=at, names=names).get(None, Counts())

    return tuple(  # every rate of the last two; of the others the one that is drawn, which the index holds
        Week(
            first,
            counts(first, NAMES if first >= week.first - _WEEK else CLOSING),
            counts(first - 52 * _WEEK) if known else None,
        )
        for first in firsts
    )


def _places(session: Session, area: AreaLabel, week: Period, before: Period, at: datetime) -> tuple[Line, ...]:
    """The areas directly below; what belongs to none of them comes last."""
    place = areas.read_place(session, area.path, area.path)
    if not place.children:
        return ()
    level = len(lineage(area.path))
    now: dict[str | None, Counts] = {}
    then: dict[str | None, Counts] = {}
    for period, into in ((week, now), (before, then)):
        for path, found in case_figures(session, area.path, period, PLACE, now=at, names=CLOSING).items():
            up = lineage(path)
            key = up[level] if len(up) > level else None
            into[key] = into.get(key, Counts()) + found
    lines = [
        Line(c.code, c.name, c.name_en, now.get(c.path, Counts()), then.get(c.path, Counts())) for c in place.children
    ]
    rest = now.get(None, Counts())
    return (*lines, Line(None, UNASSIGNED, None, rest, then.get(None, Counts()))) if rest.reported else tuple(lines)


def _lines(
    session: Session, path: str, by: str, labels: Any, week: Period, before: Period, at: datetime
) -> tuple[Line, ...]:
    """The week's classes or channels, most first."""
    now, then = (case_figures(session, path, period, by, now=at, names=CLOSING) for period in (week, before))
    names = names_of(session, labels, [key for key in now if key is not None])
    lines = [
        Line(str(key) if key is not None else None, names.get(key, UNASSIGNED), None, found, then.get(key, Counts()))
        for key, found in now.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.now.reported, line.name)))


def _shortfall(
    session: Session, area: AreaLabel, places: Sequence[Line], week: Period, at: datetime
) -> Shortfall | None:
    """Where the on-time rate is lowest among the areas with enough cases due, and what holds it down."""
    asked = [(line.now.rate(Rate.CLOSING_ON_TIME), line) for line in places if line.code]
    known = [(rate, line) for rate, line in asked if rate is not None and line.now.due_closing >= LEAST_DUE]
    if not known:
        return None
    _, worst = min(known, key=lambda one: (one[0], one[1].code or ""))
    path = areas.find(session, worst.code, area.path).path  # type: ignore[union-attr]  # it was just read
    late = worst.now.due_closing - worst.now.closed_on_time
    by_class = _late(case_figures(session, path, week, "main_type", now=at, names=CLOSING))
    by_unit = _late(case_figures(session, path, week, "unit", now=at, names=CLOSING))
    names = names_of(session, IncidentTypeRow, [by_class[0]] if by_class else [])
    units = names_of(session, UnitRow, [by_unit[0]] if by_unit else [])
    return Shortfall(
        line=worst,
        late=late,
        class_name=names.get(by_class[0]) if by_class else None,
        class_late=by_class[1] if by_class else 0,
        unit=units.get(by_unit[0]) if by_unit else None,
    )


def _late(by: Mapping[Any, Counts]) -> tuple[int, int] | None:
    """The key with most cases that were due and not closed on time."""
    late = [(key, of.due_closing - of.closed_on_time) for key, of in by.items() if key is not None]
    late = [one for one in late if one[1]]
    return min(late, key=lambda one: (-one[1], one[0])) if late else None


def _unit_of(session: Session, area: AreaLabel, topic: HotTopic, week: Period) -> str | None:
    path = areas.find(session, topic.code, area.path).path  # type: ignore[union-attr]  # it was just read
    found = session.execute(
        select(UnitRow.name, func.count())
        .join(IncidentRow, IncidentRow.unit_id == UnitRow.id)
        .where(*inside(path, week), IncidentRow.sub_type_id == topic.type_id)
        .group_by(UnitRow.id, UnitRow.name)
        .order_by(func.count().desc(), UnitRow.id)
        .limit(1)
    ).first()
    return found.name if found else None


def _days(session: Session, path: str, week: Period) -> tuple[int, ...]:
    found = per_day(session, path, week)
    return tuple(found.get(day_number(week.first) + i, 0) for i in range(7))


def _rated(session: Session, path: str, week: Period) -> tuple[int, int]:
    good = func.coalesce(func.sum(case((IncidentRow.satisfaction >= SATISFIED, 1), else_=0)), 0)
    closed = (IncidentRow.closed_at >= week.start_at, IncidentRow.closed_at < week.end_at)
    row = session.execute(
        select(func.count(), good).where(
            *inside_area(path), IncidentRow.run.is_(None), *closed, IncidentRow.satisfaction.is_not(None)
        )
    ).one()
    return int(row[0]), int(row[1])


def _overdue(session: Session, path: str, moment: datetime) -> int:
    """Cases that stood open past their due time at `moment`: those still open, and those closed since."""
    row = IncidentRow
    late = (row.run.is_(None), row.due_at <= moment)  # what was due by then had come in by then
    counted = select(func.count()).select_from(row)
    closed = (row.closed_at > moment, row.stage == Stage.CLOSED.value)
    found = (
        counted.where(*inside_area(path), *late, OPEN),
        counted.where(*passing_over(path), *late, *closed),  # or SQLite would walk all of the area
    )
    return sum(session.scalar(query) or 0 for query in found)


def _safety(session: Session, path: str, week: Period, before: Period) -> Safety | None:
    """Alarms that somebody was told of; buildings are named, nobody and no floor is."""
    low, high = subtree_bounds(path)
    if not session.scalar(select(exists().where(DeviceRow.area_path >= low, DeviceRow.area_path < high))):
        return None
    alarm = AlarmRow

    def told(query: Any, of: Period) -> Any:
        return alarm_span.inside(query, path, of.start_at, of.end_at).where(alarm_span.announced())

    counted = dict(
        session.execute(
            told(select(alarm.severity, func.count()).select_from(alarm), week).group_by(alarm.severity)
        ).all()
    )
    raised = type_coerce(alarm.raised_at, BigInteger)
    looked, closed = (
        (type_coerce(at, BigInteger) - raised) / 1000.0 for at in (alarm.acknowledged_at, alarm.closed_at)
    )
    columns = (alarm.kind, alarm.severity, alarm.place, alarm.raised_at, looked, closed)
    worst = told(select(*columns).select_from(alarm), week).where(alarm.severity >= 3, alarm.life_safety)
    rows = session.execute(worst.order_by(alarm.severity.desc(), alarm.raised_at.desc()).limit(GRAVEST))
    return Safety(
        by_severity=tuple(int(counted.get(level, 0)) for level in range(1, 5)),  # type: ignore[arg-type]  # four of them
        before=session.scalar(told(select(func.count()).select_from(alarm), before)) or 0,
        gravest=tuple(Grave(*row) for row in rows),
    )
