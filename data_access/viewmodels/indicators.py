"""What screens and exports show of the published indicators: one line a street, channel, type… with its counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from data_access.domain.case_indicators import Counts
from data_access.domain.incidents import ClosingCounts

UNASSIGNED = "未归属"
"""The line of what names no street (community, channel, …): counted in the district, shown as what it is."""


class By(StrEnum):
    """What the lines of an indicator table are."""

    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    CHANNEL = "channel"
    TYPE = "type"  # 大类
    MAIN_TYPE = "main_type"  # 小类
    SUB_TYPE = "sub_type"  # 细类
    UNIT = "unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorLine:
    """One line. `code` is that of the area, or the source's id of the channel, type or unit; None for 未归属.

    `key` is our number of the channel, type or unit. `cases` are the counts that were asked for, closing at least.
    """

    code: str | None
    name: str
    name_en: str | None = None
    key: int | None = None
    cases: Counts

    @property
    def counts(self) -> ClosingCounts:
        """The closing figures."""
        return self.cases.closing
