"""The areas beside one's own: counted, and only those of the same kind under the same parent."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select

from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, AreaRow, IncidentRow
from data_access.domain.periods import Period
from data_access.queries.neighbours import read_beside
from data_access.viewmodels.overview import Neighbour
from tests.small import DISTRICT_PATH, STREET_PATH, fill

MONTH = Period(date(2026, 6, 1), date(2026, 7, 1))


@pytest.fixture
def small(database: Database, noon: datetime) -> Database:
    fill(database, noon)
    return database


def test_a_community_sees_the_next_one_in_numbers(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        other = session.scalars(
            select(AreaRow).where(AreaRow.kind == "community").order_by(AreaRow.path.desc())
        ).first()
        assert other is not None
        for state, run in (
            ("active_acked", None),
            ("closed", None),
            ("cleared_unacked", None),
            ("active_unacked", "r"),
        ):
            alarm = AlarmRow(kind="gas", severity=3, life_safety=True, state=state, run=run, occurrences=1, place="x")
            alarm.area_id, alarm.area_path, alarm.source, alarm.version = other.id, other.path, "live", 1
            alarm.raised_at = alarm.last_at = noon
            session.add(alarm)
        session.flush()
        found = read_beside(session, STREET_PATH + "000", MONTH, noon)
        inside = session.scalars(select(IncidentRow).where(IncidentRow.area_path.startswith(other.path))).all()
        is_open = sum(row.stage not in {"closed", "void"} for row in inside)
    assert found == (
        Neighbour(name="community1", name_en=None, alarms=1, incidents=is_open, on_time_rate=found[0].on_time_rate),
    )
    assert is_open


def test_the_top_of_the_tree_and_an_only_child_have_no_neighbours(small: Database, noon: datetime) -> None:
    with small.reading() as session:
        assert read_beside(session, DISTRICT_PATH, MONTH, noon) == ()
        assert read_beside(session, STREET_PATH, MONTH, noon) == ()
        assert len(read_beside(session, STREET_PATH + "000001", MONTH, noon)) == 1
