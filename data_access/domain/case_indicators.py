"""The indicators of the loop (考核指标), each as numerator over denominator: the one definition of all of them.

What a case counts for is read from its times as at a moment: a stamp is the first time a step was done and never
changes, and a due date moves only while it lies ahead, so that what was said of a past moment is said of it for ever.
Where a source gave outcome flags instead of times, the flags decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Final, Protocol, TypeVar

from data_access.domain.incidents import ClosingCounts, Outcome, percent

T = TypeVar("T")


class Rate(StrEnum):
    """A published rate."""

    HANDLING = "handling"  # 处置率
    HANDLING_ON_TIME = "handling_on_time"  # 按期处置率
    OVERDUE_UNHANDLED = "overdue_unhandled"  # 超期待处置率
    EXTENSION = "extension"  # 延期率
    CLOSING = "closing"  # 结案率
    CLOSING_ON_TIME = "closing_on_time"  # 按期结案率
    REWORK = "rework"  # 返工率
    DISPATCHING = "dispatching"  # 派遣率
    DISPATCHING_ON_TIME = "dispatching_on_time"  # 按期派遣率
    DISPATCHING_RIGHT = "dispatching_right"  # 准确派遣率
    REGISTERING = "registering"  # 立案率
    REGISTERING_ON_TIME = "registering_on_time"  # 按时立案率


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Cases of a period, as at a moment. Each numerator counts among its denominator, so that no rate passes 100 %."""

    reported: int = 0  # 上报
    registered: int = 0  # 立案
    registered_on_time: int = 0  # 按时立案
    due_dispatch: int = 0  # 应派遣
    dispatched: int = 0  # 派遣
    dispatched_on_time: int = 0  # 按期派遣
    dispatched_right: int = 0  # 准确派遣: never returned by the unit
    due_handling: int = 0  # 应处置
    handled: int = 0  # 处置
    handled_on_time: int = 0  # 按期处置
    overdue_unhandled: int = 0  # 超期待处置
    extended: int = 0  # 延期
    due_closing: int = 0  # 应结案
    closed: int = 0  # 结案
    closed_on_time: int = 0  # 按期结案
    reworked: int = 0  # 返工

    def __add__(self, other: Counts) -> Counts:
        return Counts.total((self, other))

    @classmethod
    def total(cls, of: Iterable[Counts]) -> Counts:
        """All of them together; the zero counts of nothing."""
        columns = zip(*map(_VALUES, of), strict=True)
        return cls(**dict(zip(NAMES, map(sum, columns), strict=False)))

    def rate(self, rate: Rate) -> float | None:
        """The rate in percent, unrounded; None where nothing was due, or where only flags are known and no steps."""
        part, whole = FORMULAS[rate]
        if rate in OF_STEPS and not any(getattr(self, name) for name in STEPS):
            return None
        return percent(getattr(self, part), getattr(self, whole))

    @property
    def closing(self) -> ClosingCounts:
        """The closing figures among them."""
        return ClosingCounts(
            created=self.reported, due=self.due_closing, closed=self.closed, closed_on_time=self.closed_on_time
        )

    @property
    def score(self) -> float | None:
        """综合得分, of 100; None where nothing was due for handling or closing."""
        rates = {rate: self.rate(rate) for rate in WEIGHTS}
        if any(value is None for value in rates.values()):
            return None
        return sum(
            weight * ((value or 0) if good else 100 - (value or 0)) / 100
            for (weight, good), value in zip(WEIGHTS.values(), rates.values(), strict=True)
        )


NAMES: Final = tuple(f.name for f in fields(Counts))
_VALUES: Final = attrgetter(*NAMES)
FORMULAS: Final = {
    Rate.HANDLING: ("handled", "due_handling"),
    Rate.HANDLING_ON_TIME: ("handled_on_time", "due_handling"),
    Rate.OVERDUE_UNHANDLED: ("overdue_unhandled", "due_handling"),
    Rate.EXTENSION: ("extended", "due_handling"),
    Rate.CLOSING: ("closed", "due_closing"),
    Rate.CLOSING_ON_TIME: ("closed_on_time", "due_closing"),
    Rate.REWORK: ("reworked", "due_closing"),
    Rate.DISPATCHING: ("dispatched", "due_dispatch"),
    Rate.DISPATCHING_ON_TIME: ("dispatched_on_time", "due_dispatch"),
    Rate.DISPATCHING_RIGHT: ("dispatched_right", "due_dispatch"),
    Rate.REGISTERING: ("registered", "reported"),
    Rate.REGISTERING_ON_TIME: ("registered_on_time", "registered"),
}
"""Numerator and denominator of each rate."""
WEIGHTS: Final = {
    Rate.HANDLING: (30, True),
    Rate.HANDLING_ON_TIME: (20, True),
    Rate.REWORK: (20, False),
    Rate.OVERDUE_UNHANDLED: (20, False),
    Rate.EXTENSION: (10, False),
}
"""Points in the composite score, and whether a high rate is good."""
STEPS: Final = ("due_dispatch", "due_handling")
OF_STEPS: Final = frozenset({Rate.REWORK, Rate.REGISTERING_ON_TIME})
"""Rates of which outcome flags say nothing, though they make a case count in the denominator."""
LOW_IS_GOOD: Final = frozenset({Rate.OVERDUE_UNHANDLED, Rate.EXTENSION, Rate.REWORK})
TARGETS: Final = {Rate.CLOSING_ON_TIME: 90.0}
"""What an area is expected to reach, percent."""


def behind(rate: Rate) -> tuple[str, str | None]:
    """The cases that keep a rate from being perfect: those that count for the first and not for the second."""
    part, whole = FORMULAS[rate]
    return (part, None) if rate in LOW_IS_GOOD else (whole, part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the indicators read of one case."""

    due_at: datetime | None = None
    voided_at: datetime | None = None  # 作废
    outcome: Outcome | None = None
    registered_at: datetime | None = None
    dispatched_at: datetime | None = None
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    register_due_at: datetime | None = None
    dispatch_due_at: datetime | None = None
    handle_due_at: datetime | None = None
    returned_at: datetime | None = None  # 退回, the first
    reworked_at: datetime | None = None  # 返工, the first
    extended_at: datetime | None = None  # 延期, the first


class Reads(Protocol[T]):
    """How something is asked of a case: of one case it answers with a truth, of a table with a condition."""

    def flagged(self, *outcomes: Outcome) -> T:
        """Its source said one of `outcomes`."""

    def void(self) -> T:
        """It has been voided."""

    def known(self, name: str) -> T:
        """The moment `name` is known."""

    def was(self, name: str) -> T:
        """The moment `name` has come."""

    def by(self, name: str, due: str) -> T:
        """What happened at `name` was not later than `due`; nothing is later than a limit there is none of."""

    def all(self, *of: T) -> T: ...

    def any(self, *of: T) -> T: ...

    def no(self, of: T) -> T: ...


def definition(a: Reads[T]) -> Mapping[str, T]:
    """What makes a case count, for each of `Counts`: the one place where it is said.

    A step is due once its limit, or that of the whole case, has passed, or it has been done, whichever is first.
    """
    flagged = a.flagged(*Outcome)
    timed = a.no(flagged)
    live = a.all(timed, a.no(a.void()))
    registered = a.all(timed, a.was("registered_at"))
    dispatched = a.all(live, a.was("dispatched_at"))
    due_handling = a.all(live, a.any(*(a.was(name) for name in ("handled_at", "handle_due_at", "due_at"))))
    handled = a.all(live, a.was("handled_at"))
    due_by_time = a.all(live, a.known("due_at"), a.any(a.was("closed_at"), a.was("due_at")))
    closed_by_time = a.all(due_by_time, a.was("closed_at"))
    return {
        "reported": a.any(flagged, timed),
        "registered": a.any(flagged, registered),
        "registered_on_time": a.all(registered, a.by("registered_at", "register_due_at")),
        "due_dispatch": a.all(live, a.any(*(a.was(name) for name in ("dispatched_at", "dispatch_due_at", "due_at")))),
        "dispatched": dispatched,
        "dispatched_on_time": a.all(dispatched, *(a.by("dispatched_at", due) for due in ("dispatch_due_at", "due_at"))),
        "dispatched_right": a.all(dispatched, a.no(a.was("returned_at"))),
        "due_handling": due_handling,
        "handled": handled,
        "handled_on_time": a.all(handled, *(a.by("handled_at", due) for due in ("handle_due_at", "due_at"))),
        "overdue_unhandled": a.all(due_handling, a.no(a.was("handled_at"))),
        "extended": a.all(due_handling, a.was("extended_at")),
        "due_closing": a.any(flagged, due_by_time),
        "closed": a.any(a.flagged(Outcome.ON_TIME, Outcome.OVERDUE), closed_by_time),
        "closed_on_time": a.any(a.flagged(Outcome.ON_TIME), a.all(closed_by_time, a.by("closed_at", "due_at"))),
        "reworked": a.all(due_by_time, a.was("reworked_at")),
    }


@dataclass(frozen=True, slots=True)
class OfCase:
    """`Reads` of one case, as at `now`."""

    case: Facts
    now: datetime

    def flagged(self, *outcomes: Outcome) -> bool:
        return self.case.outcome in outcomes

    def void(self) -> bool:
        return self.was("voided_at")

    def known(self, name: str) -> bool:
        return getattr(self.case, name) is not None

    def was(self, name: str) -> bool:
        at: datetime | None = getattr(self.case, name)
        return at is not None and at <= self.now

    def by(self, name: str, due: str) -> bool:
        at, limit = getattr(self.case, name), getattr(self.case, due)
        return at is not None and (limit is None or at <= limit)

    def all(self, *of: bool) -> bool:
        return all(of)

    def any(self, *of: bool) -> bool:
        return any(of)

    def no(self, of: bool) -> bool:  # noqa: FBT001  # as the protocol has it
        return not of


def tally(cases: Iterable[Facts], now: datetime) -> Counts:
    """What the cases count for, as at `now`."""
    total = dict.fromkeys(NAMES, 0)
    for case in cases:
        for name, counts in definition(OfCase(case, now)).items():
            total[name] += counts
    return Counts(**total)
