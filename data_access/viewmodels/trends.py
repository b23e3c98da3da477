"""What screens show of past months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data_access.domain.incidents import ClosingCounts


@dataclass(frozen=True, slots=True)
class MonthLine:
    """The cases of the month that begins on `first`."""

    first: date
    counts: ClosingCounts
