"""Alarms and their append-only history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Double, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from data_access.db.tables.base import AreaPath, Base, IdKey, Name, Small

_OPEN = text("state <> 'closed'")
_STANDING = text("state IN ('active_unacked', 'active_acked')")


class AlarmRow(Base):
    """告警: at most one standing alarm a device and kind. Times are source times; `original_*` those of a replay."""

    __tablename__ = "alarms"
    __table_args__ = (
        Index(
            "uq_alarms_standing", "device_id", "kind", unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING
        ),
        Index("ix_alarms_open", "area_path", "severity", "raised_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_alarms_area_path_raised_at", "area_path", "raised_at"),
        Index("ix_alarms_device_id_kind_raised_at", "device_id", "kind", "raised_at"),
        Index("ix_alarms_raised_at", "raised_at"),
        Index("ix_alarms_building_id", "building_id"),
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


class AlarmHistoryRow(Base):
    """告警履历: who or what did what, when and why. Never updated, never deleted."""

    __tablename__ = "alarm_history"
    __table_args__ = (Index("ix_alarm_history_alarm_id", "alarm_id"),)

    id: Mapped[IdKey]
    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarms.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))  # a user's name, or "ingest", "clock"
    action: Mapped[str] = mapped_column(String(20))  # raise, or an AlarmAction
    state: Mapped[str] = mapped_column(String(20))  # after the action
    severity: Mapped[Small]
    note: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[dict[str, Any] | None]
