"""What the phone of a grid worker or an organisation shows: tasks, and the points that a grid worker patrols."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FieldNote:
    """A message between the desk and the street: a note in the timeline of the case."""

    id: int
    at: datetime
    who: str
    own: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTask:
    """A case that is his to do, or to take. `next_step` is what comes when it is done.

    `open`: an order that nobody has yet, told without what is within the building; the next step is the one after it
    was taken.
    """

    id: int
    code: str
    title: str
    place: str | None
    description: str | None
    lng: float | None
    lat: float | None
    channel: str | None
    stage: str
    next_step: str
    next_step_name: str
    next_stage: str
    created_at: datetime
    due_at: datetime | None
    step_due_at: datetime | None
    urgency: int
    version: int
    mine: bool
    open: bool
    accepted_at: datetime | None
    arrived_at: datetime | None
    photos: tuple[tuple[int, str], ...]  # id and phase
    recordings: tuple[tuple[int, str], ...]  # id and media type: what was said or filmed
    category: str | None = None  # A to D, of its item
    reporter: str | None = None  # his telephone: whole for whoever has accepted the case, else masked
    notes: tuple[FieldNote, ...] = ()  # oldest first


@dataclass(frozen=True, slots=True)
class FieldPoint:
    """A point of patrol, and when somebody last stood there today."""

    code: str
    name: str
    lng: float
    lat: float
    visited_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """All of it, as at `at`."""

    at: datetime
    user: str
    display: str
    area: str | None
    unit: str | None  # for whom an organisation acts
    tasks: tuple[FieldTask, ...]
    points: tuple[FieldPoint, ...]
    buildings: tuple[tuple[float, float], ...]  # where they stand, around the tasks: the map is drawn without a network
