"""Incidents (事件/案卷): the stages of the loop, what counts as due and on time, and the published indicators.

The due date of a row decides, not today's mood: an indicator of a past period never changes by itself. Time is
passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


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


FINAL_STAGES: Final = (Stage.CLOSED, Stage.VOID)
STAGES_IN_ORDER: Final = tuple(s for s in Stage if s is not Stage.VOID)


class Outcome(StrEnum):
    """How an imported case stood, where the source gives flags and no times."""

    ON_TIME = "on_time"  # 按期结案
    OVERDUE = "overdue"  # 超期结案
    OPEN = "open"  # 应结案, 未结


class Nature(StrEnum):
    """诉求性质; the value is the word itself, as every source writes it."""

    REQUEST = "求决"
    COMPLAINT = "投诉"
    ENQUIRY = "咨询"
    SUGGESTION = "建议"
    THANKS = "感谢"
    OTHER = "其他"


def outcome_of_flags(overdue: int | None, on_time: int | None) -> Outcome | None:
    """Read the closing flags of a source (超期结案数, 按期结案数, each 0, 1 or missing).

    A case is due (应结案) when either flag is given; the flag that is 1 says how it was closed. None when neither is.
    """
    if overdue is None and on_time is None:
        return None
    if on_time == 1:
        return Outcome.ON_TIME
    return Outcome.OVERDUE if overdue == 1 else Outcome.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingCounts:
    """Cases of a period: created, due for closing (应结案), closed, closed on time (按期结案).

    `closed` and `closed_on_time` count among the due, so that no rate passes 100 %.
    """

    created: int = 0
    due: int = 0
    closed: int = 0
    closed_on_time: int = 0

    @property
    def closing_rate(self) -> float | None:
        """结案率 = 结案 / 应结案, in percent; None when nothing was due."""
        return percent(self.closed, self.due)

    @property
    def on_time_rate(self) -> float | None:
        """按期结案率 = 按期结案 / 应结案, in percent; None when nothing was due."""
        return percent(self.closed_on_time, self.due)

    def __add__(self, other: ClosingCounts) -> ClosingCounts:
        return ClosingCounts(
            created=self.created + other.created,
            due=self.due + other.due,
            closed=self.closed + other.closed,
            closed_on_time=self.closed_on_time + other.closed_on_time,
        )


def percent(part: int, whole: int) -> float | None:
    """`part` of `whole` in percent, unrounded; None of nothing."""
    return 100 * part / whole if whole else None


def format_percent(value: float | None) -> str:
    """`89.73%`: two decimals, as the published figures have them; a dash for nothing."""
    return "–" if value is None else f"{value:.2f}%"
