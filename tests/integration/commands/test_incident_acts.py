"""What people and the clock do to cases, on both databases: row, history and event together, or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from data_access.commands.incident_acts import Act, act
from data_access.commands.incident_clock import look
from data_access.commands.incidents import take_in
from data_access.db.engine import Database
from data_access.db.tables import (
    AuditRow,
    CalendarDayRow,
    IncidentHistoryRow,
    IncidentRow,
    LegalEntityRow,
    OutboxRow,
    UnitRow,
)
from data_access.domain.accounts import Role
from data_access.domain.case_links import Linked, LinkKind
from data_access.domain.cases import CaseAction
from data_access.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed, NotFound
from data_access.domain.incident_moves import Details
from data_access.domain.periods import local_day
from data_access.events import LIVE_EVENT, IncidentChanged
from tests.small import COMMUNITY, DISTRICT_PATH, GRID, fill

HOUR = timedelta(hours=1)
A = CaseAction


class Desk:
    """One case and the people around it."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database, self.now = database, now
        self.id = self.report()

    def report(self, area: str = GRID) -> int:
        with self.database.writing() as session:
            key = f"k{session.scalar(select(func.count()).select_from(IncidentRow))}"
            row, _ = take_in(session, {"title": "井盖破损", "area": area, "key": key}, actor="api", now=self.now)
            return row.id

    def row(self, number: int | None = None) -> IncidentRow:
        with self.database.reading() as session:
            found = session.get_one(IncidentRow, number or self.id)
            session.expunge(found)
            return found

    def do(self, action: CaseAction, number: int | None = None, **more: Any) -> IncidentRow:
        said = {name: more.pop(name) for name in list(more) if name in Details.__slots__}
        number = number or self.id
        done = Act(
            action=action,
            version=more.pop("version", self.row(number).version),
            actor=more.pop("actor", "wang"),
            role=more.pop("role", Role.OFFICER),
            now=self.now,
            scope=more.pop("scope", ""),
            details=Details(**said),
            note=more.pop("note", None),
        )
        with self.database.writing() as session:
            act(session, number, done)
        return self.row(number)

    def advance(self, *steps: str, number: int | None = None) -> IncidentRow:
        for step in steps:
            self.do(A.ADVANCE, number, step=step, unit_id=1 if step == "dispatch" else None)
        return self.row(number)

    def history(self, number: int | None = None) -> list[str]:
        query = select(IncidentHistoryRow.action).where(IncidentHistoryRow.incident_id == (number or self.id))
        with self.database.reading() as session:
            return list(session.scalars(query.order_by(IncidentHistoryRow.id)))


@pytest.fixture
def desk(database: Database, noon: datetime) -> Desk:
    fill(database, noon)
    with database.writing() as session:
        session.add(UnitRow(source="t", ref="1", name="城管", aliases=[]))
    return Desk(database, noon)


def test_from_the_report_to_the_rating_with_history_and_events(desk: Desk) -> None:
    row = desk.advance("register", "dispatch", "handle", "feedback", "verify", "close")
    assert (row.stage, row.closed_at, row.unit_id, row.version, row.clock_at) == ("closed", desk.now, 1, 7, None)
    assert desk.do(A.RATE, rating=5).satisfaction == 5
    assert desk.history() == ["create", *["advance"] * 6, "rate"]
    with desk.database.reading() as session:
        bodies = session.scalars(select(OutboxRow.body).order_by(OutboxRow.id))
        events = [event for body in bodies if isinstance(event := LIVE_EVENT.validate_json(body), IncidentChanged)]
    assert [event.version for event in events] == list(range(1, 9))
    assert events[6].stage == "closed"


def test_what_is_refused_leaves_nothing_behind(desk: Desk) -> None:
    for error, action, said in (
        (IllegalTransition, A.ADVANCE, {"step": "close"}),
        (InvalidInput, A.SUSPEND, {}),
        (InvalidInput, A.MERGE, {"into": 999}),
        (NotAllowed, A.ADVANCE, {"step": "register", "role": Role.GRID_WORKER}),
        (NotFound, A.COMMENT, {"scope": "000001"}),
    ):
        with pytest.raises(error):
            desk.do(action, **said)
    desk.advance("register")
    with pytest.raises(InvalidInput):
        desk.do(A.ADVANCE, step="dispatch", unit_id=77)
    assert desk.history() == ["create", "advance"]
    assert desk.row().version == 2
    with desk.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 2


def test_somebody_faster_is_named_and_own_acts_and_the_clock_stop_nobody(desk: Desk) -> None:
    desk.do(A.ADVANCE, step="register", actor="wang")
    desk.now += 6 * HOUR
    assert look(desk.database, desk.now) == 1
    assert desk.history() == ["create", "advance", "escalate"]
    desk.do(A.SUSPEND, reason="等材料", version=1, actor="wang")  # his own step, and the clock's
    with pytest.raises(Conflict, match=r"王\* 刚刚挂起|刚刚挂起"):
        desk.do(A.RESUME, version=3, actor="li")
    desk.do(A.COMMENT, version=1, actor="li", note="知道了")
    with pytest.raises(Conflict):
        desk.do(A.RESUME, version=99)


def test_a_clock_that_runs_out_climbs_to_the_top_and_says_that_the_case_is_late(desk: Desk) -> None:
    levels = []
    for _ in range(200):
        desk.now += HOUR
        look(desk.database, desk.now)
        levels.append(desk.row().level)
    assert list(dict.fromkeys(levels)) == [0, 1, 2, 3]
    row = desk.row()
    assert (row.late, row.clock_at, row.turn_until, row.post) == (True, None, None, DISTRICT_PATH)
    assert desk.history().count("overdue") == 1
    assert desk.history().count("escalate") == 4  # three levels, and that there is none above
    with pytest.raises(IllegalTransition, match="最高"):
        desk.do(A.ESCALATE, reason="办不了")
    with pytest.raises(NotAllowed, match="升级"):
        desk.do(A.ADVANCE, step="register", scope=DISTRICT_PATH + "000")


def test_dispatching_gives_it_back_to_the_lowest_level_and_giving_up_raises_it(desk: Desk) -> None:
    desk.do(A.ESCALATE, reason="办不了")
    assert desk.row().level == 1
    row = desk.advance("register", "dispatch")
    assert (row.level, row.post) == (0, row.area_path)
    worker: dict[str, Any] = {"role": Role.GRID_WORKER, "scope": row.area_path, "actor": "chen"}
    desk.do(A.ACCEPT, **worker)
    with pytest.raises(InvalidInput):
        desk.do(A.ESCALATE, **worker)
    assert desk.do(A.ESCALATE, reason="要大机械", **worker).owner is None
    with pytest.raises(NotAllowed, match="升级"):
        desk.do(A.ADVANCE, step="handle", **worker)


def test_merged_cases_close_with_the_one_they_were_merged_into(desk: Desk) -> None:
    second, third = desk.report(), desk.report(COMMUNITY)
    desk.do(A.MERGE, second, into=desk.id)
    desk.do(A.MERGE, third, into=desk.id)
    with pytest.raises(IllegalTransition, match="反过来"):
        desk.do(A.MERGE, desk.id, into=desk.report())
    with pytest.raises(IllegalTransition, match="了结"):
        desk.do(A.MERGE, desk.report(), into=second)
    with pytest.raises(IllegalTransition, match="不能作废"):
        desk.do(A.VOID, reason="重复")
    desk.advance("register", "dispatch", "handle", "feedback", "verify", "close")
    for number in (second, third):
        assert (desk.row(number).stage, desk.row(number).closed_at) == ("closed", desk.now)
        assert desk.history(number) == ["create", "merge", "follow"]
    with desk.database.reading() as session:
        told = session.scalars(select(OutboxRow.body)).all()
    assert sum('"stage":"closed"' in body for body in told) == 3


def test_a_case_that_came_from_elsewhere_can_be_taken_up(desk: Desk) -> None:
    number = 1  # of `small`: only a stage, no step and no clocks
    with desk.database.writing() as session:
        session.get_one(IncidentRow, number).stage = "dispatch"
    row = desk.do(A.ADVANCE, number, step="handle")
    assert (row.stage, row.step, row.workflow) == ("handle", "handle", "seven")
    assert row.step_due_at is not None


def test_an_imported_free_day_moves_the_limits_reckoned_from_then_on(desk: Desk) -> None:
    before = desk.row(desk.report()).due_at
    with desk.database.writing() as session:
        session.add(CalendarDayRow(day=local_day(desk.now + 24 * HOUR), working=False, name="台风"))
    after = desk.row(desk.report()).due_at
    assert before is not None
    assert after == before + 24 * HOUR


def test_a_link_is_one_transaction_with_its_line_its_event_and_its_audit(desk: Desk) -> None:
    with desk.database.writing() as session:
        row = session.get_one(IncidentRow, desk.id)
        firm = LegalEntityRow(code="E1", name="春风餐饮", kind="company", area_id=row.area_id, area_path=row.area_path)
        session.add(firm)
        session.flush()
        linked = Linked(LinkKind.ENTITY, firm.id)
        before = session.scalar(select(func.max(OutboxRow.id))) or 0
    assert desk.do(A.LINK, linked=linked).version == 2
    with pytest.raises(IllegalTransition):
        desk.do(A.LINK, linked=linked)
    with pytest.raises(NotAllowed):
        desk.do(A.UNLINK, linked=linked, role=Role.LEADER)
    assert desk.do(A.UNLINK, linked=linked, version=1, actor="li").version == 3  # what wang added stops nobody
    with desk.database.reading() as session:
        told = [
            LIVE_EVENT.validate_json(body)
            for body in session.scalars(select(OutboxRow.body).where(OutboxRow.id > before))
        ]
        kept = session.execute(select(AuditRow.action, AuditRow.actor, AuditRow.detail).order_by(AuditRow.id)).all()
    assert [(event.type, event.version) for event in told] == [("incident.changed", 2), ("incident.changed", 3)]
    assert [(action, actor) for action, actor, _ in kept] == [("case_linked", "wang"), ("case_unlinked", "li")]
    assert kept[0][2] == {"linked": ["entity", linked.id]}
    assert desk.history()[-2:] == ["link", "unlink"]


def test_what_is_only_added_to_a_case_from_elsewhere_starts_no_clock(desk: Desk) -> None:
    with desk.database.writing() as session:
        row = session.get_one(IncidentRow, 1)
        row.due_at, version = desk.now - HOUR, row.version
    row = desk.do(A.COMMENT, 1, note="请核对")
    assert (row.version, row.workflow, row.step, row.clock_at) == (version + 1, None, None, None)
    look(desk.database, desk.now)
    assert desk.history(1)[-1] == "comment"
    assert desk.do(A.URGE, 1).clock_at is not None
