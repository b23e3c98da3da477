"""Lives of alarms for tests: officers who act on them, and what must hold of each, whatever has happened to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from data_access.commands import alarm_acts
from data_access.commands.alarm_acts import Act
from data_access.db import readings
from data_access.db.engine import Database
from data_access.db.tables import AlarmHistoryRow, AlarmRow
from data_access.domain.alarm_moves import Details, transition
from data_access.domain.alarm_terms import watched
from data_access.domain.alarms import Alarm, AlarmAction, AlarmState, CloseReason, Severity, needs_reason
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.errors import DomainError

OFFICERS = ("officer-1", "officer-2")
RULES = {rule.alarm: rule for model in DEFAULT_MODELS for rule in model.rules}
ACTS = sorted(
    {
        *(AlarmAction.ACKNOWLEDGE, AlarmAction.CLOSE, AlarmAction.CLAIM, AlarmAction.RELEASE, AlarmAction.SHELVE),
        *(AlarmAction.UNSHELVE, AlarmAction.COMMENT, AlarmAction.INCIDENT, AlarmAction.UNDO),
        *(AlarmAction.CALL, AlarmAction.DISPATCH),
    }
)


def officer_acts(database: Database, now: datetime, action: AlarmAction, who: str, number: int, *, stale: bool) -> None:
    """An officer does `action` to one of the alarms as he sees it; what is refused changes nothing."""
    alarms = rows(database)
    if not alarms:
        return
    row = alarms[number % len(alarms)]
    until = None if stale else now + timedelta(minutes=7)
    details = Details(
        reason=CloseReason.FALSE, note="看过", until=until, until_clear=stale, take_over=stale, whom=f"{who} 派的人"
    )
    done = Act(action=action, version=row.version, actor=who, now=now, details=details)
    do: Any = {AlarmAction.UNDO: alarm_acts.take_back, AlarmAction.INCIDENT: alarm_acts.make_incident}
    try:
        with database.writing() as session:
            do.get(action, alarm_acts.act)(session, row.id, done)
    except DomainError:
        return


def rows(database: Database) -> list[AlarmRow]:
    """Every alarm, oldest first."""
    with database.reading() as session:
        found = list(session.scalars(select(AlarmRow).order_by(AlarmRow.id)))
        session.expunge_all()
        return found


def history(database: Database, alarm_id: int) -> list[AlarmHistoryRow]:
    """What happened to an alarm, oldest first."""
    with database.reading() as session:
        query = select(AlarmHistoryRow).where(AlarmHistoryRow.alarm_id == alarm_id).order_by(AlarmHistoryRow.id)
        found = list(session.scalars(query))
        session.expunge_all()
        return found


def wipe(database: Database) -> None:
    """Alarms, cases and readings begin anew; the devices stay."""
    with database.writing() as session:
        for table in (
            *("alarm_history", "notices", "tasks", "alarms", "incident_history", "incidents"),
            *("device_states", "outbox", "dead_letters"),
        ):
            session.execute(text(f"DELETE FROM {table}"))
        for day in readings.existing_days(session.connection()):
            session.execute(text(f"DELETE FROM {readings.table_of(day)}"))


SEEN = {AlarmState.ACTIVE_ACKED, AlarmState.CLEARED_ACKED, AlarmState.CLOSED}


def nobody_stands_for_nobody(row: AlarmRow) -> None:
    """At every moment: acknowledged is by somebody and then, not acknowledged by nobody and never."""
    named = (row.acknowledged_by is not None, row.acknowledged_at is not None)
    assert named == ((True, True) if AlarmState(row.state) in SEEN else (False, False))
    assert (row.closed_at is not None) is (row.state == AlarmState.CLOSED)


def somebody_did_it(row: AlarmRow, told: list[AlarmHistoryRow]) -> None:
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


def history_ends_in(row: AlarmRow, told: list[AlarmHistoryRow]) -> None:
    """`told`, played again by the rules alone, ends in `row`."""
    first, rest = told[0], told[1:]
    rule = RULES.get(row.kind)  # silence has none
    about_lives = rule is not None and rule.life_safety
    now = _recorded(first)
    alarm = Alarm(
        id=row.id,
        state=AlarmState.ACTIVE_UNACKED,
        severity=Severity(first.severity),
        occurrences=1,
        raised_at=first.at,
        last_at=first.at,
        life_safety=about_lives,
        needs_reason=needs_reason(Severity(first.severity), life_safety=about_lives),
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
        "parent_id",
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
        parent_id=detail.get("parent_id"),
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
