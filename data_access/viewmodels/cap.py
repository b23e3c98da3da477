"""A CAP message with what is known of its alarm; the place is the building, never a floor or a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data_access.domain.alarm_kinds import AlarmKind, Guidance
from data_access.domain.cap import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class CapAlert:
    """Everything one message says."""

    alarm_id: int
    message: Message
    kind: AlarmKind
    life_safety: bool
    event_id: int | None
    occurrences: int
    window: str | None
    demo: bool
    place: str
    area: str  # code
    area_name: str
    area_name_en: str | None
    lng: float | None
    lat: float | None
    raised_at: datetime
    close_reason: str | None
    guidance: Guidance | None = None  # read for a message, not for a feed
