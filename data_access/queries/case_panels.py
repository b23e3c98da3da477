"""What stands beside the board: limits of its columns, how the areas below do, what rises, what is due, whose turn.

Kept figures and indexes are read, never all cases: months that are counted already, open cases by their due date.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.db.tables import IncidentRow, ItemRow
from data_access.db.workflows import all_newest, to_item
from data_access.domain.catalogue import under
from data_access.domain.incidents import STAGES_IN_ORDER, Stage
from data_access.domain.periods import Period, local_day, month_of
from data_access.domain.workflows import SEVEN, Urgency
from data_access.queries import areas, incidents, overview, topics
from data_access.queries.incident_filter import conditions, inside, passing_over
from data_access.queries.indicator_page import AREA_KINDS, ranked
from data_access.queries.session import now, reading, remembered
from data_access.viewmodels.areas import Place
from data_access.viewmodels.case_panels import CasePanels, LevelLine, Ranking, Soon, StageLimit
from data_access.viewmodels.incidents import IncidentFilter
from data_access.viewmodels.indicators import By

SOON: Final = timedelta(hours=24)
SHOWN: Final = 5
RANKED: Final = ("reported", "due_closing", "closed", "closed_on_time", "due_handling", "handled", "reworked")


def panels(session: Session, place: Place, wanted: IncidentFilter, *, at: datetime) -> CasePanels:
    """All of it for `place`; what is due soon is narrowed as the board is."""
    version, path = areas.data_version(session), place.area.path
    own = overview.default_period(session, at)
    end = min(own.end, local_day(at)) if own else local_day(at)
    kind = next((kind for kind in AREA_KINDS if kind.value in {of for of, _ in place.below}), None)
    month = own or month_of(local_day(at))
    return CasePanels(
        ranking=_ranking(path, kind, month.first, month.end, version) if kind else None,
        hot=topics.hot(path, end, version),
        soon=read_soon(session, path, wanted, at),
        levels=_levels(path, replace(wanted, level=None), version),
        at=at,
    )


@remembered(seconds=60)
def step_limits() -> tuple[StageLimit, ...]:
    """For each open stage: how long the step that comes next may take, the shortest and the longest of all items."""
    with reading() as session:
        return read_limits(session)


def read_limits(session: Session) -> tuple[StageLimit, ...]:
    """As `step_limits`: of each item in force by its workflow and urgency; where there is none, of the seven steps."""
    newest = {workflow.code: workflow for workflow in all_newest(session)}
    found: dict[Stage, list[timedelta]] = {}
    rows = session.scalars(select(ItemRow).where(ItemRow.retired_at.is_(None))).all()
    items = [to_item(row) for row in rows if row.workflow in newest]
    ways = [(under(newest[item.workflow], item), item.urgency) for item in items] or [
        (newest[SEVEN.code], Urgency.NORMAL)
    ]
    for workflow, urgency in ways:
        for step, following in zip(workflow.steps, workflow.steps[1:], strict=False):
            found.setdefault(step.stage, []).append(following.limits[urgency])
    return tuple(StageLimit(stage, min(found[stage]), max(found[stage])) for stage in STAGES_IN_ORDER if stage in found)


@remembered(seconds=60)
def _ranking(path: str, kind: By, first: date, end: date, version: str) -> Ranking:
    period = Period(first, end)
    running = first <= local_day(now()) < end
    return Ranking(by=kind, period=period, running=running, lines=ranked(path, kind, period, RANKED, version))


def read_soon(session: Session, path: str, wanted: IncidentFilter, at: datetime) -> Soon:
    """Open ones that are not overdue yet, along the index of due dates."""
    due, narrowed = IncidentRow.due_at, tuple(conditions(wanted, at))
    ahead = (*narrowed, due > at, due <= at + SOON)
    lines = incidents.first_due(session, (*passing_over(path), *ahead), SHOWN, at)
    total = session.scalar(select(func.count()).where(*inside(path), *ahead)) or 0
    return Soon(total, lines)


@remembered(seconds=10)
def _levels(path: str, wanted: IncidentFilter, version: str) -> tuple[LevelLine, ...]:  # noqa: ARG001  # the version is there for the key
    with reading() as session:
        return read_levels(session, path, wanted, now())


def read_levels(session: Session, path: str, wanted: IncidentFilter, at: datetime) -> tuple[LevelLine, ...]:
    """Open cases by whose turn it is; of `MOST_COUNTED` at most, as the board."""
    some = (
        select(IncidentRow.level)
        .where(*inside(path), *conditions(wanted, at), IncidentRow.level.is_not(None))
        .limit(incidents.MOST_COUNTED)
        .subquery()
    )
    rows = session.execute(select(some.c.level, func.count()).group_by(some.c.level).order_by(some.c.level))
    return tuple(LevelLine(int(level), n) for level, n in rows)
