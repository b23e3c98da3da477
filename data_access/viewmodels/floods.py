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
class FloodCause:
    """What `count` of the `total` alarms of a flood share: a suspicion by counting, and said as one."""

    by: str  # parent, building, kind (in a community), anywhere (one kind)
    alarm_id: int  # the first of them, or what explains them
    kind: str
    place: str  # of that alarm
    area_name: str  # its community
    count: int
    total: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodHelp:
    """Help that was asked for in a flood: by whom, of whom, and until when he may take it back."""

    alarm_id: int  # the alarm that it is kept with
    by: str
    by_name: str
    whom: str
    at: datetime
    undo_until: datetime
    again_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodAnswer:
    """`GET /api/v1/alarms/flood`: the state, and the groups, worst and most first."""

    flood: FloodState
    groups: tuple[FloodGroup, ...]
    cause: FloodCause | None  # while it is a flood
    help: FloodHelp | None
