"""Reads behind 研判: the calendar of a year, places and people that come again, texts. Whole days, not today's morning.

All of it is bounded by days: a year of the index for the calendar, four weeks of rows for places, nine for texts (a
part of them where there are many). Kept for ten minutes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from data_access.db.tables import (
    AreaRow,
    BuildingRow,
    IncidentRow,
    IncidentTypeRow,
    ReportRow,
    ResidentRow,
    ResponsibleRow,
    UserRow,
)
from data_access.domain import masking, new_words
from data_access.domain.hot_topics import WEEKS_BEFORE
from data_access.domain.periods import Period, local_day
from data_access.queries.session import reading, remembered
from data_access.queries.topics import names_of, read_hot
from data_access.queries.trends import inside
from data_access.viewmodels.indicators import UNASSIGNED
from data_access.viewmodels.judgement import Calendar, Judgement, NewWords, RepeatPlace, Reporter, Reporters

YEAR: Final = 52 * 7
PLACE_DAYS: Final = 28
PLACE_LEAST: Final = 3
"""Cases of one class in one building within PLACE_DAYS that make it a place that repeats."""
REPORTER_DAYS: Final = 90
REPORTER_LEAST: Final = 3
"""Reports with one telephone number within REPORTER_DAYS."""
SHOWN: Final = 8
TEXTS_A_WEEK: Final = 400
"""Texts read of a week, spread over it; more would only take longer to say the same."""
_HOUR_MS: Final = 3_600_000
_ZONE_H: Final = 8
_DAY_H: Final = 24
_EPOCH: Final = date(1970, 1, 1)


@remembered(seconds=600)
def judged(path: str, end: date, phones: bool, version: str) -> Judgement:  # noqa: ARG001, FBT001  # keys: the version, and whether numbers are shown
    """What the days before `end` say of the area at `path`."""
    with reading() as session:
        return read(session, path, end, phones=phones)


def read(session: Session, path: str, end: date, *, phones: bool) -> Judgement:
    """The reads of `judged`; `phones`: with the masked numbers of those who report often."""
    places, placed = read_places(session, path, end)
    return Judgement(
        end=end,
        hot=read_hot(session, path, end),
        calendar=read_calendar(session, path, end),
        places=places,
        placed=placed,
        reporters=read_reporters(session, path, end, phones=phones),
        words=read_words(session, path, end),
    )


def read_calendar(session: Session, path: str, end: date) -> Calendar:
    """A year of cases, by day and by weekday and hour."""
    span = Period(end - timedelta(days=YEAR), end)
    days, hours = [0] * YEAR, _no_hours()
    for day, hour, n in _by_hour(session, path, span):
        days[(day - span.first).days] += n
        hours[day.weekday()][hour] += n
    return Calendar(end, tuple(days), tuple(tuple(line) for line in hours))


def hours_of(session: Session, path: str, span: Period) -> tuple[tuple[int, ...], ...]:
    """Cases by weekday, Monday first, and hour."""
    hours = _no_hours()
    for day, hour, n in _by_hour(session, path, span):
        hours[day.weekday()][hour] += n
    return tuple(tuple(line) for line in hours)


def _no_hours() -> list[list[int]]:
    return [[0] * _DAY_H for _ in range(7)]


def _by_hour(session: Session, path: str, span: Period) -> Iterator[tuple[date, int, int]]:
    """Local day, hour and cases; one walk over the index, an hour at a time."""
    hour = (type_coerce(IncidentRow.created_at, BigInteger) + _ZONE_H * _HOUR_MS) // _HOUR_MS
    for number, n in session.execute(select(hour, func.count()).where(*inside(path, span)).group_by(hour)):
        day, of_day = divmod(int(number), _DAY_H)
        yield _EPOCH + timedelta(days=day), of_day, n


def read_places(session: Session, path: str, end: date) -> tuple[tuple[RepeatPlace, ...], int]:
    """Buildings with cases of one class again and again, most first; and how many cases name a building."""
    span = Period(end - timedelta(days=PLACE_DAYS), end)
    row = IncidentRow
    keys = (row.building_id, row.main_type_id)
    found: list[Any] = list(
        session.execute(
            select(*keys, func.count(), func.max(row.created_at))
            .where(*inside(path, span), row.building_id.is_not(None))
            .group_by(*keys)
        )
    )
    every: Counter[int] = Counter()
    for building, _, n, _ in found:
        every[building] += n
    often = sorted((line for line in found if line[2] >= PLACE_LEAST), key=lambda line: (-line[2], line[0]))
    once: dict[int, Any] = {}
    for line in often:
        once.setdefault(line[0], line)
    shown = list(once.values())[:SHOWN]
    where = {
        b.id: b
        for b in session.execute(
            select(BuildingRow.id, BuildingRow.name, AreaRow.code, AreaRow.name.label("area"), AreaRow.name_en)
            .join(AreaRow, AreaRow.id == BuildingRow.area_id)
            .where(BuildingRow.id.in_([line[0] for line in shown]))
        )
    }
    names = names_of(session, IncidentTypeRow, [line[1] for line in shown if line[1] is not None])
    lines = [
        RepeatPlace(
            name=where[building].name,
            area=where[building].code,
            area_name=where[building].area,
            area_name_en=where[building].name_en,
            type_name=names.get(kind, UNASSIGNED),
            type_id=kind,
            last=n,
            all=every[building],
            newest=local_day(newest),
        )
        for building, kind, n, newest in shown
        if building in where
    ]
    return tuple(lines), sum(every.values())


def read_reporters(session: Session, path: str, end: date, *, phones: bool) -> Reporters:
    """Who left one number with several reports. A number is masked before it leaves this function."""
    span = Period(end - timedelta(days=REPORTER_DAYS), end)
    rows = session.execute(
        select(ReportRow.phone, IncidentRow.main_type_id, IncidentRow.created_at)
        .join(IncidentRow, IncidentRow.id == ReportRow.incident_id)
        .where(*inside(path, span), ReportRow.phone.is_not(None))
    )
    by_number: defaultdict[str, list[tuple[int | None, Any]]] = defaultdict(list)
    for phone, kind, at in rows:
        by_number["".join(c for c in str(phone) if c.isdigit())].append((kind, at))
    often = sorted(
        ((number, of) for number, of in by_number.items() if len(of) >= REPORTER_LEAST),
        key=lambda one: (-len(one[1]), one[0]),
    )
    lines = [
        Reporter(
            phone=masking.phone(number) or "",
            cases=len(of),
            classes=len({kind for kind, _ in of}),
            newest=local_day(max(at for _, at in of)),
        )
        for number, of in often[:SHOWN]
    ]
    return Reporters(
        people=len(often),
        cases=sum(len(of) for _, of in often),
        reports=sum(len(of) for of in by_number.values()),
        lines=tuple(lines) if phones else (),
    )


def read_words(session: Session, path: str, end: date) -> NewWords:
    """New words of the newest week; none that is, or holds, the name of somebody the database knows."""
    week = timedelta(days=7)
    now = _texts(session, path, Period(end - week, end))
    before: list[str] = []
    if now:
        for back in range(1, WEEKS_BEFORE + 1):
            before += _texts(session, path, Period(end - (back + 1) * week, end - back * week))
    found = new_words.find(now, before)
    known = _names_known(session, new_words.may_be_names(found))
    words = tuple(word for word in found if not any(name in word.text for name in known))
    return NewWords(words, len(now), len(before))


def _texts(session: Session, path: str, week: Period) -> list[str]:
    """What was written in cases of a week: all of it, or of many every so manyeth."""
    here = (*inside(path, week), IncidentRow.description.is_not(None))
    count = session.scalar(select(func.count()).select_from(IncidentRow).where(*here)) or 0
    every = -(-count // TEXTS_A_WEEK)
    text = func.substr(IncidentRow.description, 1, new_words.LONGEST_TEXT)
    query = select(text).where(*here)
    return list(session.scalars(query.where(IncidentRow.id % every == 0) if every > 1 else query))


def _names_known(session: Session, names: set[str]) -> set[str]:
    """Which of `names` are those of residents, of people who answer for something, or of accounts."""
    if not names:
        return set()
    found: set[str] = set()
    for column in (ResidentRow.name, ResponsibleRow.name, UserRow.display):
        found.update(session.scalars(select(column).where(column.in_(names)).distinct()))
    return found
