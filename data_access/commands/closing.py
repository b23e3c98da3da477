"""Counting the closing figures of whole months, so that years of cases are read in a moment. Called by the worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, case, delete, func, insert, or_, select, true
from sqlalchemy.orm import Session

from data_access.db.closing import LABELLED, LABELLED_WITHIN, NO_KEY, PLACE, figures, timed
from data_access.db.engine import Database
from data_access.db.tables import ClosingFigureRow, ClosingMonthRow, IncidentRow
from data_access.domain.areas import PATH_STEP

_AT_ONCE: Final = 4
"""Most months counted in one go, newest first."""
_COUNTING: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""`built_at` of a month that is being counted: a moment that never comes, and that any change takes away."""
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
            .where(month.ends_at > oldest, month.ends_at <= now)
            .where(or_(month.built_at.is_(None), month.built_at == _COUNTING, month.good_until <= now))
            .order_by(month.starts_at.desc())
            .limit(_AT_ONCE)
        ).all()
    return sum(_keep(database, starts_at, now) for starts_at in wanted)


def _keep(database: Database, starts_at: datetime, now: datetime) -> bool:
    """Count one month without holding up who writes; False when a case of it has changed meanwhile."""
    with database.writing() as session:
        _lock(session, starts_at).built_at = _COUNTING
    with database.reading() as session:
        month = session.get_one(ClosingMonthRow, starts_at)
        rows, good_until = _count(session, month, now)
    with database.writing() as session:
        month = _lock(session, starts_at)
        if month.built_at != _COUNTING:
            return False
        session.execute(delete(ClosingFigureRow).where(ClosingFigureRow.month == starts_at))
        if rows:
            session.execute(insert(ClosingFigureRow), rows)
        month.built_at, month.good_until = now, good_until
    return True


def _lock(session: Session, starts_at: datetime) -> ClosingMonthRow:
    """The row of the month; on PostgreSQL this waits for those who are changing a case of it."""
    return session.get_one(ClosingMonthRow, starts_at, with_for_update=True)


def _count(session: Session, month: ClosingMonthRow, now: datetime) -> tuple[list[dict[str, Any]], datetime | None]:
    """The figures to keep, and when time alone would change one."""
    inside = (
        IncidentRow.created_at >= month.starts_at,
        IncidentRow.created_at < month.ends_at,
        IncidentRow.run.is_(None),
    )
    rows = [
        _row(by, month.starts_at, group)
        for by, columns, deep in _groupings()
        for group in session.execute(select(*columns, *figures(now)).where(*inside, deep).group_by(*columns))
    ]
    closes = func.min(case((IncidentRow.closed_at > now, IncidentRow.closed_at)))
    unclosed = or_(IncidentRow.closed_at.is_(None), IncidentRow.closed_at > now)
    falls_due = func.min(case((IncidentRow.due_at > now, IncidentRow.due_at)))
    changes = session.execute(select(closes, falls_due).where(*inside, timed(), unclosed)).one()
    return rows, min((at for at in changes if at is not None), default=None)


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
