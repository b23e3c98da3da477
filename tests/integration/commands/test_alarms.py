"""What people do to alarms, on both databases: row, history and event together; the second is told who was faster."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data_access.commands import alarm_acts
from data_access.commands.alarm_acts import Act
from data_access.commands.alarms import Step, take_steps
from data_access.db.alarm_kinds import guidance, kind, kinds
from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmHistoryRow,
    AlarmKindRow,
    AlarmRow,
    DeviceModelRow,
    DeviceRow,
    IncidentHistoryRow,
    IncidentRow,
    OutboxRow,
    ResponsibleRow,
    TaskRow,
)
from data_access.domain.alarm_moves import Details
from data_access.domain.alarms import AlarmAction, CloseReason, Severity
from data_access.domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from tests import small

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
A = AlarmAction


@pytest.fixture
def filled(database: Database) -> Database:
    small.fill(database, NOON)
    return database


def seen(action: AlarmAction, version: int = 1, *, actor: str = "officer-1", **more: Any) -> Act:
    return Act(action=action, version=version, actor=actor, now=more.pop("now", NOON), **more)


def do(database: Database, action: AlarmAction, version: int, **more: Any) -> AlarmRow:
    """The whole of an alarm after `action`."""
    by_name = {A.UNDO: alarm_acts.take_back, A.INCIDENT: alarm_acts.make_incident}
    with database.writing() as session:
        return by_name.get(action, alarm_acts.act)(session, 1, seen(action, version, **more))


def history(database: Database) -> list[AlarmHistoryRow]:
    with database.reading() as session:
        found = list(session.scalars(select(AlarmHistoryRow).order_by(AlarmHistoryRow.id)))
        session.expunge_all()
        return found


def test_an_action_leaves_row_history_and_event_together(filled: Database) -> None:
    do(filled, A.ACKNOWLEDGE, 1, note="called the grid worker")
    with filled.reading() as session:
        row = session.get_one(AlarmRow, 1)
        assert (row.state, row.acknowledged_by, row.version, row.seen_severity) == ("active_acked", "officer-1", 2, 4)
        body = session.scalars(select(OutboxRow.body)).one()
    entry = history(filled)[-1]
    assert (entry.action, entry.actor, entry.note) == ("acknowledge", "officer-1", "called the grid worker")
    assert '"alarm.changed"' in body
    assert '"state":"active_acked"' in body


def test_who_comes_second_is_told_who_was_faster_and_nothing_is_lost(filled: Database) -> None:
    do(filled, A.ACKNOWLEDGE, 1, actor="周明")
    with filled.writing() as session, pytest.raises(Conflict, match="周\\* 刚刚确认了这条告警"):
        alarm_acts.act(session, 1, seen(A.CLAIM))
    assert [h.action for h in history(filled)] == ["raise", "acknowledge"]


def test_what_a_colleague_did_is_told_though_ones_own_word_came_after_it(filled: Database) -> None:
    do(filled, A.ACKNOWLEDGE, 1, actor="周明")
    do(filled, A.COMMENT, 1)  # what is said holds whatever happened
    with filled.writing() as session, pytest.raises(Conflict, match="周\\* 刚刚确认了这条告警"):
        alarm_acts.act(session, 1, seen(A.CLAIM))


def test_two_quick_keys_of_one_person_do_not_refuse_each_other(filled: Database) -> None:
    do(filled, A.ACKNOWLEDGE, 1)
    assert do(filled, A.CLAIM, 1).owner == "officer-1"
    with filled.writing() as session, pytest.raises(Conflict):
        alarm_acts.take_back(session, 1, seen(A.UNDO))  # what he takes back, he must have seen


@pytest.mark.parametrize(
    ("change", "refused"),
    [({}, False), ({"severity": 5}, True), ({"state": "cleared_unacked"}, True), ({"actor": "officer-2"}, True)],
)
def test_what_a_machine_counted_on_stops_nobody_unless_it_changed_what_he_saw(
    filled: Database,
    change: dict[str, Any],
    refused: bool,  # noqa: FBT001  # drawn by pytest
) -> None:
    with filled.writing() as session:
        row = session.get_one(AlarmRow, 1)
        for _ in range(3):
            row.version += 1
            line = {"actor": "ingest", "action": "retrigger", "state": row.state, "severity": row.severity, **change}
            session.add(AlarmHistoryRow(alarm_id=1, at=NOON, **line))
            session.flush()
    if refused:
        with filled.writing() as session, pytest.raises(Conflict):
            alarm_acts.act(session, 1, seen(A.ACKNOWLEDGE))
    else:
        assert do(filled, A.ACKNOWLEDGE, 1).state == "active_acked"


def test_what_is_not_there_or_lies_elsewhere_is_not_found(filled: Database) -> None:
    with filled.writing() as session:
        with pytest.raises(NotFound):
            alarm_acts.act(session, 999_999, seen(A.ACKNOWLEDGE))
        with pytest.raises(NotFound):
            alarm_acts.act(session, 1, seen(A.ACKNOWLEDGE, scope="000000001"))


def test_a_refused_action_leaves_nothing(filled: Database) -> None:
    with filled.writing() as session, pytest.raises(IllegalTransition):
        details = Details(until=NOON + timedelta(hours=1), note="检修")
        alarm_acts.act(session, 1, seen(A.SHELVE, details=details))
    assert len(history(filled)) == 1
    with filled.reading() as session:
        assert session.scalars(select(OutboxRow.body)).all() == []


@pytest.mark.parametrize("action", [A.ACKNOWLEDGE, A.CLAIM, A.CLOSE])
def test_undo_brings_everything_back_but_the_history(filled: Database, action: AlarmAction) -> None:
    with filled.reading() as session:
        before = {c.name: getattr(session.get_one(AlarmRow, 1), c.name) for c in AlarmRow.__table__.columns}
    do(filled, action, 1, details=Details(reason=CloseReason.TEST))
    back = do(filled, A.UNDO, 2, now=NOON + timedelta(seconds=9))
    after = {c.name: getattr(back, c.name) for c in AlarmRow.__table__.columns}
    assert after == {**before, "version": 3}
    assert [h.action for h in history(filled)] == ["raise", action, "undo"]
    with filled.writing() as session, pytest.raises(IllegalTransition):
        alarm_acts.take_back(session, 1, seen(A.UNDO, 3))  # an undo is not undone


def test_nobody_undoes_for_another(filled: Database) -> None:
    do(filled, A.ACKNOWLEDGE, 1)
    with filled.writing() as session, pytest.raises(IllegalTransition):
        alarm_acts.take_back(session, 1, seen(A.UNDO, 2, actor="officer-2"))


def test_a_dispatch_opens_a_task_and_names_a_person_only_masked(filled: Database) -> None:
    with filled.writing() as session:
        area = session.get_one(AlarmRow, 1)
        worker = ResponsibleRow(
            code="R1", name="王小明", role="grid_worker", area_id=area.area_id, area_path=area.area_path
        )
        session.add(worker)
        session.flush()
        dispatched = alarm_acts.dispatch(session, 1, seen(A.DISPATCH, note="带灭火器"), responsible_id=worker.id)
        task = session.scalars(select(TaskRow)).one()
        assert (dispatched.dispatched_to, dispatched.dispatched_at) == ("王*", NOON)
        assert (task.alarm_id, task.responsible_id, task.state, task.by) == (1, worker.id, "open", "officer-1")
        for asked in ({}, {"responsible_id": 1, "team_id": 1}, {"responsible_id": 77}, {"team_id": 77}):
            with pytest.raises(InvalidInput):
                alarm_acts.dispatch(session, 1, seen(A.DISPATCH, 2), **asked)


def test_an_incident_is_linked_both_ways_and_made_once(filled: Database) -> None:
    row = do(filled, A.INCIDENT, 1)
    with filled.reading() as session:
        incident = session.get_one(IncidentRow, row.incident_id)
        entry = session.scalars(select(IncidentHistoryRow).where(IncidentHistoryRow.incident_id == incident.id)).one()
        assert (incident.source, incident.source_ref, incident.title) == ("alarm", "1", "烟感火警 5栋")
        assert (incident.area_path, incident.stage, entry.actor) == (row.area_path, "report", "officer-1")
    with filled.writing() as session, pytest.raises(IllegalTransition):
        alarm_acts.make_incident(session, 1, seen(A.INCIDENT, 2))


def test_the_history_keeps_what_was_said(filled: Database) -> None:
    do(filled, A.CALL, 1, said={"who": "王*", "outcome": "no_answer"})
    do(filled, A.CLOSE, 2, note="检修", details=Details(reason=CloseReason.MAINTENANCE, note="检修"))
    call, close = history(filled)[-2:]
    assert call.detail == {"who": "王*", "outcome": "no_answer"}
    assert close.detail is not None
    assert close.detail["reason"] == "maintenance"


def test_what_to_do_is_inherited_from_kind_to_model_to_device(filled: Database) -> None:
    with filled.writing() as session:
        general = guidance(session, "smoke", 1)
        assert general.source == "kind"
        assert general.what_to_do == kind(session, "smoke").what_to_do
        session.execute(select(DeviceModelRow)).scalars().one().what_to_do = "型号的步骤"
        assert guidance(session, "smoke", 1).what_to_do == "型号的步骤"
        session.get_one(DeviceRow, 1).what_to_do = "这台的步骤"
        found = guidance(session, "smoke", 1)
        assert (found.what_to_do, found.source) == ("这台的步骤", "device")
        assert found.what_to_do_en == general.what_to_do_en
        assert guidance(session, "smoke", 2).source == "model"
        assert guidance(session, "unheard_of", None).what_to_do


def test_what_a_deployment_sets_for_a_kind_takes_the_place_of_what_it_came_with(filled: Database) -> None:
    with filled.writing() as session:
        session.add(AlarmKindRow(code="litter", severity=3, look_s=30, what_to_do="扫掉", escalation=[1, 2]))
        session.flush()
        found = kinds(session)["litter"]
        assert (found.name, found.severity, found.what_to_do) == ("垃圾暴露", Severity.MAJOR, "扫掉")
        assert (found.terms.look, found.terms.remind, found.escalation) == (timedelta(seconds=30), None, (1, 2))
        assert found.what_to_do_en.startswith("1. ")


def test_what_is_set_for_a_kind_holds_from_the_moment_an_alarm_is_raised(filled: Database) -> None:
    with filled.writing() as session:
        session.add(AlarmKindRow(code="litter", needs_reason=True, look_s=30))
        raised = Step(
            device_id=2, kind="litter", action=None, severity=Severity.WARNING, life_safety=False, value=1.0,
            threshold=1.0, unit=None, at=NOON, original_at=None, reading_ts=None, actor="ingest", latest=None,
        )  # fmt: skip
        number = take_steps(session, [raised], now=NOON)[2, "litter"]
        row = session.get_one(AlarmRow, number)
        assert (row.needs_reason, row.look_due_at) == (True, NOON + timedelta(seconds=30))
