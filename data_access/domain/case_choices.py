"""What somebody could do to a case just now, and why not what he could not: asked of the very rules that decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from data_access.domain.accounts import Role
from data_access.domain.cases import BY_MACHINES, BY_OTHER_WAYS, Case, CaseAction
from data_access.domain.errors import DomainError, NotAllowed
from data_access.domain.escalation import Post
from data_access.domain.incident_moves import Details, check_may, transition
from data_access.domain.workflows import Workflow
from data_access.domain.worktime import WorkCalendar

ASKED: Final = tuple(a for a in CaseAction if a not in BY_MACHINES | BY_OTHER_WAYS)
"""What people do by a word; a file comes another way."""
_OTHER: Final = -1  # a case that is not this one
_FAR: Final = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class ActChoice:
    """One action; `refused` is the sentence that the person would get, `allowed` whether it is his to do at all."""

    action: CaseAction
    refused: DomainError | None
    allowed: bool


def choices(
    case: Case,
    *,
    role: Role,
    scope: str,
    actor: str,
    workflow: Workflow,
    calendar: WorkCalendar,
    above: Post | None,
    now: datetime,
) -> tuple[ActChoice, ...]:
    """Every action of `ASKED` in its order; `above` is who is next when this level gives up."""
    following = workflow.following(case.step)
    details = Details(
        step=following.key if following else None,
        unit_id=case.unit_id or 0,
        reason="?",
        until=max(now, case.due_at or now) + _FAR,
        post=above,
        into=_OTHER,
        rating=5,
    )

    def asked(action: CaseAction) -> ActChoice:
        allowed = True
        refused: DomainError | None = None
        try:
            check_may(case, action, role, scope, workflow)
        except NotAllowed as why:
            allowed, refused = False, why
        try:
            transition(case, action, workflow=workflow, calendar=calendar, now=now, actor=actor, details=details)
        except DomainError as why:  # that the case does not allow it says more than that the person may not
            refused = why
        return ActChoice(action, refused, allowed)

    return tuple(asked(action) for action in ASKED if action is not CaseAction.ESCALATE or above is not None)
