"""The figures of incidents: how they are counted, and the calendar months for which the count is kept.

A month is kept from the moment `commands.closing` has counted it until one of its incidents changes: a trigger on
`incidents` takes `built_at` away in the same transaction, whoever writes. Figures that time alone will change (a limit
that passes) bound it by `good_until`. A month that is not kept is counted from the incidents themselves, so that a
kept figure never differs from a counted one. What makes a case count is `domain.case_indicators.definition`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, not_, or_

from data_access.db.tables import IncidentRow
from data_access.domain.areas import PATH_STEP
from data_access.domain.case_indicators import NAMES, definition
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


CLOSING: Final = ("reported", "due_closing", "closed", "closed_on_time")
"""What rankings read; the index of the closing figures holds all of it."""
LOOP: Final = (*CLOSING, "due_handling", "handled", "reworked")
"""What the overview and a comparison say of the whole loop."""
COLUMN_OF: Final = {name: {"reported": "created", "due_closing": "due"}.get(name, name) for name in NAMES}
"""Where each of `Counts` is kept."""


def figures(now: Any, names: Sequence[str] = CLOSING) -> tuple[ColumnElement[int], ...]:
    """How many cases count for each of `names`, as at `now`."""
    counts_for = definition(OfTable(now))
    return tuple(_sum(counts_for[name]) for name in names)


def counting(now: Any, name: str) -> ColumnElement[bool]:
    """The cases that count for `name`, as at `now`."""
    return definition(OfTable(now))[name]


class OfTable:
    """`Reads` of the incidents, as at a moment.

    Every condition is true or false, never null, so that it may be turned round.
    """

    def __init__(self, now: Any) -> None:
        self._now = now

    def flagged(self, *outcomes: Outcome) -> ColumnElement[bool]:
        given = IncidentRow.outcome.is_not(None)
        return given if set(outcomes) == set(Outcome) else and_(given, IncidentRow.outcome.in_(outcomes))

    def void(self) -> ColumnElement[bool]:
        at = IncidentRow.voided_at
        return and_(IncidentRow.stage == Stage.VOID.value, or_(at.is_(None), at <= self._now))

    def known(self, name: str) -> ColumnElement[bool]:
        known: ColumnElement[bool] = _column(name).is_not(None)
        return known

    def was(self, name: str) -> ColumnElement[bool]:
        return and_(_column(name).is_not(None), _column(name) <= self._now)

    def by(self, name: str, due: str) -> ColumnElement[bool]:
        return or_(_column(due).is_(None), _column(name) <= _column(due))

    def all(self, *of: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(*of)

    def any(self, *of: ColumnElement[bool]) -> ColumnElement[bool]:
        return or_(*of)

    def no(self, of: ColumnElement[bool]) -> ColumnElement[bool]:
        return not_(of)


def _column(name: str) -> Any:
    return getattr(IncidentRow, name)


def timed() -> ColumnElement[bool]:
    """The cases whose figures depend on the time."""
    return and_(IncidentRow.outcome.is_(None), IncidentRow.stage != Stage.VOID)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
