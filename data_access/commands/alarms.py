"""What the world, the clock and people do to alarms: row, history and event in one transaction.

Ingest hands over `Step`s (a condition begins to stand, is reported again, is gone); whether a condition that begins to
stand is a new alarm or the return of the last one is decided here, by the domain, on the row as it is now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from data_access.db.alarm_kinds import kinds
from data_access.db.tables import AlarmHistoryRow, AlarmRow, AreaRow, BuildingRow, DeviceRow
from data_access.domain.alarm_kinds import AlarmKind, kind_of
from data_access.domain.alarm_moves import transition, watched
from data_access.domain.alarms import (
    UNACKED_STATES,
    Alarm,
    AlarmAction,
    AlarmState,
    CloseReason,
    Severity,
    may_return,
)
from data_access.events import AlarmChanged
from data_access.live import outbox
from data_access.live.telling import alarm_changed

RAISE: Final = "raise"
"""The first word of every alarm's history; the others are `AlarmAction`s."""
_CHUNK: Final = 500
_AS_STORED: Final = (
    *("occurrences", "acknowledged_at", "acknowledged_by", "owner", "owner_at", "shelved_until"),
    *("shelved_until_clear", "shelve_reason", "parent_id", "close_note", "closed_at", "closed_by", "look_due_at"),
    *("clock_at", "escalation", "incident_id", "dispatched_to", "dispatched_at", "version"),
)
_MOVED: Final = ("state", "severity", "seen_severity", "close_reason", *_AS_STORED)
"""What `transition` may change and a row keeps as it is; times of the condition are the steps' business."""

Key = tuple[int, str]
"""Device id and alarm kind: of these at most one alarm stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened to the condition behind an alarm.

    `action` None means that the condition begins to stand. `at` is the source time on our clock; for a replay
    `original_at` is the time in the file, and the rules run on that. `latest` is the newest alarm known of this device
    and kind, standing or not. `reading_ts` is the reading that caused it; None when the clock did.
    """

    device_id: int
    kind: str
    action: AlarmAction | None
    severity: Severity
    life_safety: bool
    value: float | None
    threshold: float | None
    unit: str | None
    at: datetime
    original_at: datetime | None
    reading_ts: int | None
    actor: str
    latest: int | None
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What an alarm copies from its device. `place` is the building, never a floor or a person."""

    id: int
    code: str
    kind: str
    area_id: int
    area_path: str
    building_id: int | None
    lng: float
    lat: float
    replay: bool
    place: str


@dataclass(frozen=True, slots=True)
class Happening:
    """What a step has just done to an alarm at source time `at`; `anew`: it is to be looked at, and was not before."""

    row: AlarmRow
    action: str
    at: datetime
    anew: bool


@dataclass(frozen=True, slots=True)
class Related:
    """An alarm that was changed for the sake of others, with the entry of its history."""

    row: AlarmRow
    entry: dict[str, Any]


Relate = Callable[[Session, Sequence[Happening], Mapping[int, DeviceFacts], datetime], Sequence[Related]]
"""Puts together what belongs together, given what has just happened, the devices concerned and the time."""


def take_steps(
    session: Session, steps: Sequence[Step], *, now: datetime, relate: Relate | None = None
) -> dict[Key, int]:
    """Apply `steps` in order; return the newest alarm's id of each device and kind touched.

    `relate` puts together what belongs together (`commands.correlation`) before history and events are written.

    Steps that no longer apply (the alarm was closed by somebody else meanwhile) leave no trace. Raises
    `IntegrityError` when another process has raised the same alarm: load again and evaluate anew.
    """
    if not steps:
        return {}
    facts = device_facts(session, {s.device_id for s in steps})
    known = kinds(session)
    rows = _load(session, {s.latest for s in steps if s.latest is not None})
    current: dict[Key, AlarmRow] = {(r.device_id, r.kind): r for r in rows if r.device_id is not None}
    history: list[tuple[AlarmRow, dict[str, Any]]] = []
    touched: dict[int, tuple[AlarmRow, int | None]] = {}
    happenings: list[Happening] = []
    for step in steps:
        device = facts.get(step.device_id)
        if device is None:
            continue  # taken out of service while its last reading was on the way
        key = (step.device_id, step.kind)
        before = current.get(key)
        unseen = before is not None and before.state in UNACKED_STATES
        row, action = _take(session, before, step, device, now, known)
        if action is None:
            continue
        current[key] = row
        touched[id(row)] = (row, step.reading_ts)
        history.append((row, _history(row, step, action, now)))
        happenings.append(Happening(row, action, step.at, anew=row.state in UNACKED_STATES and not unseen))
    session.flush()
    for related in relate(session, happenings, facts, now) if relate and happenings else ():
        touched.setdefault(id(related.row), (related.row, None))
        history.append((related.row, related.entry))
    session.flush()
    facts |= device_facts(session, {row.device_id for row, _ in touched.values() if row.device_id} - facts.keys())
    if history:
        session.execute(insert(AlarmHistoryRow), [{"alarm_id": row.id, **kept} for row, kept in history])
    outbox.add(
        session,
        *(event_of(row, facts.get(row.device_id or 0), reading_ts=ts, at=now) for row, ts in touched.values()),
    )
    return {key: row.id for key, row in current.items()}


def to_domain(row: AlarmRow) -> Alarm:
    """The alarm as the rules see it: on the original times when it comes from a replay."""
    return Alarm(
        id=row.id or 0,
        state=AlarmState(row.state),
        severity=Severity(row.severity),
        raised_at=row.original_raised_at or row.raised_at,
        last_at=row.original_raised_at or row.last_at,
        cleared_at=row.original_cleared_at or row.cleared_at,
        seen_severity=None if row.seen_severity is None else Severity(row.seen_severity),
        close_reason=CloseReason(row.close_reason) if row.close_reason else None,
        life_safety=row.life_safety,
        needs_reason=row.needs_reason,
        replayed=row.source == "replay",
        **{name: getattr(row, name) for name in _AS_STORED},
    )


def event_of(row: AlarmRow, device: DeviceFacts | None, *, reading_ts: int | None, at: datetime) -> AlarmChanged:
    """What the alarm now is, for every list that shows it."""
    return alarm_changed(
        row,
        device_code=device.code if device else None,
        device_kind=device.kind if device else None,
        reading_ts=reading_ts,
        at=at,
    )


def device_facts(session: Session, ids: Collection[int]) -> dict[int, DeviceFacts]:
    """What alarms copy from the devices `ids`."""
    found: dict[int, DeviceFacts] = {}
    for chunk in _chunks(sorted(ids)):
        query = (
            select(
                DeviceRow.id,
                DeviceRow.code,
                DeviceRow.kind,
                DeviceRow.area_id,
                DeviceRow.area_path,
                DeviceRow.building_id,
                DeviceRow.lng,
                DeviceRow.lat,
                DeviceRow.replay,
                BuildingRow.name,
                AreaRow.name,
            )
            .join(AreaRow, AreaRow.id == DeviceRow.area_id)
            .outerjoin(BuildingRow, BuildingRow.id == DeviceRow.building_id)
            .where(DeviceRow.id.in_(chunk))
        )
        for *fixed, building, area in session.execute(query):
            found[fixed[0]] = DeviceFacts(
                **dict(zip(DeviceFacts.__slots__[:-1], fixed, strict=True)), place=building or area
            )
    return found


def _take(
    session: Session,
    before: AlarmRow | None,
    step: Step,
    device: DeviceFacts,
    now: datetime,
    known: Mapping[str, AlarmKind],
) -> tuple[AlarmRow, str | None]:
    """Return the alarm after `step` and the word for its history; None when the step does not apply."""
    at = step.original_at or step.at
    alarm = to_domain(before) if before else None
    kind = known.get(step.kind) or kind_of(step.kind)
    if step.action is None:
        if before is None or alarm is None or not (alarm.stands or may_return(alarm, at=at)):
            if before is not None:
                session.flush()  # its clearing must reach the table before another may stand
            row = _raised(step, device, now, kind)
            session.add(row)
            return row, RAISE
        action = AlarmAction.RETRIGGER if alarm.stands else AlarmAction.RETURN
    else:
        action = step.action
    if before is None or alarm is None or (action is not AlarmAction.RETURN and not alarm.stands):
        return before or _raised(step, device, now, kind), None
    after = transition(alarm, action, now=at, clock=now, severity=step.severity, terms=kind.terms)
    save(before, after)
    if action is AlarmAction.CLEAR:
        before.cleared_at, before.original_cleared_at = step.at, step.original_at
    else:
        before.last_at = max(step.at, before.last_at)
        before.cleared_at = before.original_cleared_at = None
        before.value, before.threshold = step.value, step.threshold
    return before, action


def _raised(step: Step, device: DeviceFacts, now: datetime, kind: AlarmKind) -> AlarmRow:
    row = AlarmRow(
        device_id=device.id,
        kind=step.kind,
        severity=step.severity,
        life_safety=step.life_safety,
        state=AlarmState.ACTIVE_UNACKED,
        occurrences=1,
        area_id=device.area_id,
        area_path=device.area_path,
        building_id=device.building_id,
        place=device.place,
        lng=device.lng,
        lat=device.lat,
        value=step.value,
        threshold=step.threshold,
        unit=step.unit,
        raised_at=step.at,
        last_at=step.at,
        cleared_at=None,
        acknowledged_at=None,
        acknowledged_by=None,
        source="replay" if device.replay else "live",
        run=step.run,
        original_raised_at=step.original_at,
        original_cleared_at=None,
        version=1,
        needs_reason=kind.asks_reason(step.severity, life_safety=step.life_safety),
        shelved_until_clear=False,
        escalation=0,
        chattering=False,
    )
    save(row, watched(to_domain(row), now, kind.terms))
    return row


def save(row: AlarmRow, after: Alarm) -> None:
    """Put into `row` what the rules have changed."""
    for name in _MOVED:
        setattr(row, name, getattr(after, name))


def _history(row: AlarmRow, step: Step, action: str, now: datetime) -> dict[str, Any]:
    detail = {"value": step.value, "threshold": step.threshold, "recorded_at": now.isoformat()}
    if step.original_at is not None:
        detail["original_at"] = step.original_at.isoformat()
    return {
        "at": step.at,
        "actor": step.actor,
        "action": action,
        "state": row.state,
        "severity": row.severity,
        "note": None,
        "detail": detail,
    }


def _load(session: Session, ids: Iterable[int]) -> list[AlarmRow]:
    """The alarms `ids`, locked: whoever acknowledges waits for the batch that is changing the alarm, and vice versa."""
    rows: list[AlarmRow] = []
    for chunk in _chunks(sorted(ids)):
        rows.extend(session.scalars(select(AlarmRow).where(AlarmRow.id.in_(chunk)).with_for_update()))
    return rows


def _chunks(values: Sequence[int]) -> Iterable[Sequence[int]]:
    return (values[i : i + _CHUNK] for i in range(0, len(values), _CHUNK))
