"""研判 on both databases: the calendar counts each case once, places and people come again, nobody is named."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import AreaRow, IncidentRow, IncidentTypeRow, ReportRow, ResponsibleRow
from data_access.domain.periods import Period, local_day, midnight
from data_access.queries import areas
from data_access.queries.judgement import YEAR, hours_of, read, read_places, read_reporters, read_words
from data_access.queries.weekly import read_weekly
from tests.small import DISTRICT, DISTRICT_PATH, GRID, fill

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def small(database: Database, noon: datetime) -> Database:
    fill(database, noon)
    with database.writing() as session:
        session.execute(delete(IncidentRow))
        session.add(IncidentTypeRow(id=1, source="t", ref="1", level=2, name="噪声"))
    return database


def _case(session: Session, at: datetime, number: int, **values: object) -> IncidentRow:
    grid = session.scalars(select(AreaRow).where(AreaRow.code == GRID)).one()
    ref = f"{number}-{at:%m%d%H%M}"
    given = {
        "code": ref,
        "source": "test",
        "source_ref": ref,
        "title": "噪声",
        "stage": "handle",
        "main_type_id": 1,
        "sub_type_id": 1,
        "area_id": grid.id,
        "area_path": grid.path,
        "created_at": at,
    }
    row = IncidentRow(**{**given, **values})
    session.add(row)
    session.flush()
    return row


def test_the_calendar_has_every_case_of_the_year_once_at_its_local_hour(small: Database, noon: datetime) -> None:
    end = local_day(noon)
    monday = end - timedelta(days=end.weekday() + 7)
    with small.writing() as session:
        _case(session, midnight(monday), 1)  # the first moment of a day
        _case(session, midnight(monday) + DAY - timedelta(milliseconds=1), 2)  # its last
        _case(session, midnight(end - timedelta(days=YEAR)), 3)
        _case(session, midnight(end - timedelta(days=YEAR)) - HOUR, 4)  # a year and a day ago
        _case(session, midnight(end) + HOUR, 5)  # today is not over
        _case(session, midnight(monday), 6, run="replay")
    with small.reading() as session:
        found = read(session, DISTRICT_PATH, end, phones=False)
        hours = hours_of(session, DISTRICT_PATH, Period(monday, monday + timedelta(days=7)))
    assert (found.calendar.total, found.calendar.days[0]) == (3, 1)
    assert found.calendar.days[(monday - end).days + YEAR] == 2
    assert found.calendar.hours[0][23] == 1
    assert (hours[0][0], hours[0][23], sum(map(sum, hours))) == (1, 1, 2)


def test_a_building_repeats_with_three_cases_of_one_class(small: Database, noon: datetime) -> None:
    end = local_day(noon)
    with small.writing() as session:
        for n in range(3):
            _case(session, midnight(end) - (n + 1) * DAY, n, building_id=1)
        _case(session, midnight(end) - DAY, 7, building_id=1, main_type_id=None)
        _case(session, midnight(end) - 40 * DAY, 8, building_id=1)
    with small.reading() as session:
        (place,), placed = read_places(session, DISTRICT_PATH, end)
        none, _ = read_places(session, DISTRICT_PATH, end - timedelta(days=1))
    assert (place.name, place.area, place.type_name, place.last, place.all) == ("5栋", GRID, "噪声", 3, 4)
    assert (place.newest, placed) == (end - timedelta(days=1), 4)
    assert none == ()


def test_who_reports_often_is_a_masked_number_and_only_for_those_who_may_see_numbers(
    small: Database, noon: datetime
) -> None:
    end = local_day(noon)
    numbers = ["13800138000", "138-0013-8000", "138 0013 8000", "13900139000", "13900139000", None]
    with small.writing() as session:
        for n, phone in enumerate(numbers):
            row = _case(session, midnight(end) - (n + 1) * DAY, n)
            session.add(ReportRow(incident_id=row.id, secret=f"s{n}", phone=phone))
    with small.reading() as session:
        shown = read_reporters(session, DISTRICT_PATH, end, phones=True)
        hidden = read_reporters(session, DISTRICT_PATH, end, phones=False)
        elsewhere = read_reporters(session, "001", end, phones=True)
    assert (shown.people, shown.cases, shown.reports) == (1, 3, 5)
    (line,) = shown.lines
    assert (line.phone, line.cases, line.classes) == ("138****8000", 3, 1)
    assert (hidden.people, hidden.lines) == (1, ())
    assert elsewhere.reports == 0


def test_a_word_that_is_somebodys_name_is_not_shown(small: Database, noon: datetime) -> None:
    end = local_day(noon)
    usual = ("小区门口垃圾没有清运", "楼下烧烤油烟扰民", "夜间施工噪声大", "路灯不亮看不清")
    did = ("堆放杂物", "占用楼道", "深夜吵闹", "养狗扰民", "乱停车辆", "大声唱歌")
    with small.writing() as session:
        for n in range(160):
            _case(session, midnight(end) - (8 + n % 50) * DAY, n, description=usual[n % 4])
        for n in range(18):
            _case(session, midnight(end) - (1 + n % 6) * DAY, 200 + n, description=usual[n % 4])
        for n, what in enumerate(did):
            _case(session, midnight(end) - DAY, 300 + n, description=f"高明辉{what}")
            _case(session, midnight(end) - 2 * DAY, 400 + n, description=f"充电桩{what}")
    with small.reading() as session:
        before = {word.text for word in read_words(session, DISTRICT_PATH, end).words}
    with small.writing() as session:
        grid = session.scalars(select(AreaRow).where(AreaRow.code == GRID)).one()
        session.add(ResponsibleRow(code="r1", name="高明辉", role="grid_worker", area_id=grid.id, area_path=grid.path))
    with small.reading() as session:
        after = read_words(session, DISTRICT_PATH, end)
    assert before == {"高明辉", "充电桩"}
    assert {word.text for word in after.words} == {"充电桩"}
    assert (after.texts, after.before) == (30, 160)


def test_an_empty_area_has_nothing_to_say(small: Database) -> None:
    with small.reading() as session:
        found = read(session, DISTRICT_PATH, date(2026, 6, 1), phones=True)
    assert (found.hot.lines, found.places, found.words.words, found.reporters.people) == ((), (), (), 0)
    assert found.calendar.total == 0


def test_overdue_at_a_past_moment_is_what_stood_open_past_its_limit_then(small: Database, noon: datetime) -> None:
    then = midnight(local_day(noon) - 7 * DAY)
    with small.writing() as session:
        for n, (due, closed) in enumerate(
            [
                (then - HOUR, None),  # open ever since
                (then - HOUR, then + DAY),  # closed since
                (then - HOUR, then - timedelta(minutes=1)),  # closed by then
                (then + HOUR, None),  # fell due later
            ]
        ):
            stage = "closed" if closed else "handle"
            _case(session, then - 2 * DAY, n, due_at=due, closed_at=closed, stage=stage)
    with small.reading() as session:
        area = areas.find(session, DISTRICT, "")
        assert area is not None
        found = read_weekly(session, area, Period(local_day(then) - 7 * DAY, local_day(then)), at=noon)
    assert found.overdue == 2
