"""Counting the closing figures of whole months, so that years of cases are read in a moment. Called by the worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, case, delete, func, insert, or_, select, true, update
from sqlalchemy.orm import Session

from data_access.db.closing import LABELLED, LABELLED_WITHIN, NO_KEY, PLACE, figures, timed
from data_access.db.engine import Database
from data_access.db.tables import ClosingFigureRow, ClosingMonthRow, IncidentRow
from data_access.domain.areas import PATH_STEP

_AT_ONCE: Final = 4
"""Most months counted in one go, newest first, each in a transaction of its own: an alarm never waits for years."""
_COLUMNS: Final = ("created", "due", "closed", "closed_on_time")


def keep_months(database: Database, now: datetime) -> int:
    """Count the months since the oldest incident that are over and not kept; return how many were counted.

    The running month changes with every case and is left to be counted when it is asked for.
    """
    month = ClosingMonthRow
    with database.reading() as session:
        oldest = session.scalar(select(func.min(IncidentRow.created_at)))
        if oldest is None:
            return 0
        wanted = session.scalars(
            select(month.starts_at)
            .where(month.ends_at > oldest, month.ends_at <= now, or_(month.built_at.is_(None), month.good_until <= now))
            .order_by(month.starts_at.desc())
            .limit(_AT_ONCE)
        ).all()
    for starts_at in wanted:
        with database.writing() as session:
            _count(session, starts_at, now)
    return len(wanted)


def _count(session: Session, starts_at: datetime, now: datetime) -> None:
    # On PostgreSQL the lock waits for those who are changing an incident of the month, and they for us.
    month = session.get_one(ClosingMonthRow, starts_at, with_for_update=True)
    inside = (
        IncidentRow.created_at >= month.starts_at,
        IncidentRow.created_at < month.ends_at,
        IncidentRow.run.is_(None),
    )
    session.execute(delete(ClosingFigureRow).where(ClosingFigureRow.month == starts_at))
    for by, columns, deep in _groupings():
        found = session.execute(select(*columns, *figures(now)).where(*inside, deep).group_by(*columns))
        rows = [_row(by, starts_at, group) for group in found]
        if rows:
            session.execute(insert(ClosingFigureRow), rows)
    closes = func.min(case((IncidentRow.closed_at > now, IncidentRow.closed_at)))
    unclosed = or_(IncidentRow.closed_at.is_(None), IncidentRow.closed_at > now)
    falls_due = func.min(case((IncidentRow.due_at > now, IncidentRow.due_at)))
    changes = session.execute(select(closes, falls_due).where(*inside, timed(), unclosed)).one()
    good_until = min((at for at in changes if at is not None), default=None)
    session.execute(
        update(ClosingMonthRow)
        .where(ClosingMonthRow.starts_at == starts_at)
        .values(built_at=now, good_until=good_until)
    )


def _groupings() -> Iterator[tuple[str, Sequence[Any], ColumnElement[bool]]]:
    """By what figures are kept: name, path of the area they are of and key, and which cases have such an area."""
    # Grouped by the bare column, SQLite would walk all years of the area in its order to be spared the sorting.
    yield PLACE, (IncidentRow.area_path.concat(""), IncidentRow.run), true()  # the run is null: no key
    for end in range(PATH_STEP, LABELLED_WITHIN + 1, PATH_STEP):
        path, deep = func.substr(IncidentRow.area_path, 1, end), func.length(IncidentRow.area_path) >= end
        for by, column in LABELLED.items():
            yield by, (path, column), deep


def _row(by: str, month: datetime, group: Sequence[Any]) -> dict[str, Any]:
    path, key, *counts = group
    return {"by": by, "area_path": path, "month": month, "key": NO_KEY if key is None else key} | dict(
        zip(_COLUMNS, map(int, counts), strict=True)
    )
