"""Counting the closing figures of whole months, so that years of cases are read in a moment. Called by the worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Select, case, delete, func, insert, literal, or_, select, union_all
from sqlalchemy.orm import Session

from data_access.db.closing import COLUMN_OF, LABELLED, LABELLED_WITHIN, NO_KEY, PLACE, OfTable, timed
from data_access.db.engine import Database
from data_access.db.tables import ClosingFigureRow, ClosingMonthRow, IncidentRow
from data_access.domain.areas import PATH_STEP
from data_access.domain.case_indicators import NAMES, definition

_AT_ONCE: Final = 4
"""Most months counted in one go, newest first."""
_COUNTING: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""`built_at` of a month that is being counted: a moment that never comes, and that any change takes away."""


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
    flags = _flags(inside, now)
    rows = [_row(month.starts_at, group) for group in session.execute(union_all(*_groupings(flags)))]
    moments = (
        *(IncidentRow.closed_at, IncidentRow.due_at, IncidentRow.dispatch_due_at, IncidentRow.handle_due_at),
        *(IncidentRow.registered_at, IncidentRow.dispatched_at, IncidentRow.handled_at),
    )
    coming = [func.min(case((moment > now, moment))) for moment in moments]
    undone = or_(*(or_(done.is_(None), done > now) for done in (IncidentRow.closed_at, IncidentRow.handled_at)))
    changes = session.execute(select(*coming).where(*inside, timed(), undone)).one()
    return rows, min((at for at in changes if at is not None), default=None)


def _flags(inside: Sequence[ColumnElement[bool]], now: datetime) -> CTE:
    """What each case counts for, read once for all groupings."""
    counts_for = definition(OfTable(now))
    labels = (IncidentRow.area_path, *LABELLED.values())
    flags = (case((counts_for[name], 1), else_=0).label(COLUMN_OF[name]) for name in NAMES)
    return select(*labels, *flags).where(*inside).cte("counted")


def _groupings(flags: CTE) -> Iterator[Select[Any]]:
    """By what figures are kept: name, path of the area they are of, key, and the sums."""
    sums = [func.sum(flags.c[COLUMN_OF[name]]) for name in NAMES]
    path = flags.c.area_path
    yield select(literal(PLACE), path, literal(NO_KEY), *sums).group_by(path)
    for end in range(PATH_STEP, LABELLED_WITHIN + 1, PATH_STEP):
        above, deep = func.substr(path, 1, end), func.length(path) >= end
        for by, column in LABELLED.items():
            key = func.coalesce(flags.c[column.key], NO_KEY)
            yield select(literal(by), above, key, *sums).where(deep).group_by(above, key)


def _row(month: datetime, group: Sequence[Any]) -> dict[str, Any]:
    by, path, key, *counts = group
    return {"by": by, "area_path": path, "month": month, "key": key} | dict(
        zip(COLUMN_OF.values(), map(int, counts), strict=True)
    )
