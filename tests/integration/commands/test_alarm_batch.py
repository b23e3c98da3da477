"""Alarms as plain rows are what the ORM would read and write."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data_access.commands.alarm_batch import AlarmBatch, PlainAlarm
from data_access.db.engine import DATABASE_ERRORS, Database, is_conflict
from data_access.db.tables import AlarmHistoryRow, AlarmRow
from data_access.domain.alarms import AlarmState, CloseReason, Severity
from tests import fleet

COLUMNS = [column.name for column in AlarmRow.__table__.columns]


@pytest.fixture
def town(database: Database) -> Database:
    fleet.build(database, {"S1": "smoke", "S2": "smoke"})
    return database


def plain(number: int, at: datetime, **more: Any) -> PlainAlarm:
    place = {"area_id": 1, "area_path": "000", "place": "水贝\\一号\t", "lng": 114.1, "lat": 22.5}
    return PlainAlarm(
        **place,
        severity=Severity.MINOR,
        life_safety=False,
        state=AlarmState.ACTIVE_UNACKED,
        occurrences=1,
        source="live",
        version=1,
        needs_reason=False,
        raised_at=at,
        last_at=at,
        **{"id": number, "kind": "tamper", "device_id": number, **more},
    )


def stored(database: Database) -> dict[int, dict[str, Any]]:
    with database.reading() as session:
        rows = session.scalars(select(AlarmRow).order_by(AlarmRow.id))
        return {row.id: {name: getattr(row, name) for name in COLUMNS} for row in rows}


def test_every_column_is_written_changed_and_read_as_the_orm_does(town: Database, noon: datetime) -> None:
    later = noon + timedelta(minutes=5)
    full = {
        "acknowledged_at": noon,
        "acknowledged_by": "a",
        "close_reason": CloseReason.REAL,
        "window": "drill",
        "window_id": 3,
        "seen_severity": Severity.MAJOR,
        "shelved_until_clear": True,
        "value": 1.5,
    }
    with town.writing() as session:
        batch = AlarmBatch(session)
        for number, more in ((1, {}), (2, full)):
            alarm = plain(number, noon, **more)
            batch.add(alarm)
            batch.note(alarm, "raise", noon, "ingest", {"value": 1.0})
        batch.write()
    before = stored(town)
    assert before[1] == {**before[1], **vars(plain(1, noon))}
    assert before[2] == {**before[2], **vars(plain(2, noon, **full))}
    with town.writing() as session:
        batch = AlarmBatch(session)
        (found,) = batch.find(AlarmRow.id == 2)
        assert vars(found) == before[2]
        found.state, found.cleared_at, found.chattering = AlarmState.CLOSED, later, True
        assert batch.find_among(AlarmRow.device_id, {1, 2})[1] is found
        found.severity = Severity.CRITICAL
        batch.write()
    changed = {"state": "closed", "cleared_at": later, "chattering": True, "severity": 4}
    assert stored(town) == {1: before[1], 2: {**before[2], **changed}}
    with town.reading() as session:
        line = session.scalars(select(AlarmHistoryRow).order_by(AlarmHistoryRow.id)).first()
        assert line is not None
        assert (line.at, line.state, line.severity, line.detail) == (noon, "active_unacked", 2, {"value": 1.0})


def test_a_second_standing_alarm_of_a_device_and_kind_is_a_conflict(town: Database, noon: datetime) -> None:
    with town.writing() as session:
        batch = AlarmBatch(session)
        batch.add(plain(1, noon))
        batch.write()
    with pytest.raises(DATABASE_ERRORS) as refused, town.writing() as session:
        batch = AlarmBatch(session)
        batch.add(plain(7, noon, device_id=1))
        batch.write()
    assert is_conflict(refused.value)


def test_what_clears_makes_room_for_the_next_in_one_batch(town: Database, noon: datetime) -> None:
    with town.writing() as session:
        batch = AlarmBatch(session)
        batch.add(plain(1, noon))
        batch.write()
        (first,) = batch.find(AlarmRow.id == 1)
        batch.add(plain(2, noon, device_id=1))
        first.state = AlarmState.CLEARED_UNACKED
        batch.write()
    assert {number: row["state"] for number, row in stored(town).items()} == {1: "cleared_unacked", 2: "active_unacked"}
