"""What screens show of the past: months, days, weeks of classes and channels, hot topics, ages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from data_access.domain.incidents import ClosingCounts


@dataclass(frozen=True, slots=True)
class MonthLine:
    """The cases of the month that begins on `first`."""

    first: date
    counts: ClosingCounts


@dataclass(frozen=True, slots=True)
class DayLine:
    """A whole day: cases taken in and closed, those open at its end, those taken in a year before (None: no data)."""

    day: date
    created: int
    closed: int
    open: int
    year_ago: int | None


@dataclass(frozen=True, slots=True)
class GroupTrend:
    """A class or channel: cases of the last four weeks, of the four before, and week by week, oldest first."""

    name: str
    now: int
    before: int
    weeks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HotTopic:
    """A class in a place: its cases of the last week, what its own past lets expect, how likely that is by chance."""

    name: str
    last: int
    expected: float
    probability: float
    hot: bool
    where: tuple[str, str | None] | None  # name, English name of the place
    code: str | None = None  # of the place
    type_id: int | None = None
    weeks: tuple[int, ...] = ()  # oldest first; the last is the one judged


@dataclass(frozen=True, slots=True)
class HotTopics:
    """What rises most in the week before `end`; `tested` cells were looked at, hot is what is below `level`."""

    end: date
    lines: tuple[HotTopic, ...]
    tested: int
    level: float

    @property
    def hot(self) -> tuple[HotTopic, ...]:
        return tuple(line for line in self.lines if line.hot)


@dataclass(frozen=True, slots=True)
class Topics:
    """The weeks before `end` (the first day that no longer belongs to them)."""

    end: date
    classes: tuple[GroupTrend, ...]
    channels: tuple[GroupTrend, ...]


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Residents of five years of age from `low`; the last band has no end."""

    low: int
    men: int
    women: int


@dataclass(frozen=True, slots=True)
class Past:
    """What the overview's sparklines draw, oldest first; None where nothing is known of that time."""

    days: tuple[DayLine, ...] = ()
    on_time: tuple[float | None, ...] = ()  # rates of the last twelve months
    closing: tuple[float | None, ...] = ()
    handling: tuple[float | None, ...] = ()
    created: tuple[int | None, ...] = ()
    facts: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)  # thirteen months
    daily: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)  # thirty days
