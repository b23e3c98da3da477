"""The indicators of the loop (考核指标), each as numerator over denominator: the one definition of all of them.

What a case counts for is read from its times as at a moment: a stamp is the first time a step was done and never
changes, and a due date moves only while it lies ahead, so that what was said of a past moment is said of it for ever.
Where a source gave outcome flags instead of times, the flags decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from data_access.domain.incidents import Outcome, percent


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
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in _NAMES})

    def rate(self, rate: Rate) -> float | None:
        """The rate in percent, unrounded; None where nothing was due."""
        part, whole = FORMULAS[rate]
        return percent(getattr(self, part), getattr(self, whole))

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


_NAMES: Final = tuple(f.name for f in fields(Counts))
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


def tally(cases: Iterable[Facts], now: datetime) -> Counts:
    """What the cases count for, as at `now`."""
    total = dict.fromkeys(_NAMES, 0)
    for case in cases:
        for name in _counts_for(case, now):
            total[name] += 1
    return Counts(**total)


def _counts_for(case: Facts, now: datetime) -> list[str]:
    if case.outcome is not None:
        return ["reported", "registered", "due_closing", *_FLAGGED[case.outcome]]
    found = ["reported"]
    found += _step(case.registered_at, case.register_due_at, now, "registered")
    if _was(case.voided_at, now):
        return found
    dispatch = _earliest(case.dispatch_due_at, case.due_at)
    if _due(case.dispatched_at, dispatch, now):
        found += ["due_dispatch", *_step(case.dispatched_at, dispatch, now, "dispatched")]
        if _was(case.dispatched_at, now) and not _was(case.returned_at, now):
            found.append("dispatched_right")
    handle = _earliest(case.handle_due_at, case.due_at)
    if _due(case.handled_at, handle, now):
        found += ["due_handling", *_step(case.handled_at, handle, now, "handled")]
        found += ["overdue_unhandled"] if not _was(case.handled_at, now) else []
        found += ["extended"] if _was(case.extended_at, now) else []
    if case.due_at is not None and _due(case.closed_at, case.due_at, now):
        found += ["due_closing", *_step(case.closed_at, case.due_at, now, "closed")]
        found += ["reworked"] if _was(case.reworked_at, now) else []
    return found


_FLAGGED: Final = {
    Outcome.ON_TIME: ("closed", "closed_on_time"),
    Outcome.OVERDUE: ("closed",),
    Outcome.OPEN: (),
}


def _earliest(own: datetime | None, whole: datetime | None) -> datetime | None:
    """A step is due by its own limit, and by that of the whole case at the latest."""
    return min((at for at in (own, whole) if at is not None), default=None)


def _was(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _due(done_at: datetime | None, due_at: datetime | None, now: datetime) -> bool:
    """A step is due once its limit has passed or it has been done, whichever is first."""
    return _was(done_at, now) or _was(due_at, now)


def _step(done_at: datetime | None, due_at: datetime | None, now: datetime, name: str) -> list[str]:
    if done_at is None or done_at > now:
        return []
    return [name, f"{name}_on_time"] if due_at is None or done_at <= due_at else [name]
