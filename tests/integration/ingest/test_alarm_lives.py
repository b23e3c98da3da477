"""Random interleavings of readings, officers, clock and restarts: no alarm is lost, none acknowledged by nobody.

What happened to each alarm, played again by the rules alone, ends in the row that is stored.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from data_access.commands import alarm_acts, alarm_clock
from data_access.commands.alarm_acts import Act
from data_access.db import readings
from data_access.db.engine import Database
from data_access.db.tables import AlarmHistoryRow, AlarmRow
from data_access.domain.alarm_moves import Details, transition, watched
from data_access.domain.alarms import Alarm, AlarmAction, AlarmState, CloseReason, Severity, needs_reason
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.errors import DomainError
from data_access.ingest.metrics import Metrics
from data_access.ingest.payloads import Inbox
from data_access.ingest.writer import EngineWriter
from tests import fleet

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
DEVICES = {"S": "smoke", "M": "manhole", "L": "lift"}
METRICS = {"S": "smoke", "M": "tilt_deg", "L": "fault"}
KINDS = {"S": "smoke", "M": "manhole_tilt", "L": "lift_fault"}
ABNORMAL, NORMAL = {"S": 1, "M": 40, "L": 1}, {"S": 0, "M": 0, "L": 0}
OFFICERS = ("officer-1", "officer-2")
RULES = {rule.alarm: rule for model in DEFAULT_MODELS for rule in model.rules}
ACTS = sorted(
    {
        *(AlarmAction.ACKNOWLEDGE, AlarmAction.CLOSE, AlarmAction.CLAIM, AlarmAction.RELEASE, AlarmAction.SHELVE),
        *(AlarmAction.UNSHELVE, AlarmAction.COMMENT, AlarmAction.INCIDENT, AlarmAction.UNDO),
        *(AlarmAction.CALL, AlarmAction.DISPATCH),
    }
)


class World:
    """Devices, an ingest process that may die, officers and the clock."""

    def __init__(self, database: Database) -> None:
        self.database, self.now = database, NOON
        self.services = fleet.services(database, lambda: self.now)
        self.start()
        self.last = dict.fromkeys(DEVICES, 0)
        self.bad = dict.fromkeys(DEVICES, 0)  # readings of a state that was abnormal

    def start(self) -> None:
        """Begin ingest, as after a restart."""
        self.writer = EngineWriter(self.services, Metrics())

    def reading(self, code: str, abnormal: bool) -> None:  # noqa: FBT001  # drawn by name and value
        self.now += timedelta(seconds=1)
        at = int(self.now.timestamp() * 1000)
        value = (ABNORMAL if abnormal else NORMAL)[code]
        inbox = Inbox(self.writer.registry)
        fleet.put(self.writer, inbox, code, f'{{"ts":{at},"values":{{"{METRICS[code]}":{value}}}}}'.encode(), self.now)
        self.writer.write(inbox)
        self.last[code], self.bad[code] = value, self.bad[code] + abnormal

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.writer.tick(None)
        alarm_clock.look(self.database, (), self.now)

    def restart(self) -> None:
        self.start()

    def officer(self, action: AlarmAction, who: str, number: int, stale: bool) -> None:  # noqa: FBT001  # as above
        alarms = rows(self.database)
        if not alarms:
            return
        row = alarms[number % len(alarms)]
        until = None if stale else self.now + timedelta(minutes=7)
        details = Details(
            reason=CloseReason.FALSE, note="看过", until=until, until_clear=stale, take_over=stale, whom=f"{who} 派的人"
        )
        done = Act(action=action, version=row.version, actor=who, now=self.now, details=details)
        do: Any = {AlarmAction.UNDO: alarm_acts.take_back, AlarmAction.INCIDENT: alarm_acts.make_incident}
        try:
            with self.database.writing() as session:
                do.get(action, alarm_acts.act)(session, row.id, done)
        except DomainError:
            return


def rows(database: Database) -> list[AlarmRow]:
    with database.reading() as session:
        found = list(session.scalars(select(AlarmRow).order_by(AlarmRow.id)))
        session.expunge_all()
        return found


def history(database: Database, alarm_id: int) -> list[AlarmHistoryRow]:
    with database.reading() as session:
        query = select(AlarmHistoryRow).where(AlarmHistoryRow.alarm_id == alarm_id).order_by(AlarmHistoryRow.id)
        found = list(session.scalars(query))
        session.expunge_all()
        return found


_codes = st.sampled_from(sorted(DEVICES))
_looks = st.sampled_from([AlarmAction.ACKNOWLEDGE, AlarmAction.CLOSE, *ACTS])  # the commonest more often
_ops = st.one_of(
    st.tuples(st.just("reading"), _codes, st.booleans()),
    st.tuples(st.just("reading"), st.just("S"), st.booleans()),  # much of one device: returns and repeats
    st.tuples(st.just("officer"), _looks, st.sampled_from(OFFICERS), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("officer"), st.sampled_from(ACTS), st.sampled_from(OFFICERS), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from((1, 20, 90, 400))),
    st.tuples(st.just("restart")),
)


@pytest.fixture
def built(database: Database) -> Database:
    fleet.build(database, DEVICES)
    return database


def wipe(database: Database) -> None:
    with database.writing() as session:
        for table in (
            *("alarm_history", "notices", "tasks", "alarms", "incident_history", "incidents"),
            *("device_states", "outbox", "dead_letters"),
        ):
            session.execute(text(f"DELETE FROM {table}"))
        for day in readings.existing_days(session.connection()):
            session.execute(text(f"DELETE FROM {readings.table_of(day)}"))


@given(ops=st.lists(_ops, min_size=30, max_size=60))
@settings(max_examples=30, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_alarm_is_lost_none_acknowledged_by_nobody_and_history_tells_the_same(
    built: Database, ops: list[tuple[Any, ...]]
) -> None:
    wipe(built)
    world = World(built)
    for name, *arguments in ops:
        getattr(world, name)(*arguments)
        for row in rows(built):
            _nobody_stands_for_nobody(row)
    found = rows(built)
    _nothing_is_lost(world, found)
    for row in found:
        told = history(built, row.id)
        _somebody_did_it(row, told)
        _history_ends_in(row, told)


def _nothing_is_lost(world: World, found: list[AlarmRow]) -> None:
    for number, code in enumerate(DEVICES, 1):
        mine = [r for r in found if (r.device_id, r.kind) == (number, KINDS[code])]
        standing = [r for r in mine if r.state.startswith("active")]
        assert len(standing) == (world.last[code] == ABNORMAL[code])
        if RULES[KINDS[code]].is_state:
            assert sum(r.occurrences for r in mine) == world.bad[code]


SEEN = {AlarmState.ACTIVE_ACKED, AlarmState.CLEARED_ACKED, AlarmState.CLOSED}


def _nobody_stands_for_nobody(row: AlarmRow) -> None:
    """At every moment: acknowledged is by somebody and then, not acknowledged by nobody and never."""
    named = (row.acknowledged_by is not None, row.acknowledged_at is not None)
    assert named == ((True, True) if AlarmState(row.state) in SEEN else (False, False))
    assert (row.closed_at is not None) is (row.state == AlarmState.CLOSED)


def _somebody_did_it(row: AlarmRow, told: list[AlarmHistoryRow]) -> None:
    """Who looked and who judged are people, and the history has their act."""
    seen = AlarmState(row.state) in SEEN
    acts = {(h.action, h.actor) for h in told}
    if seen:
        assert row.acknowledged_by in OFFICERS
        assert acts & {("acknowledge", row.acknowledged_by), ("close", row.acknowledged_by)}
    if row.state == AlarmState.CLOSED:
        assert row.closed_by in OFFICERS
        assert row.close_reason is not None or not row.needs_reason
    if row.close_reason is not None:
        assert ("close", row.closed_by) in acts


def _history_ends_in(row: AlarmRow, told: list[AlarmHistoryRow]) -> None:
    first, rest = told[0], told[1:]
    rule = RULES[row.kind]
    now = _recorded(first)
    alarm = Alarm(
        id=row.id,
        state=AlarmState.ACTIVE_UNACKED,
        severity=Severity(first.severity),
        occurrences=1,
        raised_at=first.at,
        last_at=first.at,
        life_safety=rule.life_safety,
        needs_reason=needs_reason(Severity(first.severity), life_safety=rule.life_safety),
    )
    assert first.action == "raise"
    assert row.version == len(told)  # each change has its line: who saw which version is told from it
    alarm = before = watched(alarm, now)
    for entry in rest:
        before, alarm = alarm, _again(alarm, before, entry, rule)
        assert (alarm.state, alarm.severity) == (entry.state, entry.severity)
    for name in ("state", "severity", "occurrences", "acknowledged_by", "acknowledged_at", "owner", "owner_at"):
        assert getattr(alarm, name) == getattr(row, name), name
    for name in (
        "close_reason",
        "close_note",
        "closed_by",
        "shelved_until",
        "shelved_until_clear",
        "incident_id",
        "dispatched_to",
    ):
        assert getattr(alarm, name) == getattr(row, name), name


def _again(alarm: Alarm, before: Alarm, entry: AlarmHistoryRow, rule: Any) -> Alarm:
    """What `entry` tells, done by the rules."""
    detail: dict[str, Any] = entry.detail or {}
    if entry.action == AlarmAction.UNDO:
        return replace(before, version=alarm.version + 1)
    if entry.action in {AlarmAction.ESCALATE, AlarmAction.REMIND} or entry.action not in set(AlarmAction):
        return alarm  # deadlines and levels only: of no consequence for the rest
    until = detail.get("until")
    details = Details(
        reason=CloseReason(detail["reason"]) if "reason" in detail else None,
        note="看过",
        until=datetime.fromisoformat(until) if until else None,
        until_clear=detail.get("until_clear", False),
        take_over=detail.get("take_over", False),
        incident_id=detail.get("incident_id"),
        whom=detail.get("whom"),
    )
    value = detail.get("value")
    return transition(
        alarm,
        AlarmAction(entry.action),
        now=entry.at,
        clock=_recorded(entry),
        severity=None if value is None else rule.severity_of(value),
        actor=entry.actor,
        details=details,
    )


def _recorded(entry: AlarmHistoryRow) -> datetime:
    recorded = (entry.detail or {}).get("recorded_at")
    return datetime.fromisoformat(recorded) if recorded else entry.at
