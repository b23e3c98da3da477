"""What belongs together is put together in the transaction that raises it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from data_access.commands import correlation
from data_access.commands.alarms import Step, take_steps
from data_access.commands.windows import Wanted, end_window, open_window
from data_access.db.engine import Database
from data_access.db.tables import AlarmHistoryRow, AlarmRow, DeviceRow, OutboxRow
from data_access.domain.alarm_rules import OFFLINE
from data_access.domain.alarms import AlarmAction, AlarmState, Severity
from tests import fleet

GATEWAY = 1


@pytest.fixture
def town(database: Database) -> Database:
    """A gateway, two smoke and a gas detector in one building, all three behind the gateway."""
    fleet.build(database, {"GW": "gateway", "S1": "smoke", "S2": "smoke", "G": "gas"})
    with database.writing() as session:
        for device in session.scalars(select(DeviceRow).where(DeviceRow.id != GATEWAY)):
            device.gateway_id = GATEWAY
    return database


def step(device: int, kind: str, at: datetime, action: AlarmAction | None = None, **more: Any) -> Step:
    life_safety = kind in {"smoke", "gas_leak"}
    base: dict[str, Any] = {
        "device_id": device,
        "kind": kind,
        "action": action,
        "severity": Severity.CRITICAL if life_safety else Severity.WARNING,
        "life_safety": life_safety,
        "value": 1.0,
        "threshold": 1.0,
        "unit": None,
        "at": at,
        "original_at": None,
        "reading_ts": None,
        "actor": "ingest",
        "latest": None,
    }
    return Step(**{**base, **more})


def take(database: Database, steps: Iterable[Step], now: datetime) -> dict[tuple[int, str], int]:
    with database.writing() as session:
        return take_steps(session, list(steps), now=now, relate=correlation.relate)


def rows(database: Database) -> dict[int, AlarmRow]:
    with database.reading() as session:
        found = {row.id: row for row in session.scalars(select(AlarmRow))}
        session.expunge_all()
        return found


def words(database: Database, alarm: int) -> list[str]:
    with database.reading() as session:
        query = select(AlarmHistoryRow.action).where(AlarmHistoryRow.alarm_id == alarm).order_by(AlarmHistoryRow.id)
        return list(session.scalars(query))


@pytest.mark.parametrize("order", [(GATEWAY, 2, 3), (2, GATEWAY, 3), (2, 3, GATEWAY)])
def test_a_silent_gateway_is_one_alarm_and_names_itself_on_those_it_explains(
    town: Database, noon: datetime, order: tuple[int, ...]
) -> None:
    for minute, device in enumerate(order):
        take(town, [step(device, OFFLINE, noon + timedelta(minutes=minute))], noon + timedelta(minutes=minute))
    found = {row.device_id: row for row in rows(town).values()}
    assert found[GATEWAY].parent_id is None
    assert (found[2].parent_id, found[3].parent_id) == (found[GATEWAY].id, found[GATEWAY].id)
    assert (found[2].clock_at, found[2].look_due_at is not None) == (None, True)
    assert words(town, found[2].id) == ["raise", "suppress"]
    assert found[2].version == 2
    with town.reading() as session:
        newest = session.scalars(select(OutboxRow.body).order_by(OutboxRow.id.desc())).all()
    assert any(f'"parent_id":{found[GATEWAY].id}' in body and '"device_code":"S1"' in body for body in newest)


def test_a_gateway_of_500_devices_takes_a_fixed_number_of_queries(database: Database, noon: datetime) -> None:
    devices = {"GW": "gateway", **{f"S{n}": "smoke" for n in range(500)}}
    fleet.build(database, devices)
    with database.writing() as session:
        for device in session.scalars(select(DeviceRow).where(DeviceRow.id != GATEWAY)):
            device.gateway_id = GATEWAY
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *a: asked.append(a[2].split()[0]))
    take(database, [step(n, OFFLINE, noon) for n in range(2, 502)], noon)
    take(database, [step(GATEWAY, OFFLINE, noon)], noon)
    assert asked.count("SELECT") <= 18
    with database.reading() as session:
        count = select(func.count()).select_from(AlarmRow)
        assert session.scalar(count.where(AlarmRow.parent_id.is_(None))) == 1
        assert session.scalar(count.where(AlarmRow.parent_id.is_not(None), AlarmRow.clock_at.is_(None))) == 500


def test_a_life_safety_alarm_behind_a_silent_gateway_stands_for_itself(town: Database, noon: datetime) -> None:
    take(town, [step(GATEWAY, OFFLINE, noon), step(2, "smoke", noon)], noon)
    assert {row.parent_id for row in rows(town).values()} == {None}


def test_when_the_gateway_is_back_the_clock_looks_after_what_it_explained(town: Database, noon: datetime) -> None:
    ids = take(town, [step(GATEWAY, OFFLINE, noon), step(2, OFFLINE, noon)], noon)
    later = noon + timedelta(minutes=9)
    take(town, [step(GATEWAY, OFFLINE, later, AlarmAction.CLEAR, latest=ids[GATEWAY, OFFLINE])], later)
    assert rows(town)[ids[2, OFFLINE]].clock_at == later + correlation.SETTLE


def test_two_detectors_of_a_building_are_one_event_of_the_strongest_severity(town: Database, noon: datetime) -> None:
    ids = take(town, [step(4, "gas_leak", noon, severity=Severity.MAJOR)], noon)
    with town.writing() as session:
        session.get_one(AlarmRow, ids[4, "gas_leak"]).state = AlarmState.ACTIVE_ACKED  # somebody has looked
    at = noon + timedelta(minutes=4)
    ids |= take(town, [step(2, "smoke", at)], at)
    gas, smoke = (rows(town)[ids[key]] for key in ((4, "gas_leak"), (2, "smoke")))
    assert (gas.event_id, smoke.event_id) == (gas.id, gas.id)
    assert (gas.severity, gas.state) == (Severity.CRITICAL, AlarmState.ACTIVE_UNACKED)  # and must look again
    assert words(town, smoke.id) == ["raise", "confirm"]
    assert words(town, gas.id) == ["raise", "retrigger", "confirm"]


def test_one_detector_or_one_too_late_confirms_nothing(town: Database, noon: datetime) -> None:
    take(town, [step(2, "smoke", noon)], noon)
    at = noon + timedelta(minutes=6)
    take(town, [step(3, "smoke", at)], at)
    assert {row.event_id for row in rows(town).values()} == {None}


def test_a_contact_that_goes_to_and_fro_is_marked_and_its_deadline_stays(town: Database, noon: datetime) -> None:
    ids = take(town, [step(2, "tamper", noon)], noon)
    due = rows(town)[ids[2, "tamper"]].look_due_at
    for second in (10, 20, 30, 40):
        at = noon + timedelta(seconds=second)
        action = AlarmAction.CLEAR if second % 20 else None
        ids = take(town, [step(2, "tamper", at, action, latest=ids[2, "tamper"])], at)
        assert rows(town)[ids[2, "tamper"]].chattering is (second == 40)
    row = rows(town)[ids[2, "tamper"]]
    assert (row.occurrences, row.look_due_at) == (3, due)


def test_in_a_window_alarms_are_recorded_and_marked_and_only_life_safety_is_anybodys_turn(
    town: Database, noon: datetime
) -> None:
    with town.writing() as session:
        wanted = Wanted(kind="drill", since=noon, until=noon + timedelta(hours=1), reason="消防演练", building="B1")
        window = open_window(session, wanted, scope="", by="officer", now=noon).id
    ids = take(town, [step(2, "smoke", noon), step(3, "tamper", noon)], noon)
    smoke, tamper = (rows(town)[ids[key]] for key in ((2, "smoke"), (3, "tamper")))
    assert {(row.window, row.window_id) for row in (smoke, tamper)} == {("drill", window)}
    assert (smoke.clock_at, tamper.clock_at) == (noon, None)
    later = noon + timedelta(minutes=10)
    with town.writing() as session:
        end_window(session, window, scope="", now=later)
    assert rows(town)[tamper.id].clock_at == later
    ids = take(town, [step(4, "tamper", later)], later)
    assert rows(town)[ids[4, "tamper"]].window is None
