"""Readings, clock, people and restarts in any order end in the alarms that a plain reading of the rules gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from data_access.commands.alarm_acts import Act, act
from data_access.db import readings
from data_access.db.engine import Database
from data_access.db.tables import AlarmHistoryRow, AlarmRow, DeviceStateRow
from data_access.domain.alarm_rules import AlarmRule
from data_access.domain.alarms import TRANSITIONS, AlarmAction, AlarmState, Severity
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.errors import IllegalTransition
from data_access.ingest.metrics import Metrics
from data_access.ingest.payloads import Inbox
from data_access.ingest.writer import EngineWriter
from tests import fleet

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
DEVICES = {"S": "smoke", "G": "gas", "H": "hydrant"}
METRICS = {"S": "smoke", "G": "gas_lel", "H": "pressure_mpa"}
VALUES = {"S": (0, 0, 1), "G": (1, 4.5, 8, 30), "H": (0.3, 0.145, 0.12, 0.05, 0.6)}
RULES = {
    code: [r for m in DEFAULT_MODELS if m.kind == kind for r in m.rules if r.metric == METRICS[code]]
    for code, kind in DEVICES.items()
}


@dataclass
class Plain:
    """One alarm as the reference keeps it."""

    state: AlarmState = AlarmState.ACTIVE_UNACKED
    severity: int = 0
    occurrences: int = 1
    raised: float = 0
    cleared: float | None = None
    seen: int = 0  # the severity that was acknowledged
    needs_reason: bool = False


@dataclass
class Reference:
    """The rules of one device and kind, written as they are told: seconds, one reading after the other."""

    rule: AlarmRule
    alarms: list[Plain] = field(default_factory=list)
    abnormal: list[tuple[float, float]] = field(default_factory=list)  # in a row, not standing yet
    worst: int = 0
    normal_since: float | None = None
    dipped: bool = False
    newest: float = -1e18

    @property
    def standing(self) -> bool:
        return bool(self.alarms) and self.alarms[-1].cleared is None

    def read(self, at: float, value: float) -> None:
        if at <= self.newest:
            return
        self.newest = at
        self.clock(at)
        severity = int(self.rule.severity_of(value))
        if not self.standing:
            self.abnormal = [*self.abnormal, (at, value)] if severity else []
            if len(self.abnormal) >= self.rule.raise_count:
                self.stand(at)
        elif severity:
            if self.rule.is_state or self.dipped or severity > self.worst:
                self.again(severity)
            self.worst, self.dipped, self.normal_since = max(self.worst, severity), False, None
        elif not self.rule.is_back(value):
            self.dipped, self.normal_since = True, None
        elif not self.rule.clear_delay_s:
            self.clear(at)
        elif self.normal_since is None:
            self.dipped, self.normal_since = True, at

    def clock(self, at: float) -> None:
        delay = self.rule.raise_delay_s
        if not self.standing and self.abnormal and delay and at >= self.abnormal[0][0] + delay:
            self.stand(self.abnormal[0][0] + delay)
        elif self.standing and self.normal_since is not None and at >= self.normal_since + self.rule.clear_delay_s:
            self.clear(self.normal_since + self.rule.clear_delay_s)

    def stand(self, at: float) -> None:
        self.worst = max(int(self.rule.severity_of(v)) for _, v in self.abnormal)
        self.abnormal, self.dipped, self.normal_since = [], False, None
        last = self.alarms[-1] if self.alarms else None
        if last is not None and last.cleared is not None and at - last.cleared <= 300:
            last.severity = max(last.severity, self.worst)
            last.state, last.cleared, last.occurrences = AlarmState.ACTIVE_UNACKED, None, last.occurrences + 1
        else:
            grave = self.rule.life_safety or self.worst >= Severity.MAJOR
            self.alarms.append(Plain(severity=self.worst, raised=at, needs_reason=grave))

    def again(self, severity: int) -> None:
        alarm = self.alarms[-1]
        alarm.occurrences += 1
        if alarm.state is AlarmState.ACTIVE_ACKED and severity > alarm.seen:
            alarm.state = AlarmState.ACTIVE_UNACKED
        unseen = alarm.state is AlarmState.ACTIVE_UNACKED
        alarm.severity = max(alarm.severity, severity) if unseen else severity

    def clear(self, at: float) -> None:
        alarm = self.alarms[-1]
        alarm.cleared, self.abnormal, self.normal_since, self.dipped = at, [], None, False
        seen = alarm.state is AlarmState.ACTIVE_ACKED
        alarm.state = self.over(alarm) if seen else AlarmState.CLEARED_UNACKED

    def acknowledge(self, number: int) -> None:
        alarm = self.alarms[number]
        alarm.seen = alarm.severity
        alarm.state = AlarmState.ACTIVE_ACKED if alarm.cleared is None else self.over(alarm)

    def over(self, alarm: Plain) -> AlarmState:
        return AlarmState.CLEARED_ACKED if alarm.needs_reason else AlarmState.CLOSED


class World:
    """The real thing and the reference, side by side."""

    def __init__(self, database: Database) -> None:
        self.database, self.now = database, NOON
        self.services = fleet.services(database, lambda: self.now)
        self.writer = self.start()
        self.inbox = Inbox(self.writer.registry)
        self.reference = {(code, r.alarm): Reference(r) for code, rules in RULES.items() for r in rules}
        self.order: list[tuple[str, str]] = []

    def start(self) -> EngineWriter:
        return EngineWriter(self.services, Metrics())

    def reading(self, code: str, back_s: int, value: float) -> None:
        at = int((self.now - timedelta(seconds=back_s)).timestamp() * 1000)
        body = f'{{"ts":{at},"values":{{"{METRICS[code]}":{value}}}}}'.encode()
        fleet.put(self.writer, self.inbox, code, body, self.now)
        for rule in RULES[code]:
            self.reference[code, rule.alarm].read(at / 1000, value)

    def commit(self) -> None:
        if self.inbox:
            self.writer.write(self.inbox)
        self.inbox = Inbox(self.writer.registry)

    def wait(self, seconds: int) -> None:
        self.commit()
        self.now += timedelta(seconds=seconds)
        self.writer.tick(None)
        for reference in self.reference.values():
            reference.clock(self.now.timestamp())

    def acknowledge(self, number: int) -> None:
        self.commit()
        rows = self.rows()
        if not rows:
            return
        row = rows[number % len(rows)]
        seen = Act(action=AlarmAction.ACKNOWLEDGE, version=row.version, actor="officer", now=self.now)
        with self.database.writing() as session:
            try:
                act(session, row.id, seen)
            except IllegalTransition:
                return
        key = (next(c for i, c in enumerate(DEVICES, 1) if i == row.device_id), row.kind)
        mine = [r.id for r in self.rows() if (r.device_id, r.kind) == (row.device_id, row.kind)]
        self.reference[key].acknowledge(mine.index(row.id))

    def restart(self) -> None:
        self.commit()
        self.writer = self.start()
        self.inbox = Inbox(self.writer.registry)

    def rows(self) -> list[AlarmRow]:
        with self.database.reading() as session:
            rows = session.query(AlarmRow).order_by(AlarmRow.id).all()
            session.expunge_all()
            return rows


_ops = st.one_of(
    *(
        st.tuples(st.just("reading"), st.just(code), st.sampled_from((0, 0, 0, 1, 7, 40)), st.sampled_from(values))
        for code, values in VALUES.items()
        for _ in range(2)
    ),
    st.tuples(st.just("wait"), st.sampled_from((1, 5, 11, 31, 200, 400))),
    st.tuples(st.just("commit")),
    st.tuples(st.just("acknowledge"), st.integers(0, 5)),
    st.tuples(st.just("restart")),
)


@pytest.fixture
def emptied(database: Database) -> Database:
    fleet.build(database, DEVICES)
    with database.writing() as session:
        session.execute(text("UPDATE devices SET building_id = NULL"))  # each bears witness to itself alone
    return database


def wipe(database: Database) -> None:
    with database.writing() as session:
        for table in ("alarm_history", "alarms", "device_states", "outbox", "dead_letters"):
            session.execute(text(f"DELETE FROM {table}"))
        for day in readings.existing_days(session.connection()):
            session.execute(text(f"DELETE FROM {readings.table_of(day)}"))


@given(ops=st.lists(_ops, max_size=40))
@settings(max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_interleaving_ends_in_the_alarms_the_rules_tell(emptied: Database, ops: list[tuple[Any, ...]]) -> None:
    wipe(emptied)
    world = World(emptied)
    for name, *arguments in ops:
        getattr(world, name)(*arguments)
    world.commit()
    rows = world.rows()
    for (code, kind), reference in world.reference.items():
        device = list(DEVICES).index(code) + 1
        found = [r for r in rows if (r.device_id, r.kind) == (device, kind)]
        assert [(r.state, r.severity, r.occurrences) for r in found] == [
            (a.state, a.severity, a.occurrences) for a in reference.alarms
        ]
        assert [r.raised_at.timestamp() for r in found] == [a.raised for a in reference.alarms]
        assert [r.cleared_at and r.cleared_at.timestamp() for r in found] == [a.cleared for a in reference.alarms]
        assert sum(r.state in ("active_unacked", "active_acked") for r in found) <= 1
    _history_tells_the_same(emptied, rows)
    _status_shows_what_stands(world, rows)


def _history_tells_the_same(database: Database, rows: list[AlarmRow]) -> None:
    with database.reading() as session:
        history = session.query(AlarmHistoryRow).order_by(AlarmHistoryRow.id).all()
        session.expunge_all()
    for row in rows:
        mine = [h for h in history if h.alarm_id == row.id]
        assert mine[0].action == "raise"
        state = AlarmState.ACTIVE_UNACKED
        for entry in mine[1:]:
            told, state = TRANSITIONS[state, AlarmAction(entry.action)], AlarmState(entry.state)
            finished = told is AlarmState.CLEARED_ACKED and state is AlarmState.CLOSED and not row.needs_reason
            worse = told is AlarmState.ACTIVE_ACKED and state is AlarmState.ACTIVE_UNACKED
            assert state is told or finished or worse
        assert (state, row.version) == (row.state, len(mine))


def _status_shows_what_stands(world: World, rows: list[AlarmRow]) -> None:
    with world.database.reading() as session:
        states = {s.device_id: s.status for s in session.query(DeviceStateRow).all()}
    for id_ in range(1, len(DEVICES) + 1):
        standing = any(r.device_id == id_ and r.state in ("active_unacked", "active_acked") for r in rows)
        status = states.get(id_, 0)
        assert bool(status & 7) == standing
        assert Severity(status & 7) in Severity
