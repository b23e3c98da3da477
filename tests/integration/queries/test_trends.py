"""Reads over the past, on both databases: whole days, open at their end, weeks, what rises, ages."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import AreaDayRow, AreaFactRow, AreaRow, IncidentRow, IncidentTypeRow, ResidentRow
from data_access.domain.facts import Daily
from data_access.domain.periods import local_day, midnight
from data_access.queries.topics import read_hot, read_topics
from data_access.queries.trends import DAYS, read_ages, read_daily, read_days, read_facts
from data_access.runtime import days
from tests.small import DISTRICT_PATH, GRID, fill

Case = tuple[datetime, datetime | None]


@pytest.fixture
def small(database: Database, noon: datetime) -> Database:
    fill(database, noon)
    with database.writing() as session:
        session.execute(delete(IncidentRow))
        session.add(IncidentTypeRow(id=1, source="t", ref="1", level=2, name="噪声"))
        session.add(IncidentTypeRow(id=2, source="t", ref="2", level=3, name="夜间施工噪声"))
    return database


def _cases(session: Session, cases: list[Case], **values: object) -> None:
    grid = session.query(AreaRow).filter_by(code=GRID).one()
    for number, (created, closed) in enumerate(cases):
        ref = f"{values.get('run', '')}{created:%m%d%H%M}-{number}"
        given = {
            "code": ref,
            "source": "test",
            "source_ref": ref,
            "title": "噪声",
            "area_id": grid.id,
            "area_path": grid.path,
            "stage": "closed" if closed else "handle",
            "created_at": created,
            "closed_at": closed,
            "main_type_id": 1,
            "sub_type_id": 2,
        }
        session.add(IncidentRow(**{**given, **values}))


def test_days_are_whole_local_ones_and_know_what_was_open_at_their_end(small: Database, noon: datetime) -> None:
    today = local_day(noon)
    start = midnight(today)
    hour, day = timedelta(hours=1), timedelta(days=1)
    with small.writing() as session:
        _cases(session, [(start - 2 * day + hour, start - day + hour)])  # the day before yesterday, closed yesterday
        _cases(session, [(start - hour, None)])  # yesterday, open
        _cases(session, [(start + hour, None)])  # today is not over
        _cases(session, [(start - hour, None)], run="replay")
        _cases(session, [(start - 400 * day, None)])  # open for a year
    with small.reading() as session:
        lines = read_days(session, DISTRICT_PATH, today)
    assert len(lines) == DAYS
    assert [(line.created, line.closed, line.open) for line in lines[-3:]] == [(0, 0, 1), (1, 0, 2), (1, 1, 2)]
    assert lines[-1].day == today - day
    assert {line.year_ago for line in lines} == {None}  # nothing is known of that time


def test_a_class_that_rises_is_found_with_its_place_and_one_that_is_as_ever_is_not(
    small: Database, noon: datetime
) -> None:
    end = local_day(noon)
    week = [midnight(end) - timedelta(days=7 * back + 3) for back in range(9)]
    with small.writing() as session:
        for at in week:
            _cases(session, [(at, at)] * 4)
        _cases(session, [(week[0] + timedelta(hours=1), None)] * 12)
    with small.reading() as session:
        found = read_hot(session, DISTRICT_PATH, end)
        topics = read_topics(session, DISTRICT_PATH, end)
        before = read_hot(session, DISTRICT_PATH, end - timedelta(days=7))
    (line,) = found.hot
    assert (line.name, line.last, line.expected) == ("夜间施工噪声", 16, 4.0)
    assert (line.code, line.type_id, line.weeks) == (GRID, 2, (4,) * 8 + (16,))  # of places alike, the smallest
    assert found.tested == 4  # the class in the grid, its community, its street and the district
    assert before.hot == ()
    assert topics.classes[0].weeks[-2:] == (4, 16)
    assert (topics.classes[0].now, topics.classes[0].before) == (28, 16)
    assert topics.channels[0].name == "未归属"


def test_ages_are_bands_of_five_years_by_sex(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        grid = session.query(AreaRow).filter_by(code=GRID).one()
        for born, sex in ((1930, "F"), (noon.year - 3, "M"), (noon.year - 7, "F")):
            session.add(
                ResidentRow(area_path=grid.path, name="张三", sex=sex, born=date(born, 6, 1), residency="registered")
            )
    with small.reading() as session:
        bands = read_ages(session, DISTRICT_PATH, local_day(noon))
    assert [(b.low, b.men, b.women) for b in bands if b.men or b.women] == [(0, 1, 0), (5, 0, 1), (85, 0, 1)]


def test_a_day_keeps_its_last_figures_and_only_whole_days_are_drawn(small: Database, noon: datetime) -> None:
    today = local_day(noon)
    with small.reading() as session:
        area_id = session.query(AreaRow).filter_by(path=DISTRICT_PATH).one().id
    for at in (noon - timedelta(days=1), noon, noon + timedelta(minutes=10)):
        assert days.keep(small, at) > 0
    with small.reading() as session:
        asked = select(AreaDayRow.day).where(
            AreaDayRow.area_id == area_id, AreaDayRow.metric == Daily.DEVICES_ONLINE.value
        )
        kept = set(session.scalars(asked))
        drawn = read_daily(session, area_id, today)[Daily.DEVICES_ONLINE]
        tomorrow = read_daily(session, area_id, today + timedelta(days=1))[Daily.DEVICES_ONLINE]
    assert kept == {today - timedelta(days=1), today}
    assert drawn[-1] == tomorrow[-2] == tomorrow[-1] is not None
    assert drawn[:-1] == (None,) * (DAYS - 1)


def test_facts_are_drawn_over_thirteen_months_with_gaps_where_nothing_is_known(small: Database) -> None:
    with small.writing() as session:
        area = session.query(AreaRow).filter_by(code=GRID).one()
        for month, value in ((date(2031, 5, 1), 90), (date(2031, 6, 1), 100), (date(2030, 6, 1), 80)):
            session.add(AreaFactRow(area_id=area.id, month=month, metric="residents", value=value))
        area_id = area.id
    with small.reading() as session:
        facts = read_facts(session, area_id)
    assert facts["residents"] == (80, *(None,) * 10, 90, 100)
