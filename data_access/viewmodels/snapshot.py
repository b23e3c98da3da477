"""What a page starts from: the state that the live events then change."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from data_access.events import (
    AlarmChanged,
    CountersChanged,
    FloodChanged,
    FreshnessChanged,
    IncidentChanged,
    WindowChanged,
)


class SnapshotArea(BaseModel):
    """The area the page shows."""

    model_config = ConfigDict(frozen=True)

    code: str
    path: str
    name: str
    name_en: str | None
    kind: str


class SnapshotDeployment(BaseModel):
    """What must be said of all figures on the page."""

    model_config = ConfigDict(frozen=True)

    demo: bool
    version: str  # of the data: grows with every import


class Snapshot(BaseModel):
    """Everything live of one area, in the same form as the events. `event_id` was read before the rest."""

    model_config = ConfigDict(frozen=True)

    event_id: str | None  # None while Redis is away
    at: datetime
    area: SnapshotArea | None  # None in an empty deployment
    deployment: SnapshotDeployment
    alarms: tuple[AlarmChanged, ...]  # worst first, then newest
    alarms_total: int
    incidents: tuple[IncidentChanged, ...]  # newest first
    counters: tuple[CountersChanged, ...]
    floods: tuple[FloodChanged, ...]  # those that are on, of desks at, above or below the area
    windows: tuple[WindowChanged, ...]  # those that are open or to come, in the area or around it
    sources: tuple[FreshnessChanged, ...]
