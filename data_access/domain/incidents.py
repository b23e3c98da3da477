"""Incidents (事件/案卷): the stages of the loop, what counts as due and on time, and the published indicators.

The due date of a row decides, not today's mood: an indicator of a past period never changes by itself. Time is
passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """七个阶段, then 评价."""

    REPORT = "report"  # 采集
    REGISTER = "register"  # 立案
    DISPATCH = "dispatch"  # 派遣
    HANDLE = "handle"  # 处置
    FEEDBACK = "feedback"  # 反馈
    VERIFY = "verify"  # 核查
    CLOSED = "closed"  # 结案
    VOID = "void"  # 作废


class Outcome(StrEnum):
    """How an imported case ended, where the source gives no times."""

    ON_TIME = "on_time"  # 按期结案
    OVERDUE = "overdue"  # 超期结案


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingCounts:
    """Cases of a period: created, due for closing (应结案), closed, closed on time (按期结案)."""

    created: int
    due: int
    closed: int
    closed_on_time: int

    @property
    def closing_rate(self) -> float | None:
        """结案率 = 结案 / 应结案, in percent; None when nothing was due."""
        return percent(self.closed, self.due)

    @property
    def on_time_rate(self) -> float | None:
        """按期结案率 = 按期结案 / 应结案, in percent; None when nothing was due."""
        return percent(self.closed_on_time, self.due)


def percent(part: int, whole: int) -> float | None:
    """`part` of `whole` in percent, unrounded; None of nothing."""
    return 100 * part / whole if whole else None
