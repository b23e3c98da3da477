"""What /indicators shows: the figures of an area and a period, a line for each of a kind, and why a rate changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from data_access.domain.case_indicators import LOW_IS_GOOD, TARGETS, Counts, Rate
from data_access.domain.periods import Period
from data_access.domain.standings import Standing
from data_access.viewmodels.areas import AreaLabel, Place
from data_access.viewmodels.indicators import By, IndicatorLine


class Against(StrEnum):
    """What a period is compared to."""

    BEFORE = "before"  # 环比
    YEAR = "year"  # 同比


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is looked at: a rate, or the composite score (`rate` None)."""

    rate: Rate | None = Rate.CLOSING_ON_TIME

    @property
    def name(self) -> str:
        return self.rate.value if self.rate else "score"

    @property
    def low_is_good(self) -> bool:
        return self.rate in LOW_IS_GOOD

    @property
    def target(self) -> float | None:
        return TARGETS.get(self.rate) if self.rate else None

    def of(self, counts: Counts | None) -> float | None:
        """The figure, unrounded; None where nothing was due."""
        if counts is None:
            return None
        return counts.score if self.rate is None else counts.rate(self.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLine:
    """A line of the table with the same of the period that it is compared to."""

    line: IndicatorLine
    before: Counts | None
    standing: Standing | None
    place_before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What one class (unit, area, rate) contributed to a change, in points; by its rate and by its share."""

    line: IndicatorLine
    before: Counts
    total: float
    by_rate: float
    by_mix: float
    rate: Rate | None = None  # a part of the composite score, in place of a class


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The change of a measure in an area, taken apart. Without `causes` there is nothing to compare to.

    `within` is the class that is looked into: its own classes then add up to what it contributed.
    """

    area: AreaLabel
    by: By | None
    choices: tuple[By, ...]
    measure: Measure
    now: Counts
    before: Counts | None
    causes: tuple[Cause, ...]
    within: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicators:
    """The page. Of a running period, `so_far` counts what had come by the same moment of the earlier ones."""

    place: Place
    at: datetime
    period: Period
    running: bool
    demo: bool
    by: By | None
    choices: tuple[By, ...]
    measure: Measure
    against: Against
    whole: Counts
    before: Counts | None
    year: Counts | None
    so_far: tuple[int | None, int | None]
    lines: tuple[PageLine, ...]
    months: tuple[tuple[date, Counts], ...]
    why: Why | None

    @property
    def compared(self) -> Counts | None:
        """The whole of the period that is compared to."""
        return self.year if self.against is Against.YEAR else self.before
