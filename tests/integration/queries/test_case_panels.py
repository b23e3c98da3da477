"""What stands beside the board, on both databases: limits, what is due soon, whose turn it is, inside the area."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from data_access.commands import items
from data_access.commands.incident_acts import Act, act
from data_access.commands.incidents import take_in
from data_access.db.engine import Database
from data_access.db.tables import AreaRow, IncidentRow, UnitRow
from data_access.domain.accounts import Role
from data_access.domain.cases import CaseAction
from data_access.domain.incident_moves import Details
from data_access.domain.incidents import Stage
from data_access.domain.workflows import SEVEN
from data_access.queries import incidents
from data_access.queries.case_panels import read_levels, read_limits, read_soon
from data_access.viewmodels.case_panels import LevelLine
from data_access.viewmodels.incidents import IncidentFilter
from tests.small import DISTRICT_PATH, GRID, fill

HOUR = timedelta(hours=1)
OPEN = IncidentFilter(state="open")


@pytest.fixture
def filed(database: Database, noon: datetime) -> tuple[Database, list[int]]:
    """Three cases of one grid, due in 2, 20 and 30 hours; the others of the district are over."""
    fill(database, noon)
    with database.writing() as session:
        session.execute(update(IncidentRow).values(stage="closed", closed_at=noon - HOUR))
        session.add(UnitRow(id=1, source="t", ref="1", name="城管", aliases=[]))
        numbers = []
        for n, hours in enumerate((30, 2, 20)):
            row, _ = take_in(session, {"title": f"事{n}", "area": GRID, "key": f"k{n}"}, actor="api", now=noon)
            row.due_at = noon + hours * HOUR
            numbers.append(row.id)
        return database, numbers


def test_the_limits_of_the_next_step_span_all_items_in_force(database: Database, noon: datetime) -> None:
    with database.writing() as session:
        alone = {limit.stage: limit for limit in read_limits(session)}
        own = {step.stage: following.limits[0] for step, following in zip(SEVEN.steps, SEVEN.steps[1:], strict=False)}
        assert {stage: limit.least for stage, limit in alone.items()} == own
        assert all(limit.least == limit.most for limit in alone.values())
        assert Stage.CLOSED not in alone
        items.lay(session, noon)
        session.flush()
        spread = {limit.stage: limit for limit in read_limits(session)}
    assert spread.keys() == alone.keys()
    handling = spread[Stage.DISPATCH]
    assert handling.least < handling.most
    assert all(timedelta(0) < limit.least <= limit.most for limit in spread.values())


def test_what_comes_due_within_a_day_comes_first_due_first(filed: tuple[Database, list[int]], noon: datetime) -> None:
    database, (_, first, second) = filed
    with database.reading() as session:
        found = read_soon(session, DISTRICT_PATH, OPEN, noon)
        assert (found.total, [line.id for line in found.lines]) == (2, [first, second])
        assert read_soon(session, DISTRICT_PATH, OPEN, noon + 7 * HOUR).total == 2  # 2 h is over, 30 h has come near
        assert read_soon(session, "000000001001", OPEN, noon).total == 0  # another community's grid


def test_open_cases_count_where_their_turn_is(filed: tuple[Database, list[int]], noon: datetime) -> None:
    database, numbers = filed
    with database.writing() as session:
        for number in numbers[:2]:
            for step, unit in (("register", None), ("dispatch", 1)):
                version = session.get_one(IncidentRow, number).version
                details = Details(step=step, unit_id=unit)
                said = Act(
                    action=CaseAction.ADVANCE, version=version, actor="w", role=Role.OFFICER, now=noon, details=details
                )
                act(session, number, said)
        session.get_one(IncidentRow, numbers[1]).level = 2
    with database.reading() as session:
        path = session.scalars(select(AreaRow.path).where(AreaRow.code == GRID)).one()
        assert read_levels(session, path, OPEN, noon) == (LevelLine(0, 2), LevelLine(2, 1))
        assert read_levels(session, "000000001001", OPEN, noon) == ()
        there = incidents.page(session, path, IncidentFilter(level=2), cursor=None, limit=9, now=noon).incidents
        assert [(line.id, line.climbed) for line in there] == [(numbers[1], True)]


def test_the_board_of_a_category_holds_its_cases_alone(filed: tuple[Database, list[int]], noon: datetime) -> None:
    database, _ = filed
    with database.writing() as session:
        items.lay(session, noon)
        session.flush()
        payload = {"title": "x", "area": GRID, "key": "k9", "class": "公共绿地养护"}
        row, _ = take_in(session, payload, actor="api", now=noon)
        number = row.id
    with database.reading() as session:
        everything = incidents.board(session, DISTRICT_PATH, OPEN, limit=9, now=noon)
        of_d = incidents.board(session, DISTRICT_PATH, IncidentFilter(state="open", category="D"), limit=9, now=noon)
        of_a = incidents.board(session, DISTRICT_PATH, IncidentFilter(state="open", category="A"), limit=9, now=noon)
    assert sum(column.total for column in everything.columns) == 4
    assert [line.id for column in of_d.columns for line in column.incidents] == [number]
    assert sum(column.total for column in of_a.columns) == 0


def test_how_long_closed_ones_took_is_said_of_what_was_no_show(
    filed: tuple[Database, list[int]], noon: datetime
) -> None:
    database, numbers = filed
    with database.writing() as session:
        for number, hours, run in zip(numbers, (2, 4, 0), (None, None, "r1"), strict=True):
            row = session.get_one(IncidentRow, number)
            row.stage, row.created_at, row.closed_at, row.run = "closed", noon - hours * HOUR, noon, run
    with database.reading() as session:
        closed = incidents.board(session, DISTRICT_PATH, OPEN, limit=9, now=noon).closed
        assert closed.total == 6  # three of the district were closed an hour ago
    with database.writing() as session:
        session.execute(update(IncidentRow).where(IncidentRow.id < 4).values(closed_at=noon - 72 * HOUR))
    with database.reading() as session:
        closed = incidents.board(session, DISTRICT_PATH, OPEN, limit=9, now=noon).closed
    assert (closed.total, closed.took) == (3, 3 * HOUR)
