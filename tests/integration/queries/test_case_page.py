"""One case with everything around it, on both databases: clocks, people, links, suggestions, inside the scope."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data_access.auth.principal import Principal
from data_access.commands.incident_acts import Act, act
from data_access.commands.incidents import take_in
from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmRow,
    AreaRow,
    BuildingRow,
    IncidentHistoryRow,
    IncidentRow,
    IncidentTypeRow,
    ResponsibleRow,
    UnitRow,
)
from data_access.domain.accounts import Role
from data_access.domain.cases import CaseAction
from data_access.domain.errors import NotFound
from data_access.domain.incident_moves import Details
from data_access.queries.case_page import case_page
from data_access.viewmodels.case_page import CasePage
from tests.small import COMMUNITY, GRID, fill

HOUR = timedelta(hours=1)
MORNING = timedelta(hours=-3)  # of noon: nine o'clock, when limits begin to run
A = CaseAction


class Desk:
    """A case of one grid, looked at and acted on."""

    def __init__(self, database: Database, noon: datetime) -> None:
        self.database, self.now = database, noon + MORNING
        fill(database, noon)
        with database.writing() as session:
            session.add_all(UnitRow(id=n, source="t", ref=str(n), name=f"单位{n}", aliases=[]) for n in (1, 2))
            session.add(IncidentTypeRow(id=1, source="t", ref="5", level=1, name="市容环卫"))
            session.add(IncidentTypeRow(id=2, source="t", ref="9", level=2, parent_id=1, name="占道"))
            grid = session.scalars(select(AreaRow).where(AreaRow.code == GRID)).one()
            session.add(
                ResponsibleRow(
                    code="P1",
                    name="王小明",
                    role="grid_worker",
                    phone="13800001234",
                    area_id=grid.id,
                    area_path=grid.path,
                )
            )
            self.grid = grid.path
        self.code = self.report("k1")

    def report(self, key: str, area: str = GRID) -> str:
        payload = {"title": "占道经营", "area": area, "key": key, "class": "占道"}
        with self.database.writing() as session:
            row, _ = take_in(session, payload, actor="api", now=self.now)
            row.building_id = session.scalars(select(BuildingRow.id)).first()
            return row.code

    def do(self, action: CaseAction, code: str = "", actor: str = "wang", **said: Any) -> None:
        with self.database.writing() as session:
            row = session.scalars(select(IncidentRow).where(IncidentRow.code == (code or self.code))).one()
            act(
                session,
                row.id,
                Act(
                    action=action,
                    version=row.version,
                    actor=actor,
                    role=Role.OFFICER,
                    now=self.now,
                    details=Details(**said),
                ),
            )

    def page(self, scope: str = "", role: Role = Role.OFFICER, code: str = "") -> CasePage:
        who = Principal(name="wang", role=role, scope=scope)
        with self.database.reading() as session:
            phones = role is Role.OFFICER
            return case_page(session, code or self.code, who, now=self.now, whole_phones=phones, reply_days=14)


@pytest.fixture
def desk(database: Database, noon: datetime) -> Desk:
    return Desk(database, noon)


def test_the_loop_says_what_each_step_took_of_its_limit_and_who_did_it(desk: Desk) -> None:
    desk.now += HOUR / 2
    desk.do(A.ADVANCE, step="register")
    desk.now += HOUR
    desk.do(A.ADVANCE, step="dispatch", unit_id=1, actor="li")
    desk.now += 4 * HOUR  # two of them are the break at noon
    steps = desk.page().steps
    assert [step.done for step in steps] == [True, True, True, False, False, False, False]
    assert [(step.used, step.limit, step.who) for step in steps[1:4]] == [
        (HOUR / 2, HOUR, "wang"),
        (HOUR, 2 * HOUR, "li"),
        (2 * HOUR, 21 * HOUR, None),
    ]
    assert steps[3].due_at is not None
    assert steps[4].used is None


def test_a_case_from_elsewhere_has_its_times_and_no_limits(desk: Desk, noon: datetime) -> None:
    with desk.database.writing() as session:
        row = session.get_one(IncidentRow, 1)
        row.stage, row.registered_at, row.dispatched_at = "dispatch", noon - 20 * HOUR, noon - 18 * HOUR
        session.add(
            IncidentHistoryRow(incident_id=1, at=noon - 20 * HOUR, actor="受理席", action="register", stage="register")
        )
    steps = desk.page(code="I1").steps
    assert [(step.at, step.who, step.limit) for step in steps[1:3]] == [
        (noon - 20 * HOUR, "受理席", None),
        (noon - 18 * HOUR, None, None),
    ]
    assert not steps[3].done


def test_people_are_masked_and_their_phones_whole_for_the_desk_alone(desk: Desk) -> None:
    (person,) = desk.page().people
    assert (person.name, person.phone) == ("王*", "13800001234")
    assert desk.page(role=Role.LEADER).people[0].phone == "138****1234"


def test_what_may_be_the_same_is_offered_and_what_was_merged_is_shown(desk: Desk) -> None:
    second, other = desk.report("k2"), desk.report("k3", "440303004012001")
    assert [line.code for line in desk.page().near] == [other, second]  # of the same building
    with desk.database.reading() as session:
        into = session.scalars(select(IncidentRow.id).where(IncidentRow.code == desk.code)).one()
    desk.do(A.MERGE, second, into=into)
    page = desk.page()
    assert [line.code for line in page.merged] == [second]
    assert [line.code for line in page.near] == [other]
    inside = desk.page(scope=desk.grid[:9])
    assert [line.code for line in inside.near] == []  # the neighbour's row is not theirs
    merged = desk.page(code=second)
    assert merged.into is not None
    assert merged.into.code == desk.code


def test_the_alarm_it_was_made_of_is_linked(desk: Desk) -> None:
    with desk.database.writing() as session:
        row = session.scalars(select(IncidentRow).where(IncidentRow.code == desk.code)).one()
        alarm = session.get_one(AlarmRow, 1)
        alarm.incident_id, alarm.area_path = row.id, desk.grid
    (linked,) = desk.page().alarms
    assert (linked.id, linked.kind, linked.severity) == (1, "smoke", 4)


def test_outside_the_scope_there_is_no_such_case(desk: Desk) -> None:
    desk.page(scope=desk.grid)
    for scope, code in (("000000001", ""), (desk.grid, "I2"), ("", "nothing")):
        with pytest.raises(NotFound):
            desk.page(scope=scope, code=code)


def test_who_handled_its_kind_nearby_is_suggested_with_the_work_in_hand(desk: Desk, noon: datetime) -> None:
    with desk.database.writing() as session:
        area = session.scalars(select(AreaRow).where(AreaRow.code == COMMUNITY)).one()
        for n in range(8):
            session.add(
                IncidentRow(
                    code=f"P{n}", source="p", source_ref=str(n), title="占道", area_id=area.id, area_path=area.path,
                    stage="closed" if n > 1 else "dispatch", created_at=noon - n * 24 * HOUR,
                    due_at=noon - HOUR * 24 * 30 if n == 0 else None,
                    top_type_id=1, main_type_id=2 if n < 6 else None, unit_id=1 if n < 5 else 2,
                )
            )  # fmt: skip
    assert desk.page().assignment is None  # it is to be registered first
    desk.do(A.ADVANCE, step="register")
    found = desk.page().assignment
    assert found is not None
    assert (found.area, found.kind) == ("community0", "占道")
    assert [(name, one.handled, one.of, one.open, one.overdue) for name, one in found.suggestions] == [
        ("单位1", 5, 6, 2, 1),
        ("单位2", 1, 6, 0, 0),
    ]
    assert desk.page(role=Role.LEADER).assignment is None  # not his to dispatch
