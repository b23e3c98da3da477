"""What a screen shows of a flood: how fast alarms come, and what they are, counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodState:
    """New alarms of ten minutes for one desk (id of the shift; 0: nobody in particular)."""

    on: bool
    per10: int
    since: datetime | None
    desk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodGroup:
    """Open alarms of one cause and area; counts by severity."""

    cause: str
    area: str | None  # code
    area_name: str
    count: int
    worst: int
    by_severity: dict[int, int]
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodAnswer:
    """`GET /api/v1/alarms/flood`: the state, and the groups, worst and most first."""

    flood: FloodState
    groups: tuple[FloodGroup, ...]
