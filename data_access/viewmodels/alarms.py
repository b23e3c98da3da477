"""What the interface gives of alarms: one record an alarm, a page at a time, and the history of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data_access.domain.alarm_kinds import Guidance


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRecord:
    """One alarm as it stands. Times are source times on our clock; `original_*` are those of a replayed file."""

    id: int
    kind: str
    severity: int
    life_safety: bool
    state: str
    occurrences: int
    area: str  # code
    area_name: str
    place: str
    building_id: int | None
    lng: float | None
    lat: float | None
    device_id: int | None
    device_code: str | None
    device_kind: str | None
    value: float | None
    threshold: float | None
    unit: str | None
    raised_at: datetime
    last_at: datetime
    cleared_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    source: str
    run: str | None
    original_raised_at: datetime | None
    original_cleared_at: datetime | None
    needs_reason: bool
    owner: str | None
    owner_at: datetime | None
    shelved_until: datetime | None
    shelved_until_clear: bool
    shelve_reason: str | None
    parent_id: int | None
    event_id: int | None
    close_reason: str | None
    close_note: str | None
    closed_at: datetime | None
    closed_by: str | None
    look_due_at: datetime | None
    escalation: int
    chattering: bool
    window: str | None
    incident_id: int | None
    dispatched_to: str | None
    dispatched_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmStep:
    """One line of an alarm's history."""

    at: datetime
    actor: str
    action: str
    state: str
    severity: int
    note: str | None
    detail: dict[str, Any] | None  # what the action said besides; of an undoable one `before`


@dataclass(frozen=True, slots=True)
class AlarmPage:
    """Alarms, newest first; `next` is the cursor of the following page."""

    alarms: tuple[AlarmRecord, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class AlarmDetail:
    """An alarm with everything that happened to it, oldest first, and what to do about it."""

    alarm: AlarmRecord
    history: tuple[AlarmStep, ...]
    guidance: Guidance


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFilter:
    """What a page of alarms is narrowed to; None does not narrow. `since` and `until` bound the raising, half-open."""

    is_open: bool | None = None
    severity: int | None = None
    kind: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
