"""The desk's reads, on both databases: the order of the queue, the shift's figures, one alarm with all around it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data_access.commands import users
from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmHistoryRow,
    AlarmRow,
    AreaRow,
    BuildingRow,
    DeviceRow,
    DutyRow,
    DwellingRow,
    HouseholdRow,
    IncidentRow,
    NoticeRow,
    ResidentRow,
    ResponsibleRow,
    ShiftRow,
)
from data_access.domain.accounts import Role
from data_access.domain.errors import NotFound
from data_access.queries import desk, exports, people
from tests.small import STREET_PATH, fill


@pytest.fixture
def small(database: Database, noon: datetime) -> Database:
    fill(database, noon)
    with database.writing() as session:
        session.execute(update(AlarmRow).values(state="closed", raised_at=noon - timedelta(days=2)))
    return database


def _alarm(session: Session, at: datetime, **more: object) -> AlarmRow:
    """Another alarm at the building of the small district."""
    building = session.scalars(select(BuildingRow)).one()
    given: dict[str, object] = {
        "kind": "smoke",
        "severity": 4,
        "life_safety": True,
        "state": "active_unacked",
        "occurrences": 1,
        "area_id": building.area_id,
        "area_path": building.area_path,
        "building_id": building.id,
        "place": building.name,
        "lng": building.lng,
        "lat": building.lat,
        "raised_at": at,
        "last_at": at,
        "source": "live",
        "version": 1,
    }
    row = AlarmRow(**{**given, **more})
    session.add(row)
    session.flush()
    return row


def test_the_first_page_is_the_worst_and_then_the_oldest(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        late = _alarm(session, noon).id
        early = _alarm(session, noon - timedelta(minutes=5)).id
        _alarm(session, noon, state="closed")
        mild = _alarm(session, noon - timedelta(hours=2), severity=1).id
        found = desk.queue(session, "")
    assert [line.alarm.alarm_id for line in found.lines][:2] == [early, late]
    assert found.lines[-1].alarm.alarm_id == mild
    assert found.by_severity[4] == 2
    assert found.last_at == noon


def test_shelved_and_suppressed_alarms_are_not_on_the_first_page(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        parent = _alarm(session, noon)
        _alarm(session, noon, parent_id=parent.id)
        _alarm(session, noon, shelved_until=noon + timedelta(hours=1))
        _alarm(session, noon, shelved_until_clear=True)
        found = desk.queue(session, "")
    assert [line.alarm.alarm_id for line in found.lines if line.severity == 4] == [parent.id]
    assert found.by_severity[4] == 1


def test_a_confirmed_event_is_one_line_as_old_as_its_first_and_waits_when_all_of_it_does(
    small: Database, noon: datetime
) -> None:
    def ago(minutes: int) -> datetime:
        return noon - timedelta(minutes=minutes)

    with small.writing() as session:
        first = _alarm(session, ago(9), severity=3, state="active_acked")
        _alarm(session, ago(2), event_id=first.id)
        first.event_id = first.id
        _alarm(session, ago(4), event_id=first.id)
        _alarm(session, ago(4), event_id=first.id, state="closed")
        _alarm(session, ago(4), event_id=first.id, shelved_until=noon)
        alone = _alarm(session, ago(6)).id
        over = _alarm(session, ago(30), state="cleared_acked")
        for n in range(50):
            _alarm(session, ago(80 - n), state="cleared_acked", event_id=over.id)
        over.event_id = over.id
        found = desk.queue(session, "", limit=3)
    seen = [(line.alarm.event_id or line.alarm.alarm_id, line.n, line.unacked) for line in found.lines]
    assert seen == [(first.id, 3, 2), (alone, 1, 1), (over.id, 51, 0)]
    assert found.lines[0].since == ago(9)
    assert found.lines[0].severity == 4
    assert found.by_severity[4] == 54


def test_the_figures_count_from_the_beginning_of_the_viewers_shift(small: Database, noon: datetime) -> None:
    began = noon - timedelta(hours=1)
    with small.writing() as session:
        session.add(ShiftRow(user="zhou", area_path="", seat="A", started_at=began, ended_at=None))
        for seconds, reason in ((30, "real"), (90, "false")):
            raised = noon - timedelta(minutes=20)
            acked = raised + timedelta(seconds=seconds)
            _alarm(session, raised, acknowledged_at=acked, close_reason=reason, state="closed")
        _alarm(session, began - timedelta(hours=1), acknowledged_at=noon, close_reason="false", state="closed")
        _alarm(session, noon - timedelta(seconds=30))
        mine = desk.shift_figures(session, "", "zhou", noon)
        nobodys = desk.shift_figures(session, "", "wu", noon)
    assert mine.on_shift
    assert (mine.acknowledged, mine.mean_acknowledge_s) == (2, 60.0)
    assert (mine.closed, mine.false_alarms) == (2, 1)
    assert mine.per_minute[-1] == 1
    assert not nobodys.on_shift


def test_notices_that_did_not_get_out_are_counted_by_way_for_a_day(small: Database, noon: datetime) -> None:
    made = (
        *(("sms", "failed", 6, 1), ("sms", "failed", 6, 30), ("email", "failed", 6, 2), ("sms", "sent", 2, 1)),
        *(("webhook", "waiting", 2, 1), ("webhook", "waiting", 0, 0)),
    )
    with small.writing() as session:
        for way, state, attempts, hours in made:
            at = noon - timedelta(hours=hours)
            row = NoticeRow(area_path="000", step="escalated", channel=way, target="x", body="x", created_at=at)
            row.state, row.attempts = state, attempts
            session.add(row)
        session.flush()
        found = desk.figures(session, "", now=noon, since=noon)
        elsewhere = desk.figures(session, "999", now=noon, since=noon)
    assert (found.undelivered, found.retried) == ({"sms": 1, "email": 1}, 1)
    assert (elsewhere.undelivered, elsewhere.retried) == ({}, 0)


def test_what_has_no_data_is_none_and_not_nought(small: Database, noon: datetime) -> None:
    with small.reading() as session:
        found = desk.figures(session, "", now=noon, since=noon - timedelta(seconds=1))
    assert found.mean_acknowledge_s is None
    assert found.false_alarms is None


def test_one_alarm_comes_with_people_cameras_and_neighbours(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        first, second = session.scalars(select(DeviceRow).order_by(DeviceRow.id.desc()).limit(2))
        first.floor, second.floor = 5, 3
        one, other = _alarm(session, noon, device_id=first.id), _alarm(session, noon, severity=2, device_id=second.id)
        for name, starts in (("陈丽", noon - timedelta(hours=1)), ("黄强", noon + timedelta(hours=1))):
            person = ResponsibleRow(
                code=name,
                name=name,
                role="grid_worker",
                phone="13800001234",
                area_id=one.area_id,
                area_path=one.area_path,
            )
            session.add(person)
            session.flush()
            ends = starts + timedelta(hours=8)
            session.add(DutyRow(responsible_id=person.id, area_path=one.area_path, starts_at=starts, ends_at=ends))
        seen = desk.alarm(session, one.id, "", now=noon, whole_phones=True)
        masked = desk.alarm(session, one.id, "", now=noon, whole_phones=False)
        sibling = other.id
    people = {p.name: (p.phone, p.on_duty) for p in seen.around.people}
    assert people == {"陈*": ("13800001234", True), "黄*": ("13800001234", False)}
    assert {p.phone for p in masked.around.people} == {"138****1234"}
    assert {(p.of_building, p.metres) for p in seen.around.people} == {(False, 0)}  # the middle of the grid
    assert sibling in [a.alarm_id for a in seen.siblings]
    assert seen.around.floor == 5
    assert [a.floor for a in seen.siblings] == [3]
    assert [area.kind for area in seen.around.trail] == ["district", "street", "community", "grid"]
    metres = [camera.metres for camera in seen.around.cameras if camera.delivering]
    assert metres == sorted(metres)


def test_who_acted_is_called_by_name_and_machines_are_not(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        users.add(session, "wang", Role.OFFICER, display="王敏", actor="chief", now=noon)
        one = _alarm(session, noon, owner="wang", state="closed", closed_by="gone")
        for actor in ("ingest", "wang", "gone"):
            session.add(
                AlarmHistoryRow(alarm_id=one.id, at=noon, actor=actor, action="comment", state="closed", severity=4)
            )
        session.flush()
        seen = desk.alarm(session, one.id, "", now=noon, whole_phones=True)
        around = [people.officers(session, path) for path in ("", STREET_PATH, "001")]
        exported = next(row for row in exports.alarms(session, exports.Filter()) if row["id"] == one.id)
    assert [seen.called(step.actor) for step in seen.detail.history] == ["ingest", "王敏", "gone"]
    assert around == [{"wang": "王敏"}] * 3  # he looks after all
    assert seen.detail.alarm.owner == "wang"  # whose it is stays the account: the page compares it
    assert [exported[name] for name in ("owner", "owner_name", "closed_by_name", "acknowledged_by_name")] == [
        *("wang", "王敏", "gone"),
        None,
    ]


def test_people_at_risk_are_counted_and_never_named(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        one = _alarm(session, noon)
        assert one.building_id is not None
        home = DwellingRow(
            code="D1", building_id=one.building_id, area_path=one.area_path, unit=1, floor=7, room="703", use="owner"
        )
        session.add(home)
        session.flush()
        household = HouseholdRow(dwelling_id=home.id, area_path=one.area_path, size=2)
        session.add(household)
        session.flush()
        for name, years, alone in (("张秀英", 78, True), ("王小宝", 1, False)):
            session.add(
                ResidentRow(
                    household_id=household.id,
                    area_path=one.area_path,
                    name=name,
                    sex="F",
                    born=(noon - timedelta(days=365 * years)).date(),
                    residency="registered",
                    lives_alone=alone,
                )
            )
        session.flush()
        risk = desk.alarm(session, one.id, "", now=noon, whole_phones=True).around.at_risk
    assert risk is not None
    assert (risk.residents, risk.households, risk.elderly_alone, risk.infants, risk.disabled) == (2, 1, 1, 1, 0)


def test_how_far_it_is_from_whoever_answers_and_to_the_case_it_became(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        case = session.scalars(select(IncidentRow).order_by(IncidentRow.id)).first()
        one = _alarm(session, noon, lng=114.14, incident_id=case.id if case else None)
        grid = session.get_one(AreaRow, one.area_id)
        for code, building in (("G", None), ("H", one.building_id)):
            session.add(
                ResponsibleRow(
                    code=code,
                    name="陈丽",
                    role="grid_worker",
                    area_id=grid.id,
                    area_path=grid.path,
                    building_id=building,
                )
            )
        seen = desk.alarm(session, one.id, "", now=noon, whole_phones=True)
        nowhere = _alarm(session, noon, lng=None, lat=None)
        unknown = desk.alarm(session, nowhere.id, "", now=noon, whole_phones=True)
        assert case is not None
        outside = "001"
        case.area_path = outside
        session.flush()
        hidden = desk.alarm(session, one.id, STREET_PATH, now=noon, whole_phones=True)
    assert [(p.of_building, p.metres) for p in seen.around.people] == [(True, 1028), (False, 1028)]
    assert [p.metres for p in unknown.around.people] == [None, None]
    assert (seen.case, hidden.case) == ("I1", None)


def test_an_alarm_outside_the_scope_is_not_there(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        number = _alarm(session, noon).id
        assert desk.alarm(session, number, STREET_PATH, now=noon, whole_phones=False).detail.alarm.id == number
        with pytest.raises(NotFound):
            desk.alarm(session, number, "001", now=noon, whole_phones=False)
