"""What the analysis of past alarms shows: load, priorities, sources, times, false alarms; counts with their basis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Figures of a period. `seats`: the most officers on shift at once; `worst10`: the most alarms of 10 min a seat."""

    alarms: int
    announced: int  # without what a parent explains and what a window held
    per_seat10: float
    worst10: float
    slots: int  # of ten minutes
    flooded_s: int  # seconds of the time in which it was a flood for each officer
    acknowledge_median_s: float | None
    acknowledge_p95_s: float | None
    close_median_s: float | None
    close_p95_s: float | None
    judged: int
    false: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The busiest ten minutes a seat between `at` and the next slot."""

    at: datetime
    worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of what is announced has this severity."""

    severity: int
    now: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What raises most: a device and kind, or where there is no device a kind and place."""

    kind: str
    device: str | None  # code
    place: str
    count: int
    chattering: bool
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chatterer:
    """An alarm that has gone to and fro: `cycles` within its worst minute, at `at`."""

    kind: str
    device: str | None
    place: str
    at: datetime
    cycles: int
    occurrences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stayer:
    """An alarm that stood for a day or more. `until` None: it still stands."""

    kind: str
    device: str | None
    place: str
    since: datetime
    until: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long it took until somebody looked and until it was closed, of one kind or area."""

    key: str  # kind, or the area's code
    name: str
    name_en: str | None
    model: str | None  # code of the model most of a kind's alarms come from
    severity: int
    count: int
    acknowledge_median_s: float | None
    acknowledge_p95_s: float | None
    close_median_s: float | None
    close_p95_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseRate:
    """How many alarms of a model that were closed with a reason were none: with the 95 % interval as shares."""

    model: str
    name: str
    kind: str  # of the alarm that most of the false ones are
    judged: int
    false: int
    low: float
    high: float
    worse: bool  # surely above that of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """All of it, of the alarms raised in [start, end) in the subtree of an area, replays left out."""

    start: datetime
    end: datetime
    before_start: datetime
    slot_minutes: int  # how long one bar of the load is
    seats_known: bool  # somebody was on shift in it
    now: Totals
    before: Totals
    load: tuple[Slot, ...]
    mix: tuple[Share, ...]
    sources: tuple[Source, ...]
    chatterers: tuple[Chatterer, ...]
    chatterers_total: int
    stayers: tuple[Stayer, ...]
    stayers_total: int
    by_kind: tuple[Times, ...]
    by_area: tuple[Times, ...]
    timed_of: int  # the times are of so many alarms, the newest where there were more
    models: tuple[FalseRate, ...]
    least_judged: int  # below it a rate says nothing
    demo: int  # of the alarms, so many are of the seeded past
