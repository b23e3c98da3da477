"""What people do to alarms: load, look whether it is still what they saw, ask the domain, save row, history and event.

Each act names the version its person saw. Where somebody else has acted since, or the alarm is in another state or
graver, the answer says who did what meanwhile; that a machine counted on, or that he himself acted, stops nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands import incidents
from data_access.commands.alarms import body_of, device_facts, save, to_domain
from data_access.commands.meanwhile import Meanwhile
from data_access.db.alarm_kinds import kind
from data_access.db.tables import AlarmHistoryRow, AlarmRow, ResponsibleRow, TaskRow, TeamRow, from_ms, to_ms
from data_access.domain import masking
from data_access.domain.alarm_moves import NOTHING, Details, transition
from data_access.domain.alarm_undo import UNDOABLE, difference, undo
from data_access.domain.alarms import Alarm, AlarmAction, AlarmState, CloseReason, Severity
from data_access.domain.areas import within
from data_access.domain.errors import IllegalTransition, InvalidInput, NotFound
from data_access.live import outbox

NOT_THERE: Final = "没有这条告警，或者不在您的权限范围内。"
ALARMS: Final = "alarm"
"""`source` of the incidents that were made of alarms; their `source_ref` is the alarm's id."""
_SAID: Final[Mapping[str, str]] = {
    "clear": "这条告警刚刚恢复了。",
    "return": "这条告警刚刚复发了。",
    "retrigger": "这条告警刚刚再次触发。",
    "acknowledge": "{who} 刚刚确认了这条告警。",
    "close": "{who} 刚刚关闭了这条告警。",
    "claim": "{who} 刚刚认领了这条告警。",
    "release": "{who} 刚刚放回了这条告警。",
    "shelve": "{who} 刚刚搁置了这条告警。",
    "unshelve": "{who} 刚刚取消了搁置。",
    "comment": "{who} 刚刚在这条告警下留言。",
    "call": "{who} 刚刚就这条告警打了电话。",
    "dispatch": "{who} 刚刚派遣了这条告警。",
    "incident": "{who} 刚刚把这条告警转为事件。",
    "undo": "{who} 刚刚撤销了上一步操作。",
}
_SINCE: Final = Meanwhile(
    history=AlarmHistoryRow,
    of=AlarmHistoryRow.alarm_id,
    harmless=lambda line, before: before is not None and (line.state, line.severity) == (before.state, before.severity),
    said=_SAID,
    otherwise="这条告警刚刚有了变化，请再看一眼。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing a person does to an alarm as he saw it. `said` is kept in the history besides."""

    action: AlarmAction
    version: int
    actor: str
    now: datetime
    scope: str = ""  # path of the area whose alarms are his to act on
    details: Details = NOTHING
    note: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)


def act(session: Session, alarm_id: int, done: Act) -> AlarmRow:
    """Do it. Raises `NotFound`, `Conflict` when it has changed since, `IllegalTransition`, `InvalidInput`."""
    row = _seen(session, alarm_id, done)
    return _apply(session, row, done)


def dispatch(
    session: Session, alarm_id: int, done: Act, *, responsible_id: int | None = None, team_id: int | None = None
) -> AlarmRow:
    """Ask a person or a team to do something about it: opens a task. Raises as `act` does."""
    row = _seen(session, alarm_id, done)
    whom = _whom(session, responsible_id, team_id)
    after = _apply(session, row, _with(done, Details(whom=whom), responsible_id=responsible_id, team_id=team_id))
    session.add(
        TaskRow(
            alarm_id=row.id,
            area_path=row.area_path,
            responsible_id=responsible_id,
            team_id=team_id,
            note=done.note,
            state=TaskState.OPEN,
            by=done.actor,
            created_at=done.now,
            version=1,
        )
    )
    return after


def make_incident(session: Session, alarm_id: int, done: Act, *, title: str | None = None) -> AlarmRow:
    """Make an incident of it, linked both ways. Raises as `act` does."""
    row = _seen(session, alarm_id, done)
    if row.incident_id is not None:
        raise IllegalTransition("这条告警已经转为事件。")
    new = incidents.NewIncident(
        source=ALARMS,
        source_ref=str(row.id),
        title=title or f"{kind(session, row.kind).name} {row.place}",
        description=done.note,
        area_id=row.area_id,
        area_path=row.area_path,
        place=row.place,
        lng=row.lng,
        lat=row.lat,
        created_at=done.now,
        channel_id=incidents.channel(session, "sensor"),
        run=row.run,
    )
    made = incidents.create(session, new, actor=done.actor, now=done.now)
    return _apply(session, row, _with(done, Details(incident_id=made.id)))


def take_back(session: Session, alarm_id: int, done: Act) -> AlarmRow:
    """Undo the last action on it, when that was done by the same person just now. Raises as `act` does."""
    row = _seen(session, alarm_id, done, exactly=True)
    last = _last(session, row.id)
    if last is None or last.action not in set(UNDOABLE):
        raise IllegalTransition("上一步操作不能撤销。")
    before = _decoded((last.detail or {}).get("before", {}))
    action = AlarmAction(last.action)
    after = undo(to_domain(row), action, before, by=last.actor, at=last.at, actor=done.actor, now=done.now)
    return _kept(session, row, after, done, {"undone": last.action})


class TaskState(StrEnum):
    """How far a task has come."""

    OPEN = "open"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    DONE = "done"
    FAILED = "failed"


_ONLY_ADDS: Final = (AlarmAction.COMMENT, AlarmAction.CALL)
"""What is said about an alarm holds whatever has become of it meanwhile: it is never lost to somebody being faster."""


def _seen(session: Session, alarm_id: int, done: Act, *, exactly: bool = False) -> AlarmRow:
    """The alarm, locked, when it is in the person's scope and still what he saw (or only something is said of it)."""
    row = session.get(AlarmRow, alarm_id, with_for_update=True, populate_existing=True)
    if row is None or not within(row.area_path, done.scope):
        raise NotFound(NOT_THERE)
    if row.version != done.version and done.action not in _ONLY_ADDS:
        by = None if exactly else done.actor
        _SINCE.check(session, row.id, since=row.version - done.version, by=by)
    return row


def _apply(session: Session, row: AlarmRow, done: Act) -> AlarmRow:
    before = to_domain(row)
    terms = kind(session, row.kind).terms
    after = transition(before, done.action, now=done.now, actor=done.actor, details=done.details, terms=terms)
    detail = {**_told(done.details), **done.said}
    if done.action in UNDOABLE:
        detail["before"] = _encoded(difference(before, after))
    return _kept(session, row, after, done, detail)


def _kept(session: Session, row: AlarmRow, after: Alarm, done: Act, detail: dict[str, Any]) -> AlarmRow:
    save(row, after)
    session.add(
        AlarmHistoryRow(
            alarm_id=row.id,
            at=done.now,
            actor=done.actor,
            action=done.action,
            state=after.state,
            severity=after.severity,
            note=done.note,
            detail=detail or None,
        )
    )
    session.flush()
    facts = device_facts(session, {row.device_id} if row.device_id is not None else ())
    body = body_of(row, facts.get(row.device_id or 0), None, done.now)
    outbox.add_bodies(session, [(to_ms(done.now), body)])
    return row


def _with(done: Act, details: Details, **said: Any) -> Act:
    return Act(
        action=done.action,
        version=done.version,
        actor=done.actor,
        now=done.now,
        scope=done.scope,
        details=details,
        note=done.note,
        said={**done.said, **{name: value for name, value in said.items() if value is not None}},
    )


def _last(session: Session, alarm_id: int) -> AlarmHistoryRow | None:
    newest = select(AlarmHistoryRow).where(AlarmHistoryRow.alarm_id == alarm_id).order_by(AlarmHistoryRow.id.desc())
    return session.scalars(newest.limit(1)).first()


def _whom(session: Session, responsible_id: int | None, team_id: int | None) -> str:
    """The name to show: a team's whole, a person's masked."""
    if (responsible_id is None) is (team_id is None):
        raise InvalidInput("派给一个人，或者派给一支队伍：二者取一。")
    if team_id is not None:
        team = session.get(TeamRow, team_id)
        if team is None:
            raise InvalidInput("没有这支队伍。")
        return team.name
    person = session.get(ResponsibleRow, responsible_id)
    if person is None:
        raise InvalidInput("没有这位责任人。")
    return masking.name(person.name)


_INSTANTS: Final = frozenset({"acknowledged_at", "owner_at", "shelved_until", "closed_at", "look_due_at", "clock_at"})
_ENUMS: Final[Mapping[str, type[AlarmState | Severity | CloseReason]]] = {
    "state": AlarmState,
    "severity": Severity,
    "seen_severity": Severity,
    "close_reason": CloseReason,
}


def _encoded(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an alarm as JSON keeps them: instants in milliseconds, words and numbers as they are."""
    return {name: to_ms(value) if isinstance(value, datetime) else value for name, value in changes.items()}


def _decoded(kept: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in kept.items():
        if value is not None and name in _INSTANTS:
            found[name] = from_ms(value)
        elif value is not None and name in _ENUMS:
            found[name] = _ENUMS[name](value)
        else:
            found[name] = value
    return found


def _told(details: Details) -> dict[str, Any]:
    """What of `details` the history keeps."""
    told = {
        "reason": details.reason,
        "until": details.until and details.until.astimezone(UTC).isoformat(),
        "until_clear": details.until_clear or None,
        "take_over": details.take_over or None,
        "incident_id": details.incident_id,
        "whom": details.whom,
    }
    return {name: value for name, value in told.items() if value is not None}
