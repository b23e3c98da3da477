"""The catalogue drives the clocks: what an item or a workflow says is what a case gets, and what it keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from data_access.commands import items
from data_access.commands.incident_acts import Act, act
from data_access.commands.incident_clock import look
from data_access.commands.incidents import take_in
from data_access.db.calendar import work_calendar
from data_access.db.engine import Database
from data_access.db.tables import AuditRow, IncidentRow, IncidentTypeRow, ItemRow, UnitRow
from data_access.db.workflows import all_newest, newest, workflow_of
from data_access.domain.accounts import Role
from data_access.domain.cases import CaseAction
from data_access.domain.catalogue import Category, Item
from data_access.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from data_access.domain.escalation import Level
from data_access.domain.incident_moves import Details
from data_access.domain.workflows import SEVEN, Urgency, Workflow
from data_access.queries import incidents
from tests.small import DISTRICT_PATH, GRID, STREET_PATH, fill

HOUR = timedelta(hours=1)
LAMP = Item(number="C1", name="路灯", category=Category.C, limit=70 * HOUR)
GRAVE = replace(LAMP, limit=8 * HOUR, urgency=Urgency.VERY_URGENT, working=False, level=Level.STREET)


class Office:
    """An administrator's desk over a catalogue of one class at each level: 1 市政, 2 照明, 3 路灯."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database, self.now, self.cases = database, now, 0

    def set(self, item: Item, type_id: int = 3, area_path: str = "", seen: int = 0, scope: str = "") -> bool:
        with self.database.writing() as session:
            return items.set_item(
                session, item, type_id=type_id, area_path=area_path, seen=seen, scope=scope, by="root", now=self.now
            )

    def publish(self, workflow: Workflow, scope: str = "") -> Workflow:
        with self.database.writing() as session:
            return items.publish(session, workflow, scope=scope, by="root", now=self.now)

    def report(self, kind: str = "路灯", **more: Any) -> IncidentRow:
        self.cases += 1
        payload = {"title": "灯不亮", "area": GRID, "class": kind, "key": f"k{self.cases}", **more}
        with self.database.writing() as session:
            row, _ = take_in(session, payload, actor="api", now=self.now)
            return row

    def row(self, number: int) -> IncidentRow:
        with self.database.reading() as session:
            found = session.get_one(IncidentRow, number)
            session.expunge(found)
            return found

    def advance(self, number: int, *steps: str) -> IncidentRow:
        for step in steps:
            done = Act(
                action=CaseAction.ADVANCE,
                version=self.row(number).version,
                actor="wang",
                role=Role.OFFICER,
                now=self.now,
                details=Details(step=step, unit_id=1 if step == "dispatch" else None),
            )
            with self.database.writing() as session:
                act(session, number, done)
        return self.row(number)

    def after(self, wait: timedelta, *, working: bool) -> datetime:
        with self.database.reading() as session:
            return work_calendar(session).after(self.now, wait, working=working)


@pytest.fixture
def office(database: Database, noon: datetime) -> Office:
    fill(database, noon)
    with database.writing() as session:
        for level, name in enumerate(("市政", "照明", "路灯"), start=1):
            above = level - 1 or None
            session.add(IncidentTypeRow(source="t", ref=str(level), level=level, parent_id=above, name=name))
            session.flush()
        session.add(UnitRow(source="t", ref="1", name="城管", aliases=[]))
    return Office(database, noon)


def test_the_limits_of_the_item_are_those_of_the_case_step_by_step(office: Office) -> None:
    usual = office.report()
    office.set(replace(LAMP, limits={"register": HOUR / 2, "dispatch": 3 * HOUR}))
    case = office.report()
    assert (usual.item_id, usual.due_at) == (None, office.after(35 * HOUR, working=True))
    assert case.due_at == office.after(70 * HOUR, working=True)
    assert case.step_due_at == office.after(HOUR / 2, working=True)
    case = office.advance(case.id, "register")
    assert case.dispatch_due_at == office.after(3 * HOUR, working=True)
    case = office.advance(case.id, "dispatch")
    assert case.handle_due_at == office.after(42 * HOUR, working=True)
    office.now = case.step_due_at or office.now
    look(office.database, office.now)
    assert office.row(case.id).level == Level.COMMUNITY  # its clock ran out when the item says


def test_a_grave_item_is_urgent_runs_on_calendar_time_and_begins_with_its_level(office: Office) -> None:
    office.set(GRAVE)
    case = office.report()
    assert (case.urgency, case.level, case.post) == (Urgency.VERY_URGENT, Level.STREET, STREET_PATH)
    assert case.due_at == office.now + 8 * HOUR
    case = office.advance(case.id, "register", "dispatch")
    assert (case.level, case.post) == (Level.STREET, STREET_PATH)
    assert office.report(urgency="normal").urgency == Urgency.VERY_URGENT
    with office.database.reading() as session:
        seen = incidents.one(session, case.id, "", now=office.now)
    assert seen.incident.category == GRAVE.category


def test_the_narrowest_class_decides_then_the_smallest_area(office: Office) -> None:
    office.set(replace(LAMP, number="top", limit=40 * HOUR), type_id=1)
    office.set(replace(LAMP, number="street", limit=50 * HOUR), type_id=1, area_path=STREET_PATH)
    office.set(replace(LAMP, number="sub", limit=60 * HOUR), type_id=3)
    office.set(replace(LAMP, number="elsewhere", limit=9 * HOUR), type_id=3, area_path="000001")

    def limit(kind: str) -> float:
        with office.database.reading() as session:
            found = session.get_one(IncidentRow, office.report(kind).id)
            return workflow_of(session, found).limits[Urgency.NORMAL] / HOUR

    assert [limit(kind) for kind in ("市政", "照明", "路灯")] == [50, 50, 60]


def test_cases_under_way_keep_the_item_and_the_workflow_they_came_in_under(office: Office) -> None:
    office.set(LAMP)
    before = office.report()
    office.set(replace(LAMP, limit=7 * HOUR), seen=1)
    slower = replace(SEVEN.steps[1], limits=(2 * HOUR, HOUR, HOUR / 2))
    longer = tuple(limit + 2 * HOUR for limit in SEVEN.limits)
    made = office.publish(
        replace(SEVEN, limits=(longer[0], longer[1], longer[2]), steps=(SEVEN.steps[0], slower, *SEVEN.steps[2:]))
    )
    after, plain = office.report(), office.report("市政")
    assert (made.version, before.workflow, after.workflow, plain.workflow) == (1, "seven", "seven@1", "seven@1")
    assert after.due_at == office.after(7 * HOUR, working=True)
    assert plain.step_due_at == office.after(2 * HOUR, working=True)
    handled = office.advance(before.id, "register", "dispatch", "handle", "feedback", "verify")
    assert handled.due_at == office.after(70 * HOUR, working=True)
    assert handled.step_due_at == office.after(8 * HOUR, working=True)  # 4 of 35, of 70
    with office.database.reading() as session:
        assert newest(session, "seven") == made
        assert [w.version for w in all_newest(session) if w.code == "seven"] == [1]


def test_who_may_do_a_step_is_what_the_published_workflow_says(office: Office) -> None:
    first = office.report()
    steps = (SEVEN.steps[0], replace(SEVEN.steps[1], by=frozenset({Role.GRID_WORKER})), *SEVEN.steps[2:])
    office.publish(replace(SEVEN, steps=steps))
    second = office.report()
    assert office.advance(first.id, "register").step == "register"
    with pytest.raises(NotAllowed):
        office.advance(second.id, "register")


def test_an_item_can_choose_another_workflow_and_a_named_one_wins(office: Office) -> None:
    office.set(replace(LAMP, workflow="five", limit=28 * HOUR))
    assert office.report().step == "find"
    named = office.report(workflow="seven")
    assert (named.step, named.due_at) == ("report", office.after(28 * HOUR, working=True))


def test_every_change_is_a_version_with_its_audit_row_and_only_within_ones_area(office: Office) -> None:
    assert office.set(LAMP)
    assert not office.set(LAMP, seen=1)
    assert office.set(replace(LAMP, name="路灯不亮"), seen=1)
    refused: tuple[tuple[type[Exception], dict[str, Any]], ...] = (
        (Conflict, {"seen": 1}),
        (Conflict, {"seen": 0}),
        (NotAllowed, {"seen": 2, "scope": DISTRICT_PATH}),
        (NotFound, {"seen": 0, "item": replace(LAMP, number="C2"), "type_id": 99}),
        (InvalidInput, {"seen": 2, "item": replace(LAMP, limit=timedelta(0))}),
    )
    for error, wrong in refused:
        with pytest.raises(error):
            office.set(**{"item": replace(LAMP, limit=9 * HOUR), **wrong})
    assert office.set(LAMP, area_path=STREET_PATH, scope=STREET_PATH)  # a street's own, under the same number
    with office.database.writing() as session:
        items.retire_item(session, "C1", area_path="", seen=2, scope="", by="root", now=office.now)
    with office.database.reading() as session:
        rows = session.execute(
            select(ItemRow.area_path, ItemRow.version, ItemRow.retired_at.is_(None)).order_by(ItemRow.id)
        ).all()
        audit = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
        session.expunge_all()
    assert [tuple(row) for row in rows] == [("", 1, False), ("", 2, False), (STREET_PATH, 1, True)]
    assert [(row.subject, row.actor) for row in audit] == [("item:C1", "root")] * 4
    assert audit[1].detail is not None
    assert audit[1].detail["before"]["name"] == "路灯"
    assert audit[1].detail["after"]["name"] == "路灯不亮"
    assert office.set(replace(LAMP, limit=9 * HOUR))  # once retired, the number is free again
    assert office.report().due_at == office.after(70 * HOUR, working=True)  # the street's own decides there


def test_cases_go_through_the_steps_of_their_version_to_the_end(office: Office) -> None:
    old = office.report()
    report, register, dispatch, handle, _, verify, close = SEVEN.steps
    call = replace(verify, key="s1", name="电话回访", limits=(HOUR, HOUR, HOUR))
    made = office.publish(replace(SEVEN, steps=(report, dispatch, handle, call, verify, close)))
    new = office.report()

    def done(row: IncidentRow) -> list[str]:
        steps: list[str] = []
        while (row := office.row(row.id)).stage != "closed":
            with office.database.reading() as session:
                following = workflow_of(session, row).following(row.step or "")
            assert following is not None
            details = Details(step=following.key, unit_id=1 if following.assigns else None)
            with office.database.writing() as session:
                what = Act(
                    action=CaseAction.ADVANCE,
                    version=row.version,
                    actor="root",
                    role=Role.OFFICER,
                    now=office.now,
                    details=details,
                )
                act(session, row.id, what)
            steps.append(following.key)
        return steps

    assert done(new) == ["dispatch", "handle", "s1", "verify", "close"] == [step.key for step in made.steps[1:]]
    assert done(old) == [register.key, *("dispatch", "handle", "feedback", "verify", "close")]


def test_a_workflow_that_cannot_be_is_not_published(office: Office) -> None:
    office.set(replace(LAMP, limits={"handle": 42 * HOUR}))
    wider = replace(SEVEN.steps[3], limits=(30 * HOUR, 24 * HOUR, 6 * HOUR))
    close = replace(SEVEN.steps[-1], limits=(8 * HOUR, 8 * HOUR, 2 * HOUR))
    for error, wrong, said in (
        (InvalidInput, {"steps": (*SEVEN.steps[:3], wider, *SEVEN.steps[4:])}, "超过了全案"),
        (InvalidInput, {"name": " "}, "名称"),
        (Conflict, {"version": 1}, "别人改过"),
        # Right by itself; but the item's own limit for handling leaves the other steps less than their new share.
        (InvalidInput, {"limits": (39 * HOUR, *SEVEN.limits[1:]), "steps": (*SEVEN.steps[:-1], close)}, "事项 C1"),
    ):
        with pytest.raises(error, match=said):
            office.publish(replace(SEVEN, **wrong))
    report, register, dispatch, handle, feedback, verify, close = SEVEN.steps
    for steps, said in (
        ((report, register, dispatch, feedback, verify, close), "处置这一步"),
        ((report, register, handle, feedback, verify, close), "派遣这一步"),
        ((report, replace(dispatch, assigns=False), handle, close), "指定处置单位"),
        ((report, dispatch, handle, verify), "到结案为止"),
        ((register, dispatch, handle, close), "从采集开始"),
        ((report, dispatch, verify, handle, close), "按阶段先后"),
        ((report, dispatch, handle, replace(verify, name="处置"), close), "同名"),
        ((report, dispatch, handle, replace(close, key="end")), "到结案为止"),
        ((report, dispatch, *(replace(handle, key=f"h{n}", name=f"{n}") for n in range(10)), close), "最多 12 步"),
    ):
        with pytest.raises(InvalidInput, match=said):
            office.publish(replace(SEVEN, steps=steps))
    with pytest.raises(NotAllowed, match="上级"):
        office.publish(SEVEN, scope=DISTRICT_PATH)
    assert office.publish(SEVEN) == SEVEN
    with office.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditRow)) == 1


def test_the_lists_that_ship_are_laid_once_and_by_the_ids_of_the_appeals(office: Office) -> None:
    for _ in range(2):
        with office.database.writing() as session:
            items.lay(session, office.now)
    with office.database.reading() as session:
        count = dict(
            session.execute(
                select(IncidentTypeRow.level, func.count())
                .where(IncidentTypeRow.source == "appeals")
                .group_by(IncidentTypeRow.level)
            ).all()
        )
        samples = session.scalar(select(func.count()).where(ItemRow.sample))
    assert (count, samples) == ({1: 18, 2: 128, 3: 345}, 124)
    case = office.report("消防通道堵塞")
    assert (case.urgency, case.due_at) == (Urgency.URGENT, office.now + 36 * HOUR)
