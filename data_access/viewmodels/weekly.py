"""What the weekly brief of an area says: a week of cases beside the week and the year before, and what sticks out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from data_access.domain.case_indicators import Counts
from data_access.domain.periods import Period
from data_access.viewmodels.areas import AreaLabel
from data_access.viewmodels.judgement import NewWords, RepeatPlace
from data_access.viewmodels.overview import SourceLine
from data_access.viewmodels.trends import HotTopics


@dataclass(frozen=True, slots=True)
class Line:
    """An area, class or channel with its cases of the week and the week before. `code` None: 未归属."""

    code: str | None
    name: str
    name_en: str | None
    now: Counts
    before: Counts


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the past with its cases; `year_ago` those of the same week a year before, None: no data."""

    first: date
    counts: Counts
    year_ago: Counts | None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """The area below with the lowest on-time rate: which class and which unit have most of what was not on time."""

    line: Line
    late: int
    class_name: str | None
    class_late: int
    unit: str | None


@dataclass(frozen=True, slots=True)
class Grave:
    """A critical or major alarm: what, in which building, when, and after how many seconds it was looked at."""

    kind: str
    severity: int
    place: str
    raised_at: datetime
    looked_s: float | None
    closed_s: float | None


@dataclass(frozen=True, slots=True)
class Safety:
    """Alarms of the week by severity, those of the week before in all, and the gravest."""

    by_severity: tuple[int, int, int, int]  # 1 … 4
    before: int
    gravest: tuple[Grave, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """Everything the brief of `week` says of `area`, true at `at`."""

    area: AreaLabel
    week: Period
    at: datetime
    demo: bool
    now: Counts
    before: Counts
    year_ago: Counts | None
    rated: tuple[int, int]  # cases closed in the week that were rated, and rated 4 or 5 of 5
    rated_before: tuple[int, int]
    overdue: int | None  # open past their due time at the week's end; None where no case has a due time
    overdue_before: int | None
    weeks: tuple[Week, ...]  # oldest first; the last is the brief's
    days: tuple[int, ...]  # Monday to Sunday
    days_before: tuple[int, ...]
    hours: tuple[tuple[int, ...], ...]  # weekday × hour over the weeks drawn
    places: tuple[Line, ...]  # the areas below
    classes: tuple[Line, ...]  # top classes, most first
    channels: tuple[Line, ...]
    hot: HotTopics
    hot_unit: str | None  # who handles most of the first hot topic
    shortfall: Shortfall | None
    repeats: tuple[RepeatPlace, ...]
    words: NewWords
    safety: Safety | None  # None: no devices
    sources: tuple[SourceLine, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """A brief that was made: the ISO name of its week, its language, how many bytes it has."""

    week: str
    lang: str
    size: int
