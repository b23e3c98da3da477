"""The alarms of an area and a time, as the analysis reads them.

Wide areas are read by time and narrow ones by area: SQLite is told which index that is, PostgreSQL knows it from its
statistics. What a parent explains and what a window held is not announced, and is left out of load and priorities.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from data_access.db.tables import AlarmRow
from data_access.domain.areas import PATH_STEP, subtree_bounds
from data_access.domain.errors import InvalidInput
from data_access.domain.periods import midnight

MOST_DAYS: Final = 92
_WIDE: Final = 2 * PATH_STEP  # district and street: rather by time


def span(first: date, end: date, now: datetime) -> tuple[datetime, datetime]:
    """The instants of the days, not beyond `now`. Raises `InvalidInput` for none, or for too many."""
    start, until = midnight(first), min(midnight(end), now)
    if start >= until:
        raise InvalidInput("分析的时段要在现在以前，起日在止日之前。")
    if (end - first).days > MOST_DAYS:
        raise InvalidInput("一次最多分析 {n} 天。", n=str(MOST_DAYS))
    return start, until


def inside(query: Any, path: str, start: datetime, until: datetime) -> Any:
    """`query` narrowed to the alarms raised in [start, until) in the subtree of `path`; replays are left out."""
    low, high = subtree_bounds(path)
    index = "ix_alarms_raised_at" if len(path) <= _WIDE else "ix_alarms_area_path_raised_at"
    return query.with_hint(AlarmRow, f"INDEXED BY {index}", "sqlite").where(
        *(AlarmRow.raised_at >= start, AlarmRow.raised_at < until),
        *(AlarmRow.area_path >= low, AlarmRow.area_path < high),
        AlarmRow.run.is_(None),
    )


def announced() -> Any:
    """The condition of an alarm that somebody was told of."""
    return AlarmRow.parent_id.is_(None) & AlarmRow.window.is_(None)
