"""The board and the list: what narrows them, what they count, page after page, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import AreaRow, ChannelRow, IncidentRow, IncidentTypeRow, UnitRow
from data_access.domain.errors import InvalidInput
from data_access.queries.incident_filter import NONE, choices
from data_access.queries.incidents import board, page
from data_access.viewmodels.incidents import IncidentFilter
from tests.small import COMMUNITY, DISTRICT_PATH, fill

HOUR = timedelta(hours=1)
EVERY = IncidentFilter(state="all")


@pytest.fixture
def session(database: Database, noon: datetime) -> Any:
    fill(database, noon)
    with database.writing() as writing:
        writing.add_all(UnitRow(id=n, source="t", ref=str(n), name="综合执法队", aliases=[]) for n in (1, 2))
        writing.add(ChannelRow(id=1, source="t", ref="12345", name="市民热线"))
        writing.add(IncidentTypeRow(id=1, source="t", ref="5", level=1, name="市容环卫"))
        writing.add(IncidentTypeRow(id=2, source="t", ref="9", level=2, parent_id=1, name="占道"))
        area = writing.scalars(select(AreaRow).where(AreaRow.code == COMMUNITY)).one()
        for n in range(12):
            writing.add(_case(n, area, noon))
    with database.reading() as reading:
        yield reading


def _case(n: int, area: AreaRow, noon: datetime) -> IncidentRow:
    closed = n >= 9
    return IncidentRow(
        code=f"T-{n}",
        source="t",
        source_ref=str(n),
        title="占道经营" if n % 2 else "噪音_扰民",
        place="湖贝新村 3 栋" if n == 4 else None,
        area_id=area.id,
        area_path=area.path,
        stage="closed" if closed else ("report", "dispatch")[n % 2],
        created_at=noon - n * 24 * HOUR,
        due_at=None if n == 6 else noon + (n - 2) * HOUR,
        closed_at=noon - (n - 8) * HOUR if closed else None,
        top_type_id=1 if n < 6 else None,
        main_type_id=2 if n < 3 else None,
        channel_id=1 if n % 3 == 0 else None,
        unit_id=1 + n % 2,
        urgency=n % 3,
        suspended_at=noon if n == 6 else None,
    )


def codes(session: Session, wanted: IncidentFilter, now: datetime, **more: Any) -> list[str]:
    found = page(session, DISTRICT_PATH, wanted, cursor=None, limit=100, now=now, **more).incidents
    return [line.code for line in found if line.code.startswith("T-")]


def test_open_ones_come_by_their_clock_and_each_filter_leaves_what_it_names(session: Session, noon: datetime) -> None:
    every = IncidentFilter()
    assert codes(session, every, noon) == [f"T-{n}" for n in (0, 1, 2, 3, 4, 5, 7, 8, 6)]
    for wanted, left in (
        ({"state": "overdue"}, [0, 1, 2]),
        ({"state": "suspended"}, [6]),
        ({"state": "closed"}, [9, 10, 11]),
        ({"stage": "dispatch"}, [1, 3, 5, 7]),
        ({"urgency": 2}, [2, 5, 8]),
        ({"type_id": 1}, [0, 1, 2, 3, 4, 5]),
        ({"type_id": 2}, [0, 1, 2]),
        ({"type_id": NONE}, [7, 8, 6]),
        ({"channel_id": 1}, [0, 3, 6]),
        ({"channel_id": NONE}, [1, 2, 4, 5, 7, 8]),
        ({"unit_id": 2}, [1, 3, 5, 7]),
        ({"text": "湖贝"}, [4]),
        ({"text": "t-7"}, [7]),
        ({"text": "音_扰"}, [0, 2, 4, 8, 6]),
        ({"text": "占_经"}, []),  # a blank of SQL is a sign like any other
        ({"first": (noon - 48 * HOUR).date(), "end": noon.date()}, [1, 2]),
        ({"state": "all", "first": noon.date()}, [0]),
    ):
        assert codes(session, replace(every, **wanted), noon) == [f"T-{n}" for n in left], wanted


def test_pages_have_everything_once_whatever_the_state(session: Session, noon: datetime) -> None:
    for state in ("open", "all", "closed", "overdue"):
        wanted, found, cursor = IncidentFilter(state=state), [], None
        whole = page(session, DISTRICT_PATH, wanted, cursor=None, limit=100, now=noon).incidents
        while True:
            part = page(session, DISTRICT_PATH, wanted, cursor=cursor, limit=2, now=noon)
            found += [line.id for line in part.incidents]
            cursor = part.next
            if cursor is None:
                break
        assert found == [line.id for line in whole]
        assert len(set(found)) == len(found)
    with pytest.raises(InvalidInput):
        page(session, DISTRICT_PATH, EVERY, cursor="d1-1", limit=2, now=noon)


def test_the_board_counts_what_its_filters_leave_and_what_was_closed_today(session: Session, noon: datetime) -> None:
    found = board(session, DISTRICT_PATH, IncidentFilter(unit_id=2), limit=2, now=noon)
    column = next(column for column in found.columns if column.stage == "dispatch")
    assert (column.total, column.overdue) == (4, 1)
    assert [line.code for line in column.incidents] == ["T-1", "T-3"]
    assert sum(column.total for column in found.columns) == 4
    assert [line.code for line in found.closed.incidents] == ["T-9", "T-11"]
    assert (found.closed.total, found.closed.overdue) == (2, 0)
    assert board(session, DISTRICT_PATH, limit=0, now=noon + 24 * HOUR).closed.total == 0


def test_a_line_names_its_place_with_the_area_above(session: Session, noon: datetime) -> None:
    line = page(session, DISTRICT_PATH, IncidentFilter(text="T-4"), cursor=None, limit=1, now=noon).incidents[0]
    assert (line.area, line.area_name, line.parent_name) == (COMMUNITY, "community0", "street0")


def test_two_units_of_one_name_are_told_apart(session: Session) -> None:
    found = choices(session)
    assert [unit.name for unit in found.units] == ["综合执法队", "综合执法队（2）"]
    assert [choice.name for choice in found.types] == ["市容环卫"]
