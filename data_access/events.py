"""The live schema: one definition for publisher, push and browser.

An event says what an entity now **is**, never how it changed, so that applying it twice or late does no harm: each
carries the entity's `version` and whoever has a newer one ignores it. `area` is the path of the smallest area
concerned; it decides who may receive the event. Lists inside batch events carry their own paths.

Events leave by an outbox row of the transaction that made them true, except `telemetry`, which is a stream of values
for whoever is looking and is neither stored nor replayed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from data_access.domain.alarms import AlarmState, CloseReason


class Event(BaseModel):
    """What every event carries."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area: str  # path of the smallest area concerned
    version: int  # of the entity
    at: datetime


class AlarmChanged(Event):
    """Something happened to an alarm: all that a list needs to show it."""

    type: Literal["alarm.changed"] = "alarm.changed"
    alarm_id: int
    kind: str
    severity: int
    life_safety: bool
    state: AlarmState
    occurrences: int
    raised_at: datetime
    last_at: datetime
    cleared_at: datetime | None
    device_id: int | None
    device_code: str | None
    device_kind: str | None
    reading_ts: int | None  # ms of the reading that brought this about; lets a harness time its arrival
    building_id: int | None
    place: str  # building and seat, never a floor or a person
    floor: int | None  # where its detector hangs; no wall is told
    lng: float | None
    lat: float | None
    value: float | None
    unit: str | None
    source: str  # live | replay
    run: str | None  # the replay run, shown as a label
    needs_reason: bool  # closes only when somebody has said what it was
    owner: str | None
    shelved_until: datetime | None
    shelved_until_clear: bool
    parent_id: int | None  # the alarm that explains this one: suppressed
    event_id: int | None  # first alarm of the confirmed event it belongs to
    close_reason: CloseReason | None  # with a standing alarm: judged, waits for the condition to go
    look_due_at: datetime | None  # somebody must have looked by then
    escalation: int  # 0 grid worker, 1 community, 2 street, 3 district
    chattering: bool
    window: Literal["drill", "maintenance"] | None  # raised in a window of this kind
    incident_id: int | None
    dispatched_to: str | None


NOT_FOR_WALLS: Final[Mapping[str, Any]] = {
    "device_id": None,
    "device_code": None,
    "floor": None,
    "value": None,
    "owner": None,
    "incident_id": None,
    "dispatched_to": None,
}
"""What a wall is not told of an alarm, and what stands in its place: devices and people are nobody's to read there."""
NOR_OF_SMALL_ONES: Final[Mapping[str, Any]] = {"building_id": None, "place": "", "lng": None, "lat": None}
"""What it is told only of an alarm that concerns lives: the building, never a floor."""


def for_wall(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an `alarm.changed` as a wall may read them out to whoever passes."""
    return {**alarm, **NOT_FOR_WALLS, **({} if alarm["life_safety"] else NOR_OF_SMALL_ONES)}


WINDOW_NOT_FOR_WALLS: Final[Mapping[str, Any]] = {"device_id": None, "reason": "", "by": ""}
"""The same of a window: that there is one, where and until when."""


class DeviceState(BaseModel):
    """One device inside `devices.changed`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int
    area: str
    status: int  # DeviceStatus byte
    version: int
    ts: int  # ms of the reading that made it so; 0 when the clock did (offline)


class DevicesChanged(Event):
    """Devices whose status byte changed, gathered for at most one batch. `version` is the highest inside."""

    type: Literal["devices.changed"] = "devices.changed"
    devices: tuple[DeviceState, ...]


class Telemetry(Event):
    """Readings applied, changed or not: `[device id, path, ts ms, status]`. Sent only to pages that ask for it."""

    type: Literal["telemetry"] = "telemetry"
    readings: tuple[tuple[int, str, int, int], ...]


class IncidentChanged(Event):
    """An incident was created or moved."""

    type: Literal["incident.changed"] = "incident.changed"
    incident_id: int
    code: str
    title: str
    channel: str
    stage: str
    created_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    lng: float | None
    lat: float | None
    source: str
    run: str | None


class CountersChanged(Event):
    """The running figures of one area, whole."""

    type: Literal["counters.changed"] = "counters.changed"
    counters: dict[str, int]


class FloodChanged(Event):
    """Alarms come faster to one desk than an officer can take them, or do so no more (`since` null)."""

    type: Literal["flood.changed"] = "flood.changed"
    desk: int  # id of the officer's shift; 0: nobody is on shift there
    per10: int  # new alarms in ten minutes
    since: datetime | None


class WindowChanged(Event):
    """A drill or maintenance window was announced, has begun or is over."""

    type: Literal["window.changed"] = "window.changed"
    window_id: int
    kind: Literal["drill", "maintenance"]
    phase: Literal["coming", "open", "over"]
    building_id: int | None  # of one building only
    device_id: int | None  # of one device only
    since: datetime
    until: datetime  # the end it was announced with; `at` of the phase "over" is when it did end
    reason: str
    by: str


class DutyChanged(Event):
    """Somebody began, handed over or ended a shift, or was mentioned: who shows it asks anew what it now is.

    `area` is that of the shift or of the alarm; the version is the moment.
    """

    type: Literal["duty.changed"] = "duty.changed"
    about: Literal["shift", "mention"]
    user: str  # whose shift it is, or who was mentioned
    alarm_id: int | None  # where he was mentioned


class RulesChanged(Event):
    """Alarm rules of a device or a whole model were changed: who shows them asks anew. The version is ingest's."""

    type: Literal["rules.changed"] = "rules.changed"
    device_id: int | None  # None: of the model
    model: str
    alarm: str
    by: str


class FreshnessChanged(Event):
    """When a source last delivered; `interval_s` is how often it should."""

    type: Literal["freshness.changed"] = "freshness.changed"
    source: str
    last_seen: datetime
    interval_s: int


LiveEvent = Annotated[
    AlarmChanged
    | DevicesChanged
    | Telemetry
    | IncidentChanged
    | CountersChanged
    | FloodChanged
    | WindowChanged
    | DutyChanged
    | RulesChanged
    | FreshnessChanged,
    Field(discriminator="type"),
]
LIVE_EVENT: TypeAdapter[LiveEvent] = TypeAdapter(LiveEvent)
