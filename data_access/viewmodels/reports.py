"""What the public pages of a report show: nothing that names a person, and roles instead of names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Point:
    """Where a QR code hangs: a patrol point or a building."""

    code: str
    name: str
    area: str  # community
    area_en: str | None
    grid: str
    grid_en: str | None


@dataclass(frozen=True, slots=True)
class Passed:
    """One step of the case: `at` is when it was done, None while it is not."""

    key: str
    name: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """One line of what happened: what (`accept`, `arrive` …), and what the citizen is told."""

    at: datetime
    what: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A case as whoever reported it sees it."""

    number: str
    title: str
    place: str | None
    text: str | None  # word for word what was sent
    created_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    stage: str
    merged: bool
    steps: tuple[Passed, ...]
    lines: tuple[Told, ...]
    photos: tuple[tuple[int, str, datetime], ...]  # id, phase, when
    recordings: tuple[tuple[int, str], ...]  # id, media type: what was said and filmed with the report
    rating: int | None
    may_reply: bool
    may_send_back: bool
    reply_until: datetime | None
