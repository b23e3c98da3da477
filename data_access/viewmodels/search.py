"""What a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HitKind(StrEnum):
    """Kinds of things that can be searched for, in the order of a list."""

    AREA = "area"
    BUILDING = "building"
    PERSON = "person"
    CAMERA = "camera"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. A person appears with the masked name, the role and the place answered for, nothing else."""

    kind: HitKind
    id: int
    code: str
    name: str
    name_en: str | None
    note: str | None  # a building's address
    sort: str  # kind of area, building, camera or device; role of a person
    area: str  # code of the area it lies in, of an area its own
    area_name: str
    area_name_en: str | None
    building: str | None  # code of the building it belongs to
    lng: float | None
    lat: float | None
