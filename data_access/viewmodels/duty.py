"""What screens and programs are told of duty: shifts, hand-overs, windows, notices, and who is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One officer's turn; `mine`: the viewer's own."""

    id: int
    user: str
    display: str
    area: str  # code
    area_name: str
    seat: str | None
    started_at: datetime
    ended_at: datetime | None
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRota:
    """Somebody responsible who stands on the rota now; the name is masked."""

    name: str
    role: str
    area: str
    area_name: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What one shift leaves to the next; `items` are open alarms with notes."""

    id: int
    shift_id: int
    from_user: str
    to_user: str | None
    area: str
    area_name: str
    note: str | None
    items: list[dict[str, Any]]
    signed_from_at: datetime | None
    signed_to_at: datetime | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who can be named: an account that may see the alarm, or take over the shift."""

    name: str
    display: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """`GET /api/v1/shifts`: who is there. `unmanned`: areas below that keep a rota with nobody on it now."""

    mine: Shift | None
    shifts: tuple[Shift, ...]
    rota: tuple[OnRota, ...]
    unmanned: tuple[str, ...]  # names of areas
    handovers: tuple[Handover, ...]  # those that wait for a signature, and the newest signed ones
    successors: tuple[Colleague, ...]  # who may take over `mine`


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRecord:
    """A drill or maintenance window."""

    id: int
    kind: str
    area: str
    area_name: str
    building: str | None  # code
    device: str | None  # code
    place: str  # the building's or the device's name; empty for an area
    since: datetime
    until: datetime
    reason: str
    by: str
    by_name: str  # what people call him
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRecord:
    """A notice; whom a text message went to is not told."""

    id: int
    alarm_id: int | None
    step: str
    channel: str
    target: str | None
    body: str
    state: str
    attempts: int
    created_at: datetime
    next_try_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage:
    """The newest notices, and how many could not be delivered in a day, by way out."""

    notices: tuple[NoticeRecord, ...]
    failed: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Somebody named the viewer in a note about an alarm."""

    id: int
    alarm_id: int
    kind: str
    place: str
    by: str
    text: str
    at: datetime
    unread: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """The newest mentions of the viewer, and how many he has not read."""

    unread: int
    mentions: tuple[Mention, ...]
