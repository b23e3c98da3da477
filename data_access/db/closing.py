"""The closing figures of incidents: how they are counted, and the calendar months for which the count is kept.

A month is kept from the moment `commands.closing` has counted it until one of its incidents changes: a trigger on
`incidents` takes `built_at` away in the same transaction, whoever writes. Figures that time alone will change (a limit
that passes) bound it by `good_until`. A month that is not kept is counted from the incidents themselves, so that a
kept figure never differs from a counted one.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_

from data_access.db.tables import IncidentRow
from data_access.domain.areas import PATH_STEP
from data_access.domain.incidents import Outcome, Stage

PLACE: Final = "place"
"""`by` of the figures of each place without what lies below it, and its only key, 0."""
NO_KEY: Final = 0
"""Key of the cases that have no channel, class or unit."""
LABELLED: Final = {
    "channel": IncidentRow.channel_id,
    "type": IncidentRow.top_type_id,
    "main_type": IncidentRow.main_type_id,
    "sub_type": IncidentRow.sub_type_id,
    "unit": IncidentRow.unit_id,
}
"""By what else figures are kept: for the uppermost areas, of all that lies below them."""
LABELLED_WITHIN: Final = 2 * PATH_STEP
"""Longest path of an area whose labelled figures are kept: two levels; below, the cases are few enough to count."""


def figures(now: Any) -> tuple[ColumnElement[int], ...]:
    """Created, due, closed, closed on time, as at `now`.

    Without an outcome flag a case is due once its limit has passed or it has been closed, whichever is first; a void
    case (作废) and one without a limit never is.
    """
    flagged = IncidentRow.outcome.is_not(None)
    closed_by_time = and_(IncidentRow.closed_at.is_not(None), IncidentRow.closed_at <= now)
    due_by_time = and_(timed(), or_(IncidentRow.due_at <= now, closed_by_time))
    closed = or_(IncidentRow.outcome.in_((Outcome.ON_TIME, Outcome.OVERDUE)), and_(due_by_time, closed_by_time))
    on_time = or_(
        IncidentRow.outcome == Outcome.ON_TIME,
        and_(due_by_time, closed_by_time, IncidentRow.closed_at <= IncidentRow.due_at),
    )
    return func.count(), _sum(or_(flagged, due_by_time)), _sum(closed), _sum(on_time)


def timed() -> ColumnElement[bool]:
    """The cases whose figures depend on the time."""
    return and_(IncidentRow.outcome.is_(None), IncidentRow.stage != Stage.VOID, IncidentRow.due_at.is_not(None))


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
