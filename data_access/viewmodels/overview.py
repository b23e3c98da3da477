"""What the overview shows of an area: figures with what they are compared to and when they were true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from data_access.domain.case_indicators import Counts
from data_access.domain.incidents import ClosingCounts
from data_access.domain.periods import Period
from data_access.viewmodels.areas import Place
from data_access.viewmodels.trends import HotTopics, Past


@dataclass(frozen=True, slots=True)
class Ledger:
    """The aggregates of an area (底数): this month's, last month's, those of a year ago. An absent key: not known."""

    month: date | None
    now: Mapping[str, int]
    last_month: Mapping[str, int]
    last_year: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Closing:
    """Cases of a period with the period before and the year before; None where there were none at all."""

    cases: Counts
    cases_before: Counts | None
    cases_year_before: Counts | None

    @property
    def now(self) -> ClosingCounts:
        """The closing figures of the period."""
        return self.cases.closing

    @property
    def previous(self) -> ClosingCounts | None:
        """Those of the period before."""
        return self.cases_before.closing if self.cases_before else None

    @property
    def last_year(self) -> ClosingCounts | None:
        """Those of the period a year before."""
        return self.cases_year_before.closing if self.cases_year_before else None


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a running period compares to: the one before and the year before, each up to the same moment.

    Alarms are counted only where the address asks for the period; elsewhere the panels show today's.
    """

    created_before: int
    created_year_before: int
    alarms: int | None = None
    alarms_before: int | None = None


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One child area or channel with its cases of the period. `code` is None for what belongs to none (未归属)."""

    code: str | None
    name: str
    name_en: str | None
    counts: ClosingCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An area beside the one that the viewer looks after: numbers alone, no row of it is his to see."""

    name: str
    name_en: str | None
    alarms: int  # that stand
    incidents: int  # open
    on_time_rate: float | None


@dataclass(frozen=True, slots=True)
class StageLine:
    """Open cases that stand in one stage, and how many of them are past their due time."""

    stage: str
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Flow:
    """Today's work on incidents. `yesterday` counts up to the same time of day."""

    today: int
    yesterday: int
    closed_today: int
    stages: tuple[StageLine, ...]

    @property
    def open(self) -> int:
        return sum(line.open for line in self.stages)

    @property
    def overdue(self) -> int:
        return sum(line.overdue for line in self.stages)


@dataclass(frozen=True, slots=True)
class KindLine:
    """Devices of one kind: how many, how many offline, standing alarms and their worst severity."""

    kind: str
    devices: int
    offline: int
    alarms: int
    worst: int


@dataclass(frozen=True, slots=True)
class Sensors:
    """Devices and what they say. `by_severity` counts standing alarms 1..4; `recent` new ones per ten minutes.

    New is what a flood counts. `replay` and `replaying`: standing alarms of replays, and devices that only replay
    (told where there are no others).
    """

    devices: int
    offline: int
    today: int
    yesterday: int
    by_severity: Mapping[int, int]
    kinds: tuple[KindLine, ...]
    recent: tuple[int, ...]
    replay: int
    last_critical_at: datetime | None
    replaying: int = 0


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """Cameras of one owner, and how many delivered a picture lately."""

    owner: str | None
    total: int
    delivering: int


@dataclass(frozen=True, slots=True)
class Video:
    """Cameras, and how many delivered a picture lately; `owners` by their number of cameras."""

    total: int
    delivering: int
    last_frame_at: datetime | None
    owners: tuple[OwnerLine, ...] = ()


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who watches over the area now. `chief`: the officer whose shift is nearest, masked; `seats`: those on shift.

    `manned` of the `rotas` areas in it that keep a rota have somebody there.
    """

    chief: str | None
    seats: int
    manned: int
    rotas: int


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source of data, when it last delivered, how often it should."""

    code: str
    name: str
    name_en: str
    interval_s: int
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the panels of one area show, true at `at`."""

    place: Place
    at: datetime
    period: Period
    running: bool  # the period is the one we are in, so that "today" means something
    demo: bool
    has_incidents: bool
    ledger: Ledger
    closing: Closing
    children: tuple[GroupLine, ...]
    channels: tuple[GroupLine, ...]
    flow: Flow
    sensors: Sensors
    video: Video
    sources: tuple[SourceLine, ...]
    past: Past = field(default_factory=Past)
    hot: HotTopics | None = None
    on_duty: OnDuty | None = None
    so_far: SoFar | None = None  # of a running period
    given: bool = False  # the address names the period; otherwise today's figures stand beside this month's rates
    neighbours: tuple[Neighbour, ...] = ()  # at the top of what the viewer may see
    goes_on: bool = True  # the data runs on to today: an old collection has no 本周 and no 本月

    @property
    def ranked(self) -> tuple[GroupLine, ...]:
        """The child areas, the one that closes most of its cases in time first; without what belongs to no child."""
        named = (line for line in self.children if line.code is not None)
        return tuple(sorted(named, key=lambda line: (-(line.counts.on_time_rate or -1.0), -line.counts.due, line.code)))


@dataclass(frozen=True, slots=True)
class Side:
    """One of two areas that are compared: its overview, and 平均整治 of the period (None: nothing was handled)."""

    view: Overview
    mean_handling: timedelta | None
