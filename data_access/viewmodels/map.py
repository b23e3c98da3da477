"""What the map is asked for and shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from data_access.domain.errors import InvalidInput


class Shading(StrEnum):
    """What the shapes of areas are shaded by."""

    POPULATION = "population"
    HOUSING = "housing"
    INCIDENTS = "incidents"


@dataclass(frozen=True, slots=True)
class Box:
    """A viewport in degrees, WGS-84."""

    west: float
    south: float
    east: float
    north: float

    @property
    def text(self) -> str:
        """The box as it stands in an address."""
        return f"{self.west},{self.south},{self.east},{self.north}"


def parse_box(text: str) -> Box:
    """Read `w,s,e,n`. Raises `InvalidInput` when it is not a viewport."""
    try:
        box = Box(*(float(part) for part in text.split(",")))
    except (TypeError, ValueError):
        box = None
    if box is None or not _is_viewport(box):
        raise InvalidInput("bbox is four numbers in degrees: west,south,east,north.")
    return box


def _is_viewport(box: Box) -> bool:
    finite = all(math.isfinite(v) for v in (box.west, box.south, box.east, box.north))
    return finite and -180 <= box.west <= box.east <= 180 and -90 <= box.south <= box.north <= 90
