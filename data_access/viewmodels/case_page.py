"""What the page of one case shows beside the case itself: its clocks, who is around, what it is linked to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from data_access.domain.assignment import Suggestion
from data_access.domain.case_choices import ActChoice
from data_access.viewmodels.areas import AreaLabel, CameraLine
from data_access.viewmodels.desk import Reachable
from data_access.viewmodels.incidents import Choice, IncidentDetail, IncidentLine
from data_access.viewmodels.reports import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class StepClock:
    """One step of the loop. `used` and `limit` are in the time that its limit runs in; None where nothing is known."""

    key: str
    name: str
    done: bool
    at: datetime | None  # when it was done
    estimated: datetime | None  # of a replay: when it may have been done then (推定)
    who: str | None
    used: timedelta | None
    limit: timedelta | None
    due_at: datetime | None  # of the step that is awaited


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAlarm:
    """An alarm that the case was made of."""

    id: int
    kind: str
    severity: int
    place: str
    raised_at: datetime
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """To whom the case could be dispatched, and why: `of` names the area and the class that were counted."""

    suggestions: tuple[tuple[str, Suggestion], ...]  # the unit's name and the figures
    area: str
    kind: str
    units: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """One case with everything around it."""

    detail: IncidentDetail
    trail: tuple[AreaLabel, ...]
    classes: tuple[str, ...]  # top, main, sub
    source: str
    building: tuple[str, str] | None  # code, name
    steps: tuple[StepClock, ...]
    returned: int
    people: tuple[Reachable, ...]
    cameras: tuple[CameraLine, ...]
    camera_points: tuple[tuple[float, float], ...]
    seen_on: tuple[str, str] | None  # code and name of the camera that it was seen on
    receipt: Receipt | None  # what the citizen who reported it is told
    alarms: tuple[LinkedAlarm, ...]
    near: tuple[IncidentLine, ...]  # open ones that may be the same
    merged: tuple[IncidentLine, ...]
    into: IncidentLine | None
    acts: tuple[ActChoice, ...]
    assignment: Assignment | None  # where the next step assigns a unit and the viewer may do it
    reporter: tuple[str, bool] | None  # telephone of whoever reported it, and whether it is whole (his who handles it)
    may_link: bool  # the viewer may link it to homes and legal entities
    at: datetime
