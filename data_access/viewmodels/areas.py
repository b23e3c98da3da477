"""What screens show of areas and buildings: frozen, already masked and scoped, no SQL behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data_access.viewmodels.incidents import Linkable


@dataclass(frozen=True, slots=True)
class AreaLabel:
    """An area as a name to read and a code to go to."""

    id: int
    code: str
    path: str
    name: str
    name_en: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the viewer is: the area, the way up that he may go, what lies below."""

    area: AreaLabel
    trail: tuple[AreaLabel, ...]  # from the highest area he may see down to the parent
    children: tuple[AreaLabel, ...]
    below: tuple[tuple[str, int], ...]  # how many areas of each kind lie in the subtree


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody responsible: role, masked name, and his phone, whole for whoever has `Action.SEE_PHONES`."""

    role: str
    name: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device of the building and its `DeviceStatus` byte; None before it has ever been seen."""

    id: int
    code: str
    kind: str
    name: str
    floor: int | None
    status: int | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class CameraLine:
    """A camera near the building."""

    id: int
    code: str
    name: str
    metres: int
    delivering: bool


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """An open incident at the building, or about a home or a legal entity in it."""

    id: int
    code: str
    title: str
    stage: str
    created_at: datetime
    due_at: datetime | None
    links: tuple[Linkable, ...] = ()  # homes and legal entities of the building that it is about


@dataclass(frozen=True, slots=True)
class PastAlarm:
    """An alarm of a building, standing or over."""

    id: int
    kind: str
    severity: int
    state: str
    floor: int | None
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class BuildingView:
    """The drawer of one building. People are counted, never listed; a count below five is None with `few` set."""

    id: int
    code: str
    name: str
    address: str | None
    estate: str | None
    kind: str
    lng: float
    lat: float
    floors: int
    units: int
    built_year: int | None
    area: AreaLabel
    people: tuple[PersonLine, ...]
    dwellings: int
    uses: tuple[tuple[str, int], ...]
    residents: int | None
    elderly: int | None
    few: bool
    devices: tuple[DeviceLine, ...]
    devices_total: int
    cameras: tuple[CameraLine, ...]
    incidents: tuple[IncidentLine, ...]
    alarms: tuple[PastAlarm, ...]
    alarms_total: int
