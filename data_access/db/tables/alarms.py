"""Alarms, their append-only history, and what belongs to handling them: kinds, windows, tasks, notices, shifts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Double, ForeignKey, Index, SmallInteger, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from data_access.db.tables.base import AreaPath, Base, Id, IdKey, Json, Name, Small
from data_access.domain.accounts import MACHINES

_OPEN = text("state <> 'closed'")
_CLOCKED = text("clock_at IS NOT NULL")
_CHILD = text("parent_id IS NOT NULL")
_CHATTERING = text("chattering")
_WINDOWED = text("window_id IS NOT NULL")
_STANDING = text("state IN ('active_unacked', 'active_acked')")


class AlarmRow(Base):
    """告警: at most one standing alarm a device and kind.

    `raised_at`, `last_at` and `cleared_at` are source times, `original_*` those of a replay; all others are on our
    clock. `parent_id` is the alarm that explains this one, `event_id` the first alarm of the confirmed event it belongs
    to; `window` is the kind of the window it was raised in (drill, maintenance).
    """

    __tablename__ = "alarms"
    __table_args__ = (
        Index(
            "uq_alarms_standing", "device_id", "kind", unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING
        ),
        Index("ix_alarms_open", "area_path", "severity", "raised_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_alarms_queue",
            *("severity", "raised_at", "id", "area_path", "state", "owner"),
            *("parent_id", "shelved_until", "shelved_until_clear"),
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_alarms_clock_at", "clock_at", sqlite_where=_CLOCKED, postgresql_where=_CLOCKED),
        Index("ix_alarms_area_path_raised_at", "area_path", "raised_at"),
        Index("ix_alarms_device_id_kind_raised_at", "device_id", "kind", "raised_at"),
        Index("ix_alarms_raised_at", "raised_at"),
        Index("ix_alarms_building_id", "building_id"),
        Index("ix_alarms_parent_id", "parent_id", sqlite_where=_CHILD, postgresql_where=_CHILD),
        Index("ix_alarms_chattering", "last_at", sqlite_where=_CHATTERING, postgresql_where=_CHATTERING),
        Index("ix_alarms_window_id", "window_id", sqlite_where=_WINDOWED, postgresql_where=_WINDOWED),
    )

    id: Mapped[IdKey]
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    kind: Mapped[str] = mapped_column(String(40))
    severity: Mapped[Small]
    life_safety: Mapped[bool]
    state: Mapped[str] = mapped_column(String(20))
    occurrences: Mapped[int]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    place: Mapped[Name]
    lng: Mapped[float | None]
    lat: Mapped[float | None]
    value: Mapped[float | None] = mapped_column(Double)
    threshold: Mapped[float | None] = mapped_column(Double)
    unit: Mapped[str | None] = mapped_column(String(20))
    raised_at: Mapped[datetime]
    last_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(10))  # live, replay, demo (seeded history)
    run: Mapped[str | None] = mapped_column(String(40))
    original_raised_at: Mapped[datetime | None]
    original_cleared_at: Mapped[datetime | None]
    version: Mapped[int]
    needs_reason: Mapped[bool] = mapped_column(default=False, server_default=false())
    seen_severity: Mapped[int | None] = mapped_column(SmallInteger)  # the worst that was acknowledged
    owner: Mapped[str | None] = mapped_column(String(60))
    owner_at: Mapped[datetime | None]
    shelved_until: Mapped[datetime | None]
    shelved_until_clear: Mapped[bool] = mapped_column(default=False, server_default=false())
    shelve_reason: Mapped[str | None] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(Id)
    event_id: Mapped[int | None] = mapped_column(Id)
    close_reason: Mapped[str | None] = mapped_column(String(20))
    close_note: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(60))
    look_due_at: Mapped[datetime | None]
    clock_at: Mapped[datetime | None]
    escalation: Mapped[Small] = mapped_column(default=0, server_default=text("0"))
    chattering: Mapped[bool] = mapped_column(default=False, server_default=false())
    window: Mapped[str | None] = mapped_column(String(12))
    window_id: Mapped[int | None] = mapped_column(Id)
    incident_id: Mapped[int | None] = mapped_column(Id)
    dispatched_to: Mapped[str | None] = mapped_column(String(200))
    dispatched_at: Mapped[datetime | None]


BY_PEOPLE: Final = text(f"actor NOT IN ({', '.join(repr(name) for name in MACHINES)})")
"""Lines of the history that are what somebody did; written out, so that both databases see that its index serves."""


class AlarmHistoryRow(Base):
    """告警履历: who or what did what, when and why. Never updated, never deleted."""

    __tablename__ = "alarm_history"
    __table_args__ = (
        Index("ix_alarm_history_alarm_id", "alarm_id"),
        Index("ix_alarm_history_at", "at"),
        Index("ix_alarm_history_people", "at", "id", sqlite_where=BY_PEOPLE, postgresql_where=BY_PEOPLE),
    )

    id: Mapped[IdKey]
    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarms.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))  # a user's name, or "ingest", "clock"
    action: Mapped[str] = mapped_column(String(20))  # raise, or an AlarmAction; correlation has words of its own
    state: Mapped[str] = mapped_column(String(20))  # after the action
    severity: Mapped[Small]
    note: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[dict[str, Any] | None]


class AlarmKindRow(Base):
    """告警种类: what a deployment has set for a kind; NULL is as `domain.alarm_kinds` has it. Texts are markdown."""

    __tablename__ = "alarm_kinds"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(100))
    name_en: Mapped[str | None] = mapped_column(String(100))
    severity: Mapped[int | None] = mapped_column(SmallInteger)
    life_safety: Mapped[bool | None]
    needs_reason: Mapped[bool | None]
    what_to_do: Mapped[str | None] = mapped_column(Text)
    what_to_do_en: Mapped[str | None] = mapped_column(Text)
    look_s: Mapped[int | None]
    remind_s: Mapped[int | None]
    escalation: Mapped[list[Any] | None] = mapped_column(Json)


class AlarmWindowRow(Base):
    """演练/检修窗口: of an area's subtree, or of one building or device; half-open in time."""

    __tablename__ = "alarm_windows"
    __table_args__ = (Index("ix_alarm_windows_until", "until"),)

    id: Mapped[IdKey]
    kind: Mapped[str] = mapped_column(String(12))  # drill, maintenance
    area_path: Mapped[AreaPath]
    building_id: Mapped[int | None] = mapped_column(Id)
    device_id: Mapped[int | None] = mapped_column(Id)
    since: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]  # when its beginning was told
    ended_at: Mapped[datetime | None]  # its end, or when it was called off before


class TaskRow(Base):
    """派遣任务: what a person or a team is asked to do about an alarm."""

    __tablename__ = "tasks"
    __table_args__ = (Index("ix_tasks_alarm_id", "alarm_id"), Index("ix_tasks_area_path_state", "area_path", "state"))

    id: Mapped[IdKey]
    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarms.id"))
    area_path: Mapped[AreaPath]
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("responsibles.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    note: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))  # open, accepted, arrived, done, failed
    by: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class NoticeRow(Base):
    """通知: one message to one target; tried again with back-off, shown when it fails."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_alarm_id", "alarm_id"),
        Index("ix_notices_state_next_try_at", "state", "next_try_at"),
    )

    id: Mapped[IdKey]
    alarm_id: Mapped[int | None] = mapped_column(ForeignKey("alarms.id"))
    area_path: Mapped[AreaPath]
    step: Mapped[str] = mapped_column(String(20))  # what it tells of: escalate, remind, mention, …
    channel: Mapped[str] = mapped_column(String(12))  # product, webhook, email, wecom, dingtalk, sms
    target: Mapped[str] = mapped_column(String(400))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))  # waiting, sent, failed, read
    attempts: Mapped[Small] = mapped_column(default=0, server_default=text("0"))
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(400))


class ShiftRow(Base):
    """值班: one user's turn at one seat for an area."""

    __tablename__ = "shifts"
    __table_args__ = (Index("ix_shifts_area_path_ended_at", "area_path", "ended_at"),)

    id: Mapped[IdKey]
    user: Mapped[str] = mapped_column(String(60))
    area_path: Mapped[AreaPath]
    seat: Mapped[str | None] = mapped_column(String(60))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class HandoverRow(Base):
    """交接班: what one shift leaves to the next, signed by both. `items` are open alarms and notes."""

    __tablename__ = "handovers"
    __table_args__ = (Index("ix_handovers_area_path_created_at", "area_path", "created_at"),)

    id: Mapped[IdKey]
    shift_id: Mapped[int] = mapped_column(ForeignKey("shifts.id"))
    area_path: Mapped[AreaPath]
    to_user: Mapped[str | None] = mapped_column(String(60))
    items: Mapped[list[Any]] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    signed_from_at: Mapped[datetime | None]
    signed_to_at: Mapped[datetime | None]


class FloodRow(Base):
    """洪泛: how fast new alarms come to one officer (`shift_id`) or, where nobody is on shift, to an area (0).

    Written by the worker; a row stays while there is something to tell. `since` is NULL when it is no flood.
    """

    __tablename__ = "floods"

    area_path: Mapped[AreaPath] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    per10: Mapped[int]
    since: Mapped[datetime | None]
