"""What the duty officer's queue shows: a page of open alarms in the order to take them, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from data_access.viewmodels.alarms import AlarmRecord
from data_access.viewmodels.floods import FloodState


class View(StrEnum):
    """Which open alarms. What was put aside or is explained by another alarm is in a view of its own."""

    OPEN = "open"  # to be handled
    MINE = "mine"  # of these, those the viewer has claimed
    UNACKED = "unacked"  # of these, those nobody has looked at
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    CHATTERING = "chattering"  # 抖动: goes to and fro
    STALE = "stale"  # 长存: has been standing for a day
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """What a page of the queue is narrowed to; None does not narrow. `text` is looked for in place and device code."""

    view: View = View.OPEN
    severity: int | None = None
    kind: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many there are by view and, in the view asked for, by severity. Not narrowed by view and severity."""

    by_view: Mapping[str, int]
    by_severity: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class AlarmQueue:
    """A page of the queue, gravest first, then oldest; `total` is how many the filter finds in all."""

    total: int
    counts: QueueCounts
    rows: tuple[AlarmRecord, ...]
    flood: FloodState
