"""A stored incident as the case that the rules move, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, IncidentRow
from data_access.domain.areas import lineage
from data_access.domain.cases import Case
from data_access.domain.escalation import Post, chain_of
from data_access.domain.incidents import Stage
from data_access.domain.workflows import SEVEN, Urgency

_SAME: Final = (
    *("created_at", "due_at", "step_due_at", "register_due_at", "dispatch_due_at", "handle_due_at"),
    *("registered_at", "dispatched_at", "handled_at", "verified_at", "closed_at", "voided_at", "returned_at"),
    *("unit_id", "owner", "level", "turn_until", "clock_at", "suspended_at", "asked_until", "asked_by"),
    *("extensions", "extended_at", "reworks", "reworked_at", "merged_into", "satisfaction", "version"),
)
_MS: Final = timedelta(milliseconds=1)
_STEP_OF: Final = {step.stage: step.key for step in SEVEN.steps}


def to_case(row: IncidentRow) -> Case:
    """The case that the row keeps. One that came from elsewhere stands where its stage says, in the seven steps."""
    stage = Stage(row.stage)
    return Case(
        id=row.id,
        workflow=row.workflow or SEVEN.code,
        step=row.step or _STEP_OF.get(stage, SEVEN.first.key),
        stage=stage,
        urgency=Urgency(row.urgency or 0),
        post=row.post or row.area_path,
        late=bool(row.late),
        urged=row.urged or 0,
        left=_span(row.left_ms),
        step_left=_span(row.step_left_ms),
        **{name: getattr(row, name) for name in _SAME},
    )


def save_case(row: IncidentRow, case: Case) -> None:
    """Bring the row to what the rules made of it."""
    changes: dict[str, Any] = {
        **{name: getattr(case, name) for name in _SAME},
        "workflow": case.workflow,
        "step": case.step,
        "stage": case.stage.value,
        "urgency": int(case.urgency),
        "post": case.post,
        "late": case.late,
        "urged": case.urged,
        "left_ms": None if case.left is None else case.left // _MS,
        "step_left_ms": None if case.step_left is None else case.step_left // _MS,
    }
    for name, value in changes.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def posts_of(session: Session, path: str) -> tuple[Post, ...]:
    """Who answers for the area at `path`, lowest level first."""
    areas = session.execute(select(AreaRow.kind, AreaRow.path).where(AreaRow.path.in_(lineage(path))))
    return chain_of(sorted(((area.kind, area.path) for area in areas), key=lambda found: len(found[1])))


def _span(ms: int | None) -> timedelta | None:
    return None if ms is None else ms * _MS
