"""Which cases an organisation knows of: those of its unit, and those that nobody has taken yet (三单: 组织接单)."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session

from data_access.db.tables import IncidentRow, WorkflowRow
from data_access.db.workflows import Workflows
from data_access.domain.accounts import Role
from data_access.domain.incidents import Stage
from data_access.domain.workflows import TEMPLATES, Workflow
from data_access.queries.incident_filter import OPEN

_LATER: Final = (Stage.DISPATCH.value, Stage.HANDLE.value, Stage.FEEDBACK.value)


def known(session: Session, unit: int, name: str) -> tuple[Any, ...]:
    """What holds for the rows that may be tasks of `name`, who works for `unit`; the caller adds the area."""
    workflows = _with_steps_for_them(session)
    if not workflows:
        return (false(),)
    own = and_(
        IncidentRow.unit_id == unit,
        IncidentRow.workflow.in_([workflow.ref for workflow in workflows]),
        IncidentRow.stage.in_(_LATER),
        or_(IncidentRow.owner == name, IncidentRow.owner.is_(None)),
    )
    waiting = [
        and_(IncidentRow.workflow == workflow.ref, IncidentRow.step == workflow.preceding(step.key).key)
        for workflow in workflows
        if (step := workflow.offers) is not None
    ]
    offered = and_(IncidentRow.unit_id.is_(None), or_(false(), *waiting))
    return OPEN, or_(own, offered)


def _with_steps_for_them(session: Session) -> list[Workflow]:
    """Each version of a workflow in which organisations do a step: a case keeps the one that it came in under."""
    kept = Workflows(session)
    refs = [*TEMPLATES, *(f"{code}@{n}" for code, n in session.execute(select(WorkflowRow.code, WorkflowRow.version)))]
    return [flow for flow in map(kept.named, refs) if any(Role.ORGANISATION in step.by for step in flow.steps)]
