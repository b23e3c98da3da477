"""What the board, the list and the case page show of incidents: frozen, inside a scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """One incident as it stands. `next_step` is what is to be done, None when nothing is."""

    id: int
    code: str
    title: str
    stage: str
    workflow: str
    step: str  # key of the last one done
    step_name: str
    next_step: str | None
    next_step_name: str | None
    urgency: int
    area: str  # code
    area_name: str
    parent_name: str | None  # of the area above: a grid's own name says little
    place: str | None
    type: str | None
    channel: str | None
    unit: str | None
    owner: str | None
    created_at: datetime
    due_at: datetime | None
    step_due_at: datetime | None
    turn_until: datetime | None
    closed_at: datetime | None
    satisfaction: int | None  # 1 to 5
    overdue: bool  # as at the moment of asking
    level: int | None  # whose turn: 0 grid worker, 1 community, 2 street, 3 district
    suspended_at: datetime | None
    asked_until: datetime | None
    merged_into: int | None
    reworks: int
    extensions: int
    urged: int
    run: str | None  # a replay, shown as a label
    version: int
    category: str | None = None  # A to D, of the item of the catalogue that it came in under
    climbed: bool = False  # it is the turn of a level above the one that its item begins with


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """Incidents in order; `next` is the cursor of the following page."""

    incidents: tuple[IncidentLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardColumn:
    """One stage of the board: how many wait there, how many of them are overdue, and the most pressing."""

    stage: str
    total: int
    overdue: int
    incidents: tuple[IncidentLine, ...]
    took: timedelta | None = None  # from the report to the close, on average; of closed ones alone


@dataclass(frozen=True, slots=True)
class IncidentBoard:
    """The open incidents by stage, in the order of the loop, and those closed today (`overdue`: closed late)."""

    at: datetime
    columns: tuple[BoardColumn, ...]
    closed: BoardColumn
    more: bool = False  # there are more than were counted


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentStep:
    """One line of an incident's history."""

    at: datetime
    actor: str
    action: str
    stage: str
    note: str | None
    detail: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A photo, clip or recording of a case; its bytes are another address (`/api/v1/attachments/{id}`)."""

    id: int
    kind: str
    phase: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    lng: float | None
    lat: float | None
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowStep:
    """One step of the loop drawn as a line."""

    key: str
    name: str
    stage: str
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkable:
    """A home or a legal entity as somebody who handles cases may know it: no person, and no room where he may not.

    A home is called by its building (`name`), unit, floor and room; an entity by its name and its building.
    """

    kind: str  # domain.case_links.LinkKind
    id: int
    name: str
    unit: int | None
    floor: int | None
    room: str | None
    sort: str | None  # a home's use, an entity's industry
    area: str  # code
    building: tuple[str, str] | None  # code and name
    open: int = 0  # open cases that are linked to it and that the viewer may see


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDetail:
    """An incident with everything that happened to it, oldest first, and the steps of its workflow."""

    incident: IncidentLine
    description: str | None
    nature: str | None
    lng: float | None
    lat: float | None
    registered_at: datetime | None
    dispatched_at: datetime | None
    handled_at: datetime | None
    verified_at: datetime | None
    closed_at: datetime | None
    voided_at: datetime | None
    satisfaction: int | None
    steps: tuple[WorkflowStep, ...]
    history: tuple[IncidentStep, ...]
    merged: tuple[int, ...]  # ids of those that were merged into it
    attachments: tuple[Attachment, ...]  # oldest first
    links: tuple[Linkable, ...]  # homes and legal entities, oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """What a list of incidents is narrowed to; None does not narrow."""

    state: str = "open"  # open | overdue | suspended | closed | all
    stage: str | None = None
    urgency: int | None = None
    category: str | None = None  # A to D, of the item that it came in under
    level: int | None = None  # whose turn: 0 grid worker, 1 community, 2 street, 3 district
    type_id: int | None = None
    channel_id: int | None = None
    unit_id: int | None = None
    owner: str | None = None
    dwelling_id: int | None = None  # linked to this home
    entity_id: int | None = None  # linked to this legal entity
    text: str | None = None  # in title, place or code
    first: date | None = None  # days on which it came in, [first, end)
    end: date | None = None
    counted: str | None = None  # one of `Counts`: the rows behind an indicator's figure, replays left out
    less: str | None = None  # without those that count for this one
    without: str | None = None  # a `By`: those that belong to none of its kind, the line 未归属


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a list can be narrowed to."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What lists of incidents can be narrowed to."""

    types: tuple[Choice, ...]  # 大类
    channels: tuple[Choice, ...]
    units: tuple[Choice, ...]
