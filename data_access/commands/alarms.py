"""What the world, the clock and people do to alarms: row, history and event in one transaction.

Ingest hands over `Step`s (a condition begins to stand, is reported again, is gone); whether a condition that begins to
stand is a new alarm or the return of the last one is decided here, by the domain, on the row as it is now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.commands.alarm_batch import AlarmBatch, PlainAlarm
from data_access.db.alarm_kinds import kinds
from data_access.db.bulk import among
from data_access.db.tables import AlarmRow, AreaRow, BuildingRow, DeviceRow, to_ms
from data_access.domain.alarm_kinds import AlarmKind, kind_of
from data_access.domain.alarm_moves import transition
from data_access.domain.alarm_terms import Terms, first_look
from data_access.domain.alarms import (
    STANDING_STATES,
    UNACKED_STATES,
    Alarm,
    AlarmAction,
    AlarmState,
    CloseReason,
    Severity,
    may_return,
)
from data_access.live import outbox
from data_access.live.telling import Detector, alarm_body

RAISE: Final = "raise"
"""The first word of every alarm's history; the others are `AlarmAction`s."""
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


class DeviceFacts(NamedTuple):
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
    floor: int | None
    place: str


@dataclass(slots=True)
class Happening:
    """What a step has just done to an alarm at source time `at`; `anew`: it is to be looked at, and was not before."""

    row: PlainAlarm
    action: str
    at: datetime
    anew: bool


Relate = Callable[[AlarmBatch, Sequence[Happening], Mapping[int, "DeviceFacts"], datetime], Iterable[PlainAlarm]]
"""Puts together what belongs together, given what has just happened, the devices concerned and the time.

Returns the alarms that it changed for the sake of others, whose history it has noted.
"""


def take_steps(
    session: Session, steps: Sequence[Step], *, now: datetime, relate: Relate | None = None
) -> dict[Key, int]:
    """Apply `steps` in order; return the newest alarm's id of each device and kind touched.

    `relate` puts together what belongs together (`commands.correlation`) before events are written.

    Steps that no longer apply (the alarm was closed by somebody else meanwhile) leave no trace. Raises the driver's
    error (`db.engine.is_conflict`) when another process has raised the same alarm: load again and evaluate anew.
    """
    if not steps:
        return {}
    taking = _Taking(session, steps, now)
    for step in steps:
        taking.take(step)
    batch, touched = taking.batch, taking.touched
    for row in relate(batch, taking.happenings, taking.facts, now) if relate and taking.happenings else ():
        touched.setdefault(row.id, (row, None))
    batch.write()
    strangers = {row.device_id for row, _ in touched.values() if row.device_id} - taking.facts.keys()
    facts = taking.facts | device_facts(session, strangers)
    at = to_ms(now)
    outbox.add_bodies(
        session, [(at, body_of(row, facts.get(row.device_id or 0), ts, now)) for row, ts in touched.values()]
    )
    return {key: row.id for key, row in taking.current.items()}


_Look = tuple[bool, tuple[datetime | None, datetime | None]]
"""Whether an alarm needs a reason, when somebody must have looked, when the clock looks."""


@dataclass(slots=True)
class _Taking:
    """What the steps of a batch are taken with, and what comes of them."""

    session: Session
    steps: Sequence[Step]
    now: datetime
    batch: AlarmBatch = field(init=False)
    facts: dict[int, DeviceFacts] = field(init=False)
    kinds: dict[str, AlarmKind] = field(init=False)
    numbers: Iterator[int] = field(init=False)
    current: dict[Key, PlainAlarm] = field(init=False)
    touched: dict[int, tuple[PlainAlarm, int | None]] = field(default_factory=dict)  # with the reading's time
    happenings: list[Happening] = field(default_factory=list)
    looks: dict[tuple[str, Severity, bool, bool], _Look] = field(default_factory=dict)
    told_at: str = field(init=False)

    def __post_init__(self) -> None:
        self.batch, self.told_at = AlarmBatch(self.session), self.now.isoformat()
        self.facts = device_facts(self.session, {step.device_id for step in self.steps})
        self.kinds = kinds(self.session)
        self.numbers = self.batch.reserve(sum(step.action is None for step in self.steps))
        known = self.batch.find_among(AlarmRow.id, {s.latest for s in self.steps if s.latest is not None})
        self.current = {(row.device_id, row.kind): row for row in known if row.device_id is not None}

    def take(self, step: Step) -> None:
        """Let `step` happen, when it still applies."""
        device = self.facts.get(step.device_id)
        if device is None:
            return  # taken out of service while its last reading was on the way
        key = (step.device_id, step.kind)
        before = self.current.get(key)
        unseen = before is not None and before.state in UNACKED_STATES
        action = _action(before, step)
        if action is None:
            return
        if action == RAISE:
            row = self.current[key] = self._raised(step, device)
            self.batch.add(row)
        elif before is not None:
            row = before
            _move(row, AlarmAction(action), step, self.now, self.kind(step.kind).terms)
        self.touched[row.id] = (row, step.reading_ts)
        self.batch.note(row, action, step.at, step.actor, self._told(step))
        self.happenings.append(Happening(row, action, step.at, row.state in UNACKED_STATES and not unseen))

    def kind(self, code: str) -> AlarmKind:
        """The kind as it is in force."""
        return self.kinds.get(code) or kind_of(code)

    def _raised(self, step: Step, device: DeviceFacts) -> PlainAlarm:
        needs_reason, (look_due_at, clock_at) = self._look(step, replayed=device.replay)
        return PlainAlarm(
            id=next(self.numbers),
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
            source="replay" if device.replay else "live",
            run=step.run,
            original_raised_at=step.original_at,
            version=1,
            needs_reason=needs_reason,
            look_due_at=look_due_at,
            clock_at=clock_at,
        )

    def _look(self, step: Step, *, replayed: bool) -> _Look:
        """What is the same for all alarms of a kind and grade that are raised now."""
        key = step.kind, step.severity, step.life_safety, replayed
        if (found := self.looks.get(key)) is None:
            kind = self.kind(step.kind)
            reason = kind.asks_reason(step.severity, life_safety=step.life_safety)
            found = self.looks[key] = reason, first_look(step.severity, self.now, kind.terms, replayed=replayed)
        return found

    def _told(self, step: Step) -> dict[str, Any]:
        """What the history keeps of a step besides."""
        detail = {"value": step.value, "threshold": step.threshold, "recorded_at": self.told_at}
        if step.original_at is not None:
            detail["original_at"] = step.original_at.isoformat()
        return detail


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


def body_of(row: AlarmRow, device: DeviceFacts | None, reading_ts: int | None, at: datetime) -> str:
    """What the alarm now is, for every list that shows it, as JSON."""
    told = Detector(device.code, device.kind, device.floor) if device else Detector()
    return alarm_body(row, told, reading_ts, at)


def device_facts(session: Session, ids: Collection[int]) -> dict[int, DeviceFacts]:
    """What alarms copy from the devices `ids`."""
    if not ids:
        return {}
    device, connection = DeviceRow, session.connection()
    own = (device.id, device.code, device.kind, device.area_id, device.area_path, device.building_id)
    query = (
        select(*own, device.lng, device.lat, device.replay, device.floor, func.coalesce(BuildingRow.name, AreaRow.name))
        .join(AreaRow, AreaRow.id == device.area_id)
        .outerjoin(BuildingRow, BuildingRow.id == device.building_id)
        .where(among(connection, device.id, ids))
    )
    return {row[0]: DeviceFacts._make(row) for row in connection.execute(query).all()}


def _action(before: PlainAlarm | None, step: Step) -> str | None:
    """What `step` is to the newest alarm of its device and kind: the word for the history; None when it is over."""
    if before is None:
        return RAISE if step.action is None else None
    stands = before.state in STANDING_STATES
    if step.action is not None:
        return step.action if stands or step.action is AlarmAction.RETURN else None
    if stands:
        return AlarmAction.RETRIGGER
    returns = may_return(before.original_cleared_at or before.cleared_at, at=step.original_at or step.at)
    return AlarmAction.RETURN if returns else RAISE


def _move(row: PlainAlarm, action: AlarmAction, step: Step, now: datetime, terms: Terms) -> None:
    at = step.original_at or step.at
    save(row, transition(to_domain(row), action, now=at, clock=now, severity=step.severity, terms=terms))
    if action is AlarmAction.CLEAR:
        row.cleared_at, row.original_cleared_at = step.at, step.original_at
    else:
        row.last_at = max(step.at, row.last_at)
        row.cleared_at = row.original_cleared_at = None
        row.value, row.threshold = step.value, step.threshold


def save(row: AlarmRow, after: Alarm) -> None:
    """Put into `row` what the rules have changed."""
    for name in _MOVED:
        setattr(row, name, getattr(after, name))
