"""The overview's reads, on both databases: what they count, what they leave out, which indexes serve them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmRow,
    AreaFactRow,
    AreaRow,
    BuildingRow,
    CameraRow,
    DeviceRow,
    DeviceStateRow,
    IncidentRow,
    ResponsibleRow,
)
from data_access.domain.areas import lineage
from data_access.domain.errors import NotFound
from data_access.domain.periods import Period, local_day, midnight, week_of
from data_access.queries import areas, buildings, sensors
from data_access.queries import overview as queries
from data_access.viewmodels.overview import OwnerLine, Video
from tests.small import COMMUNITY, DISTRICT_PATH, GRID, STREET_PATH, fill


@pytest.fixture
def small(database: Database, noon: datetime) -> Database:
    fill(database, noon)
    return database


def _incident(session: Session, number: int, **values: object) -> None:
    grid = session.query(AreaRow).filter_by(code=GRID).one()
    given = {
        "code": f"X{number}",
        "source": "test",
        "source_ref": str(number),
        "title": "占道经营",
        "area_id": grid.id,
        "area_path": grid.path,
        "stage": "handle",
    }
    session.add(IncidentRow(**{**given, **values}))


def test_a_place_knows_the_way_up_within_the_scope_and_what_lies_below(small: Database) -> None:
    with small.reading() as session:
        found = areas.find(session, COMMUNITY, "")
        assert found is not None
        whole = areas.read_place(session, found.path, "")
        scoped = areas.read_place(session, found.path, STREET_PATH)
    assert [up.kind for up in whole.trail] == ["district", "street"]
    assert [up.kind for up in scoped.trail] == ["street"]
    assert dict(whole.below) == {"grid": 2}
    assert [child.kind for child in whole.children] == ["grid", "grid"]


def test_nobody_finds_an_area_outside_his_scope(small: Database) -> None:
    with small.reading() as session:
        home = areas.find(session, None, STREET_PATH)
        assert home is not None
        assert home.kind == "street"
        with pytest.raises(NotFound):
            areas.find(session, "440303", STREET_PATH)
        with pytest.raises(NotFound):
            areas.find(session, "nowhere", "")


def test_the_ledger_compares_with_last_month_and_last_year_and_does_not_invent(small: Database) -> None:
    with small.writing() as session:
        area = session.query(AreaRow).filter_by(code=GRID).one()
        for month, value in ((date(2031, 5, 1), 90), (date(2031, 6, 1), 100), (date(2030, 6, 1), 80)):
            session.add(AreaFactRow(area_id=area.id, month=month, metric="residents", value=value))
        area_id = area.id
    with small.reading() as session:
        ledger = queries.read_ledger(session, area_id)
        nothing = queries.read_ledger(session, -1)
    assert ledger.now["residents"] == 100
    assert (ledger.last_month["residents"], ledger.last_year["residents"]) == (90, 80)
    assert nothing.now == {}
    assert nothing.month is None


def test_old_data_opens_on_its_own_span_and_running_data_on_the_month(database: Database, noon: datetime) -> None:
    fill(database, noon)
    with database.writing() as session:
        session.execute(text("DELETE FROM incidents"))
    with database.reading() as session:
        assert queries.default_period(session, noon) is None
    with database.writing() as session:
        _incident(session, 1, created_at=noon - timedelta(days=2900))
        _incident(session, 2, created_at=noon - timedelta(days=2700))
        _incident(session, 3, created_at=noon, run="replay-1")  # a replay does not make old data new
    with database.reading() as session:
        found = queries.default_period(session, noon)
    assert found == Period(date(2018, 6, 1), date(2019, 2, 1))
    with database.writing() as session:
        _incident(session, 4, created_at=noon - timedelta(days=30))
    with database.reading() as session:
        assert queries.default_period(session, noon) == Period(date(2026, 6, 1), date(2026, 7, 1))


def test_the_flow_counts_stages_overdue_and_yesterday_to_the_same_hour(small: Database, noon: datetime) -> None:
    with small.reading() as session:
        before = queries.read_flow(session, DISTRICT_PATH, noon)
    with small.writing() as session:
        _incident(session, 1, created_at=noon - timedelta(hours=1), due_at=noon + timedelta(hours=1))
        _incident(session, 2, created_at=noon - timedelta(hours=25), due_at=noon - timedelta(hours=1))
        _incident(session, 3, created_at=noon - timedelta(hours=23))  # yesterday, later than now
        _incident(session, 4, created_at=noon - timedelta(hours=1), run="replay-1")
        _incident(session, 5, created_at=noon - timedelta(days=9), closed_at=noon, stage="closed")
    with small.reading() as session:
        flow = queries.read_flow(session, DISTRICT_PATH, noon)
    assert (flow.today - before.today, flow.yesterday - before.yesterday) == (1, 1)
    assert (flow.open - before.open, flow.overdue - before.overdue) == (3, 1)
    assert flow.closed_today - before.closed_today == 1
    assert [line.stage for line in flow.stages] == ["report", "register", "dispatch", "handle", "feedback", "verify"]


def test_a_running_period_compares_with_the_one_before_up_to_the_same_moment(small: Database, noon: datetime) -> None:
    week = week_of(local_day(noon))
    before = midnight(week.first) - timedelta(days=7)
    reached = noon - (midnight(week.first) - before)
    with small.reading() as session:
        empty = queries.read_so_far(session, DISTRICT_PATH, week, noon, alarms=True)
    with small.writing() as session:
        for number, at in enumerate((before, reached - timedelta(minutes=1), reached + timedelta(minutes=1))):
            _incident(session, number, created_at=at)
        alarm = session.query(AlarmRow).first()
        assert alarm is not None
        alarm.raised_at = reached - timedelta(minutes=1)
    with small.reading() as session:
        found = queries.read_so_far(session, DISTRICT_PATH, week, noon, alarms=True)
        bare = queries.read_so_far(session, DISTRICT_PATH, week, noon, alarms=False)
    assert found.created_before - empty.created_before == 2
    assert (found.alarms_before or 0) - (empty.alarms_before or 0) == 1
    assert (bare.created_before, bare.alarms) == (found.created_before, None)


def test_sensors_count_standing_alarms_offline_devices_and_leave_replays_out(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        session.execute(text("DELETE FROM alarm_history"))
        session.execute(text("DELETE FROM alarms"))
        session.execute(text("UPDATE device_states SET status = 0"))
        devices = session.query(DeviceRow).order_by(DeviceRow.id).limit(3).all()
        session.get_one(DeviceStateRow, devices[0].id).status = 8
        for device, run, state in (
            (devices[0], None, "active_unacked"),
            (devices[1], "r1", "active_unacked"),
            (devices[2], None, "closed"),
        ):
            session.add(
                AlarmRow(
                    device_id=device.id,
                    kind="smoke",
                    severity=4,
                    life_safety=True,
                    state=state,
                    occurrences=1,
                    area_id=device.area_id,
                    area_path=device.area_path,
                    place="5栋",
                    raised_at=noon - timedelta(minutes=3),
                    last_at=noon,
                    source="replay" if run else "live",
                    run=run,
                    version=1,
                )
            )
    with small.reading() as session:
        totals = sensors.read_devices_by_kind(session, DISTRICT_PATH)
        seen = sensors.read_sensors(session, DISTRICT_PATH, totals, noon)
    assert seen.by_severity == {4: 1, 3: 0, 2: 0, 1: 0}
    assert (seen.offline, seen.replay, seen.today) == (1, 1, 2)
    assert seen.recent[-1] == 2
    assert sum(seen.recent) == 2
    assert seen.last_critical_at == noon - timedelta(minutes=3)


def test_cameras_are_counted_by_owner(small: Database, noon: datetime) -> None:
    with small.writing() as session:
        first = session.scalars(select(CameraRow).limit(1)).one()
        known = session.scalar(select(func.count()).select_from(CameraRow)) or 0
        for n, owner in enumerate(("物业", "物业", "公安")):
            session.add(
                CameraRow(
                    id=90 + n,
                    code=f"X{n}",
                    name="门口",
                    kind="fixed",
                    owner=owner,
                    lng=114.1,
                    lat=22.5,
                    delivering=n == 0,
                    area_id=first.area_id,
                    area_path=first.area_path,
                    last_frame_at=noon + timedelta(hours=n),
                )
            )
    with small.reading() as session:
        seen = queries.read_video(session, DISTRICT_PATH)
        nothing = queries.read_video(session, "999")
    assert (seen.total, seen.last_frame_at) == (known + 3, noon + timedelta(hours=2))
    assert [line for line in seen.owners if line.owner] == [OwnerLine("物业", 2, 1), OwnerLine("公安", 1, 0)]
    assert nothing == Video(0, 0, None)


def test_a_drawer_counts_people_and_masks_those_responsible(small: Database) -> None:
    with small.writing() as session:
        row = session.execute(select(BuildingRow).where(BuildingRow.code == "B1")).scalar_one()
        head = {"name": "王敏", "role": "building_head", "phone": "13800001234"}
        place = {"area_id": row.area_id, "area_path": row.area_path, "building_id": row.id}
        session.add(ResponsibleRow(code="P1", **head, **place))
        above = session.execute(select(AreaRow).where(AreaRow.path == lineage(row.area_path)[-2])).scalar_one()
        officer = {"name": "吴刚", "role": "police", "phone": "13900005678"}
        session.add(ResponsibleRow(code="P2", area_id=above.id, area_path=above.path, **officer))
        for alarm in session.scalars(select(AlarmRow)):
            alarm.building_id = row.id  # one of them is a replay's
    with small.reading() as session:
        view = buildings.building(session, "B1", "")
        on_duty = buildings.building(session, "B1", "", whole_phones=True)
        with pytest.raises(NotFound):
            buildings.building(session, "B1", "zzz")
        with pytest.raises(NotFound):
            buildings.building(session, "B404", "")
    assert view.name == "5栋"
    assert view.devices_total >= 1
    assert len(view.cameras) <= buildings.NEAREST_CAMERAS
    assert [c.metres for c in view.cameras] == sorted(c.metres for c in view.cameras)
    assert [(p.name, p.phone) for p in view.people] == [("王*", "138****1234"), ("吴*", "139****5678")]
    with small.reading() as session:
        real = list(session.scalars(select(AlarmRow.id).where(AlarmRow.run.is_(None))))
    assert view.alarms_total == len(view.alarms) == len(real) > 0
    assert {a.id for a in view.alarms} == set(real)
    assert [a.raised_at for a in view.alarms] == sorted((a.raised_at for a in view.alarms), reverse=True)
    assert [(p.name, p.phone) for p in on_duty.people] == [("王*", "13800001234"), ("吴*", "13900005678")]


def test_no_read_of_the_overview_scans_incidents_or_alarms(sqlite: Database, noon: datetime) -> None:
    """The plan of every statement about them names an index (SQLite; PostgreSQL is free to scan a table this small)."""
    fill(sqlite, noon)
    statements: list[tuple[str, object]] = []
    event.listen(
        sqlite.engine, "before_cursor_execute", lambda _c, _k, sql, given, _x, _m: statements.append((sql, given))
    )
    with sqlite.reading() as session:
        queries.read_flow(session, DISTRICT_PATH, noon)
        sensors.read_sensors(session, DISTRICT_PATH, {}, noon)
        queries.read_closing(session, DISTRICT_PATH, Period(date(2026, 6, 1), date(2026, 7, 1)), noon)
        queries.read_video(session, DISTRICT_PATH)
        asked = [s for s in statements if s[0].startswith("SELECT")]
        for sql, given in asked:
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all()  # type: ignore[arg-type]
            scans = [row[3] for row in plan if row[3].startswith("SCAN ") and "INDEX" not in row[3]]
            assert scans == [], sql
