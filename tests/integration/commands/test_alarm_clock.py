"""The clock says whose turn it is, escalates while nobody looks, brings back what is not finished."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from data_access.commands import alarm_clock, correlation
from data_access.commands.alarm_acts import Act, act
from data_access.commands.alarms import save, take_steps, to_domain
from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmHistoryRow,
    AlarmRow,
    DeviceRow,
    DutyRow,
    NoticeRow,
    OutboxRow,
    ResponsibleRow,
    ShiftRow,
)
from data_access.domain.alarm_moves import Details, transition
from data_access.domain.alarm_rules import OFFLINE
from data_access.domain.alarms import AlarmAction, AlarmState, Severity
from data_access.domain.notices import Channel
from tests import small
from tests.integration.commands.test_correlation import rows, step, words

PHONE = "13800001234"
OTHERS = (Channel.WEBHOOK, Channel.SMS)


@pytest.fixture
def town(database: Database, noon: datetime) -> Database:
    """The small district without its first alarm; each grid has its worker, nothing else is manned."""
    small.fill(database, noon)
    with database.writing() as session:
        session.execute(text("DELETE FROM alarm_history"))
        session.execute(text("DELETE FROM alarms"))
        for number, row in enumerate(session.execute(text("SELECT id, path FROM areas WHERE kind = 'grid'")).all()):
            session.add(
                ResponsibleRow(
                    code=f"P{number}",
                    name="张三",
                    role="grid_worker",
                    phone=PHONE,
                    area_id=row.id,
                    area_path=row.path,
                )
            )
    return database


def begin(database: Database, at: datetime, *kinds: tuple[int, str], **more: Any) -> dict[tuple[int, str], int]:
    with database.writing() as session:
        steps = [step(device, kind, at, **more) for device, kind in kinds]
        return take_steps(session, steps, now=at, relate=correlation.relate)


def acknowledge(session: Session, alarm_id: int, *, actor: str, now: datetime) -> None:
    version = session.get_one(AlarmRow, alarm_id).version
    act(session, alarm_id, Act(action=AlarmAction.ACKNOWLEDGE, version=version, actor=actor, now=now))


def told(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        query = select(NoticeRow.step, NoticeRow.channel, NoticeRow.target).order_by(NoticeRow.id)
        return [(a, b, c) for a, b, c in session.execute(query)]


def staff(database: Database, path: str, at: datetime) -> None:
    with database.writing() as session:
        session.add(ShiftRow(user="officer", area_path=path, seat=None, started_at=at, ended_at=None))


def test_a_grave_alarm_is_told_at_once_to_the_lowest_level_that_is_there(town: Database, noon: datetime) -> None:
    begin(town, noon, (1, "smoke"))
    assert alarm_clock.look(town, OTHERS, noon) == 1
    (row,) = rows(town).values()
    assert (row.escalation, row.clock_at) == (0, noon + timedelta(minutes=1))
    worker = next(code for step_, channel, code in told(town) if channel == "sms")
    assert told(town) == [("raised", "webhook", ""), ("raised", "sms", worker)]
    assert alarm_clock.look(town, OTHERS, noon + timedelta(seconds=59)) == 0


def test_a_small_alarm_is_on_the_desk_and_nobody_is_called(town: Database, noon: datetime) -> None:
    begin(town, noon, (1, "tamper"))
    alarm_clock.look(town, OTHERS, noon)
    assert told(town) == []


def test_unlooked_at_it_climbs_to_the_top_with_a_notice_at_each_step(town: Database, noon: datetime) -> None:
    grid = next(iter(rows(town).values()), None)
    assert grid is None
    ids = begin(town, noon, (1, "smoke"))
    path = rows(town)[ids[1, "smoke"]].area_path
    for length in (3, 6, 9):
        staff(town, path[:length], noon)
    seen = []
    for second in range(0, 60 * 20, 5):
        alarm_clock.look(town, (Channel.WEBHOOK,), noon + timedelta(seconds=second))
        seen.append(rows(town)[ids[1, "smoke"]].escalation)
    assert seen[0] == 0
    assert [seen.index(level) * 5 for level in (1, 2, 3)] == [60, 120, 180]
    steps = [step_ for step_, channel, _ in told(town) if channel == "product"]
    assert steps[:3] == ["escalated"] * 3
    assert set(steps[3:]) == {"ignored"}  # at the top it is said again, and not every minute
    assert len(steps[3:]) <= 2
    assert words(town, ids[1, "smoke"])[:4] == ["raise", "escalate", "escalate", "escalate"]
    with town.reading() as session:
        assert '"escalation":3' in (session.scalars(select(OutboxRow.body).order_by(OutboxRow.id.desc())).first() or "")


def test_where_nobody_is_on_shift_it_goes_one_level_up_at_once_and_says_so(town: Database, noon: datetime) -> None:
    with town.writing() as session:
        session.execute(text("DELETE FROM responsibles"))
    ids = begin(town, noon, (1, "smoke"))
    staff(town, rows(town)[ids[1, "smoke"]].area_path[:9], noon)
    alarm_clock.look(town, (), noon)
    row = rows(town)[ids[1, "smoke"]]
    assert (row.escalation, row.clock_at) == (1, noon + timedelta(minutes=1))
    assert [s for s, _, _ in told(town)] == ["unmanned"]
    with town.reading() as session:
        note = session.scalar(select(AlarmHistoryRow.note).where(AlarmHistoryRow.action == "escalate"))
    assert note == "网格员无人值班"


def test_a_gap_in_the_rota_leaves_a_post_without_anybody(town: Database, noon: datetime) -> None:
    ids = begin(town, noon, (1, "smoke"))
    path = rows(town)[ids[1, "smoke"]].area_path
    with town.writing() as session:
        worker = session.scalars(select(ResponsibleRow).where(ResponsibleRow.area_path == path)).one()
        past = noon - timedelta(days=1)
        session.add(
            DutyRow(responsible_id=worker.id, area_path=path, starts_at=past, ends_at=noon - timedelta(hours=1))
        )
    staff(town, path[:6], noon)
    alarm_clock.look(town, (), noon)
    assert rows(town)[ids[1, "smoke"]].escalation == 2


def test_with_nobody_anywhere_it_is_the_districts(town: Database, noon: datetime) -> None:
    with town.writing() as session:
        session.execute(text("DELETE FROM responsibles"))
    ids = begin(town, noon, (1, "tamper"))
    alarm_clock.look(town, (), noon)
    assert rows(town)[ids[1, "tamper"]].escalation == 3
    assert told(town)[0][0] == "unmanned"


def test_what_is_acknowledged_and_not_finished_comes_back_to_its_owner(town: Database, noon: datetime) -> None:
    ids = begin(town, noon, (1, "smoke"))
    alarm_clock.look(town, OTHERS, noon)
    with town.writing() as session:
        acknowledge(session, ids[1, "smoke"], actor="officer", now=noon)
    later = noon + timedelta(minutes=15)
    assert alarm_clock.look(town, OTHERS, later - timedelta(seconds=1)) == 0
    assert alarm_clock.look(town, OTHERS, later) == 1
    assert ("reminded", "product", "officer") in told(town)
    assert rows(town)[ids[1, "smoke"]].state == AlarmState.ACTIVE_ACKED
    assert rows(town)[ids[1, "smoke"]].clock_at == later + timedelta(minutes=15)
    assert words(town, ids[1, "smoke"])[-1] == "remind"


def test_a_confirmed_event_is_told_once_and_by_another_when_its_first_alarm_was_seen(
    town: Database, noon: datetime
) -> None:
    with town.writing() as session:
        session.execute(text("UPDATE devices SET building_id = (SELECT id FROM buildings)"))
    ids = begin(town, noon, (1, "smoke"), (2, "smoke"), (3, "smoke"))
    alarm_clock.look(town, (Channel.WEBHOOK,), noon)
    assert told(town) == [("raised", "webhook", "")]
    with town.writing() as session:
        acknowledge(session, ids[1, "smoke"], actor="officer", now=noon)
    alarm_clock.look(town, (), noon + timedelta(minutes=1))
    assert [step_ for step_, _, _ in told(town)[1:]] == ["unmanned", "unmanned"]  # nobody has looked at these two


def test_a_timed_shelf_ends_by_the_clock(town: Database, noon: datetime) -> None:
    ids = begin(town, noon, (1, "tamper"))
    until = noon + timedelta(hours=2)
    with town.writing() as session:
        row = session.get_one(AlarmRow, ids[1, "tamper"])
        details = Details(until=until, note="施工")
        save(row, transition(to_domain(row), AlarmAction.SHELVE, now=noon, actor="officer", details=details))
    assert alarm_clock.look(town, (), until - timedelta(seconds=1)) == 0
    alarm_clock.look(town, (), until)
    row = rows(town)[ids[1, "tamper"]]
    assert (row.shelved_until, row.clock_at) == (None, until + timedelta(hours=1))


def test_when_the_cause_is_over_what_still_stands_is_an_alarm_of_its_own(town: Database, noon: datetime) -> None:
    ids, later = silence(town, noon), noon + timedelta(minutes=10)
    end(town, ids[1, OFFLINE], later)
    end(town, ids[2, OFFLINE], later)
    settled = later + correlation.SETTLE
    alarm_clock.look(town, (), settled)
    found = rows(town)
    back, still = found[ids[2, OFFLINE]], found[ids[3, OFFLINE]]
    assert (still.parent_id, still.look_due_at) == (None, settled + timedelta(minutes=60))
    assert (back.parent_id, back.state) == (ids[1, OFFLINE], AlarmState.CLEARED_UNACKED)  # nobody has looked yet
    with town.writing() as session:
        acknowledge(session, ids[1, OFFLINE], actor="officer", now=settled)
    alarm_clock.look(town, (), settled + alarm_clock.AGAIN)
    back = rows(town)[ids[2, OFFLINE]]
    assert (back.state, back.acknowledged_by) == (AlarmState.CLOSED, "officer")


def test_a_chattering_alarm_calms_down_and_climbs_all_the_same(town: Database, noon: datetime) -> None:
    ids = begin(town, noon, (1, "tamper"), severity=Severity.MAJOR)
    for second in (10, 20, 30, 40):
        with town.writing() as session:
            at = noon + timedelta(seconds=second)
            action = AlarmAction.CLEAR if second % 20 else None
            last = step(1, "tamper", at, action, latest=ids[1, "tamper"], severity=Severity.MAJOR)
            take_steps(session, [last], now=at, relate=correlation.relate)
        alarm_clock.look(town, (), at)
    assert rows(town)[ids[1, "tamper"]].chattering
    alarm_clock.look(town, (), noon + timedelta(minutes=3))
    assert rows(town)[ids[1, "tamper"]].escalation > 0
    assert alarm_clock.calm_down(town, noon + timedelta(minutes=10)) == 0
    assert alarm_clock.calm_down(town, noon + timedelta(seconds=40, minutes=10)) == 1
    assert not rows(town)[ids[1, "tamper"]].chattering
    assert words(town, ids[1, "tamper"]).count("calm") == 1


def test_only_rows_that_are_due_are_read(town: Database, noon: datetime) -> None:
    plan = text("EXPLAIN QUERY PLAN " if town.dialect == "sqlite" else "EXPLAIN ")
    query = "SELECT * FROM alarms WHERE clock_at IS NOT NULL AND clock_at <= 1 ORDER BY clock_at LIMIT 200"
    with town.reading() as session:
        if town.dialect == "postgresql":
            session.execute(text("SET enable_seqscan = off"))
        found = " ".join(str(row) for row in session.execute(text(plan.text + query)))
    assert "ix_alarms_clock_at" in found


def silence(database: Database, at: datetime) -> dict[tuple[int, str], int]:
    """The gateway 1 and the devices 2 and 3 behind it fall silent."""
    with database.writing() as session:
        for device in session.scalars(select(DeviceRow).where(DeviceRow.id.in_((2, 3)))):
            device.gateway_id = 1
    return begin(database, at, (1, OFFLINE), (2, OFFLINE), (3, OFFLINE))


def end(database: Database, alarm: int, at: datetime) -> None:
    with database.writing() as session:
        device = session.get_one(AlarmRow, alarm).device_id
        cleared = step(device or 0, OFFLINE, at, AlarmAction.CLEAR, latest=alarm)
        take_steps(session, [cleared], now=at, relate=correlation.relate)
