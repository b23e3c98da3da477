"""Help that was asked for in a flood, as the history of alarms keeps it: for whoever asks and whoever shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import BY_PEOPLE, AlarmHistoryRow, AlarmRow
from data_access.domain.areas import subtree_bounds
from data_access.domain.flood_cause import HELP_AGAIN

HELP: Final = "help"
"""The word in an alarm's history for help having been asked for."""
HELP_OVER: Final = "help_over"
"""And for its having been taken back."""


def standing(session: Session, path: str, desk: int, now: datetime) -> AlarmHistoryRow | None:
    """The last time that help was asked for from `desk` in the flood below `path`, unless taken back or long ago."""
    low, high = subtree_bounds(path)
    step = AlarmHistoryRow
    rows = session.scalars(
        select(step)
        .join(AlarmRow, AlarmRow.id == step.alarm_id)
        .where(step.at > now - HELP_AGAIN, BY_PEOPLE, step.action.in_((HELP, HELP_OVER)))
        .where(AlarmRow.area_path >= low, AlarmRow.area_path < high)
        .order_by(step.id.desc())
    )
    newest = next((row for row in rows if (row.detail or {}).get("desk") == desk), None)
    return newest if newest is not None and newest.action == HELP else None
