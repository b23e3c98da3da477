"""What an action does to a case: one pure `transition`, and who may do what (`check_may`).

Nothing is taken back from the past: a stamp is set once, and a due date moves only while it lies ahead. So no sequence
of moves changes what an indicator said of an earlier moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from data_access.domain.accounts import Role
from data_access.domain.areas import within
from data_access.domain.case_links import Linked
from data_access.domain.cases import BY_MACHINES, LINKING, ONLY_ADDS, Case, CaseAction
from data_access.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed
from data_access.domain.escalation import Post
from data_access.domain.incidents import STAGES_IN_ORDER, Stage
from data_access.domain.workflows import DESK, FIELD, Step, Workflow
from data_access.domain.worktime import WorkCalendar

_EVERYBODY: Final = FIELD | {Role.LEADER}
_BY: Final[Mapping[CaseAction, frozenset[Role]]] = {
    **dict.fromkeys((CaseAction.ACCEPT, CaseAction.ARRIVE, CaseAction.RETURN, CaseAction.ASK), FIELD),
    **dict.fromkeys((CaseAction.ESCALATE, CaseAction.ATTACH, CaseAction.CALL, *LINKING), FIELD),
    CaseAction.URGE: DESK | {Role.LEADER},
    CaseAction.COMMENT: _EVERYBODY,
}
"""Whose an action is, beside the steps of a workflow, which say it themselves; everything else is the desk's."""
_ITS: Final = frozenset(
    (CaseAction.ADVANCE, CaseAction.ACCEPT, CaseAction.ARRIVE, CaseAction.RETURN, CaseAction.ATTACH, CaseAction.CALL)
)
"""What an organisation does to a case that is its unit's, while the next step is one of organisations."""
_STAMPS: Final = {
    Stage.REGISTER: "registered_at",
    Stage.DISPATCH: "dispatched_at",
    Stage.HANDLE: "handled_at",
    Stage.VERIFY: "verified_at",
    Stage.CLOSED: "closed_at",
}
_OWN_DUE: Final = {
    Stage.REGISTER: ("register_due_at", "registered_at"),
    Stage.DISPATCH: ("dispatch_due_at", "dispatched_at"),
    Stage.HANDLE: ("handle_due_at", "handled_at"),
}
"""The due dates that indicators read, kept beside that of the step: field, and the stamp that settles it."""
RATINGS: Final = range(1, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an action says besides its name; each action reads its own."""

    step: str | None = None  # advance: the key of the step that was done
    unit_id: int | None = None  # advance, where the step assigns
    reason: str | None = None  # return, ask, refuse, suspend, rework, escalate, void
    until: datetime | None = None  # ask
    post: Post | None = None  # escalate: who is next, None at the top; advance to dispatch: who begins
    into: int | None = None  # merge
    rating: int | None = None  # rate
    attachment: int | None = None  # attach
    linked: Linked | None = None  # link, unlink
    lng: float | None = None  # arrive, with `lat` and how exact they are: where the person stood, if he said so
    lat: float | None = None
    accuracy_m: float | None = None
    done_at: datetime | None = None  # when it was done, where there was no connection to say so at once


NOTHING: Final = Details()
Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Act:
    now: datetime
    actor: str
    workflow: Workflow
    calendar: WorkCalendar
    details: Details

    def reason(self) -> str:
        if not (self.details.reason or "").strip():
            raise InvalidInput("请写明理由。")
        return self.details.reason or ""


def check_may(
    case: Case, action: CaseAction, role: Role, scope: str, workflow: Workflow, *, unit: int | None = None
) -> None:
    """Raise `NotAllowed` unless somebody of `role`, responsible for the subtree `scope`, may do it to `case`.

    An organisation acts for its `unit`: it takes what nobody has and does what was given to it. It is of no level, so
    that it may do so also after the case has climbed.
    """
    if role is Role.ORGANISATION:
        if not _is_organisations(case, action, unit, workflow):
            raise NotAllowed("您的账号没有这项权限。")
        return
    step = workflow.following(case.step) if action is CaseAction.ADVANCE else None
    by = step.by if step else _BY.get(action, DESK)
    if action in BY_MACHINES or role not in by:
        raise NotAllowed("您的账号没有这项权限。")
    if action not in ONLY_ADDS and not within(case.post, scope):
        raise NotAllowed("这个案卷已经升级，由上一级处置。")


def opened(case: Case, workflow: Workflow, calendar: WorkCalendar, now: datetime) -> Case:
    """Return a case that has just come in with its clocks running."""
    working = workflow.on_working_time(case.urgency)
    due = case.due_at or calendar.after(now, workflow.limits[case.urgency], working=working)
    timed = replace(case, due_at=due)
    return _watched(replace(timed, **_clocks(timed, workflow, calendar, now)))


def _is_organisations(case: Case, action: CaseAction, unit: int | None, workflow: Workflow) -> bool:
    step = workflow.following(case.step)
    if step is None or unit is None or Role.ORGANISATION not in step.by:
        return False
    if case.unit_id is None:
        return action is CaseAction.ADVANCE and step.assigns
    return case.unit_id == unit and action in _ITS


def transition(
    case: Case,
    action: CaseAction,
    *,
    workflow: Workflow,
    calendar: WorkCalendar,
    now: datetime,
    actor: str,
    details: Details = NOTHING,
) -> Case:
    """Return `case` after `action` at `now`.

    Raises `IllegalTransition` when the rules have no such move, `Conflict` when somebody else has accepted it,
    `InvalidInput` for `details` that the action cannot use.
    """
    _check_open(case, action)
    changes = _EFFECTS[action](case, _Act(now, actor, workflow, calendar, details))
    return _watched(replace(case, **changes, version=case.version + 1))


def _check_open(case: Case, action: CaseAction) -> None:
    if action in ONLY_ADDS:
        return
    if case.stage is Stage.VOID:
        raise IllegalTransition("这个案卷已经作废。")
    if case.merged_into is None and action is CaseAction.FOLLOW:
        raise IllegalTransition("这个案卷没有并入别的案卷。")
    if case.merged_into is not None and action not in _WHILE_MERGED:
        raise IllegalTransition("这个案卷已经并入另一案卷，请在那里处置。")
    if case.stage is Stage.CLOSED and action not in _AFTER_CLOSING:
        raise IllegalTransition("这个案卷已经结案。")
    if case.suspended_at is not None and action not in _WHILE_SUSPENDED:
        raise IllegalTransition("这个案卷已经挂起，请先恢复。")


_AFTER_CLOSING: Final = frozenset({CaseAction.RATE, CaseAction.REWORK})
_WHILE_MERGED: Final = frozenset({CaseAction.FOLLOW, CaseAction.OVERDUE, CaseAction.RATE})
_WHILE_SUSPENDED: Final = frozenset({CaseAction.RESUME, CaseAction.URGE})


def _advanced(case: Case, act: _Act) -> Changes:
    step = act.workflow.following(case.step)
    if step is None or act.details.step != step.key:
        raise IllegalTransition("现在轮到的是“{step}”这一步。", step=step.name if step else "评价")
    if step.assigns and act.details.unit_id is None:
        raise InvalidInput("请选择处置单位。")
    changes: Changes = {"step": step.key, "stage": step.stage, **_stamped(case, step, act.now)}
    if step.assigns:
        changes |= {"unit_id": act.details.unit_id, "owner": None}
    if step.stage is Stage.DISPATCH and act.details.post is not None:
        changes |= {"level": act.details.post.level, "post": act.details.post.area}
    if step.stage is Stage.CLOSED:
        return changes | {"step_due_at": None, "turn_until": None, "asked_until": None, "asked_by": None}
    return changes | _clocks(replace(case, **changes), act.workflow, act.calendar, act.now)


def _stamped(case: Case, step: Step, now: datetime) -> Changes:
    """The first time of this stage, and of registering where the workflow has no step of its own for it."""
    stages = [step.stage]
    if STAGES_IN_ORDER.index(step.stage) > STAGES_IN_ORDER.index(Stage.REGISTER):
        stages.append(Stage.REGISTER)
    names = [_STAMPS[stage] for stage in stages if stage in _STAMPS]
    return {name: now for name in names if getattr(case, name) is None}


def _accepted(case: Case, act: _Act) -> Changes:
    if case.stage is not Stage.DISPATCH:
        raise IllegalTransition("只有已派遣、尚未处置的案卷可以接单。")
    if case.owner == act.actor:
        raise IllegalTransition("您已经接了这个案卷。")
    if case.owner is not None:
        raise Conflict("{who} 已经接了这个案卷。", who=case.owner)
    return {"owner": act.actor}


def _arrived(case: Case, act: _Act) -> Changes:
    if case.stage is not Stage.DISPATCH or case.owner is None:
        raise IllegalTransition("接单以后才能到场。")
    if case.owner != act.actor:
        raise Conflict("{who} 已经接了这个案卷。", who=case.owner)
    return {}


def _returned(case: Case, act: _Act) -> Changes:
    if case.stage is not Stage.DISPATCH:
        raise IllegalTransition("只有已派遣、尚未处置的案卷可以退回。")
    act.reason()
    step = act.workflow.before(Stage.DISPATCH)
    changes: Changes = {
        "step": step.key,
        "stage": step.stage,
        "unit_id": None,
        "owner": None,
        "returned_at": case.returned_at or act.now,
    }
    return changes | _clocks(replace(case, **changes), act.workflow, act.calendar, act.now)


def _asked(case: Case, act: _Act) -> Changes:
    act.reason()
    if case.asked_until is not None:
        raise IllegalTransition("已经有一个延期申请在等答复。")
    _check_never_closed(case)
    _check_ahead(case, act.now)
    if case.due_at is None:
        raise IllegalTransition("这个案卷没有期限。")
    if act.details.until is None or act.details.until <= case.due_at:
        raise InvalidInput("新的期限要晚于原来的期限。")
    return {"asked_until": act.details.until, "asked_by": act.actor}


def _granted(case: Case, act: _Act) -> Changes:
    _check_asked(case)
    _check_ahead(case, act.now)
    if case.asked_by == act.actor:
        raise IllegalTransition("延期要由别人同意。")
    if case.due_at is None or case.asked_until is None:
        raise IllegalTransition("这个案卷没有期限。")
    more = case.asked_until - case.due_at
    changes: Changes = {
        "due_at": case.asked_until,
        "asked_until": None,
        "asked_by": None,
        "extensions": case.extensions + 1,
        "extended_at": case.extended_at or act.now,
    }
    if case.step_due_at is not None and case.step_due_at > act.now:
        changes |= _step_due(case, case.step_due_at + more, act)
    return changes


def _refused(case: Case, act: _Act) -> Changes:
    _check_asked(case)
    act.reason()
    return {"asked_until": None, "asked_by": None}


def _suspended(case: Case, act: _Act) -> Changes:
    act.reason()
    _check_ahead(case, act.now)
    working = act.workflow.on_working_time(case.urgency)
    changes: Changes = {"suspended_at": act.now, "turn_until": None}
    if case.due_at is not None and case.closed_at is None:
        changes["due_at"] = None
        changes["left"] = act.calendar.between(act.now, case.due_at, working=working)
    if case.step_due_at is not None and case.step_due_at > act.now:
        changes["step_left"] = act.calendar.between(act.now, case.step_due_at, working=working)
        changes |= _step_due(case, None, act)
    return changes


def _resumed(case: Case, act: _Act) -> Changes:
    if case.suspended_at is None:
        raise IllegalTransition("这个案卷没有挂起。")
    working = act.workflow.on_working_time(case.urgency)
    changes: Changes = {"suspended_at": None, "left": None, "step_left": None}
    if case.left is not None:
        changes["due_at"] = act.calendar.after(act.now, case.left, working=working)
    if case.step_left is not None:
        return changes | _step_due(case, act.calendar.after(act.now, case.step_left, working=working), act)
    return changes | {"turn_until": _next_limit(case, act)}


def _reworked(case: Case, act: _Act) -> Changes:
    if STAGES_IN_ORDER.index(case.stage) < STAGES_IN_ORDER.index(Stage.HANDLE):
        raise IllegalTransition("还没有处置，谈不上返工。")
    act.reason()
    step = act.workflow.before(Stage.HANDLE)
    changes: Changes = {
        "step": step.key,
        "stage": step.stage,
        "reworks": case.reworks + 1,
        "reworked_at": case.reworked_at or act.now,
    }
    return changes | _clocks(replace(case, **changes), act.workflow, act.calendar, act.now)


def _urged(case: Case, act: _Act) -> Changes:  # noqa: ARG001  # as the table of effects calls it
    return {"urged": case.urged + 1}


def _escalated(case: Case, act: _Act) -> Changes:
    post = act.details.post
    if post is None:
        return {"turn_until": None}  # nobody above: it stays with the highest, overdue as it is
    if case.level is not None and post.level <= case.level:
        raise IllegalTransition("升级只能向上。")
    return {"level": post.level, "post": post.area, "owner": None, "turn_until": _next_limit(case, act)}


def _overdue(case: Case, act: _Act) -> Changes:
    if case.late or case.closed_at is not None or case.due_at is None or case.due_at > act.now:
        raise IllegalTransition("这个案卷没有超期。")
    return {"late": True, "asked_until": None, "asked_by": None}


def _merged(case: Case, act: _Act) -> Changes:
    if act.details.into is None or act.details.into == case.id:
        raise InvalidInput("请选择要并入的案卷。")
    if case.closed_at is not None:
        raise IllegalTransition("结过案的案卷不再并入别的案卷。")
    changes: Changes = {"merged_into": act.details.into, "asked_until": None, "asked_by": None}
    return changes | _step_due(case, None, act)  # whoever handles the other one answers for it


def _followed(case: Case, act: _Act) -> Changes:
    last = act.workflow.steps[-1]
    stamps = {name: getattr(case, name) or act.now for name in _STAMPS.values()}
    return {"step": last.key, "stage": last.stage, **stamps}


def _voided(case: Case, act: _Act) -> Changes:
    act.reason()
    if case.closed_at is not None:
        raise IllegalTransition("结过案的案卷不能作废。")
    if case.due_at is not None and case.due_at <= act.now:
        raise IllegalTransition("已经超期的案卷不能作废，只能结案。")
    gone = dict.fromkeys(("step_due_at", "turn_until", "asked_until", "asked_by"))
    return {"stage": Stage.VOID, "voided_at": act.now, **gone}


def _rated(case: Case, act: _Act) -> Changes:
    if case.stage is not Stage.CLOSED:
        raise IllegalTransition("结案以后才能评价。")
    if case.satisfaction is not None:
        raise IllegalTransition("已经评价过了。")
    if act.details.rating not in RATINGS:
        raise InvalidInput("评价是 1 到 5。")
    return {"satisfaction": act.details.rating}


def _added(case: Case, act: _Act) -> Changes:  # noqa: ARG001  # as above
    return {}


def _called(case: Case, act: _Act) -> Changes:
    """Only whoever handles it has the number."""
    if case.owner != act.actor:
        raise IllegalTransition("只有承办这个案卷的人可以打报告人的电话。")
    return {}


def _linked(case: Case, act: _Act) -> Changes:  # noqa: ARG001  # as above
    if act.details.linked is None:
        raise InvalidInput("请选择要关联的房屋或法人。")
    return {}


_EFFECTS: Final[Mapping[CaseAction, Callable[[Case, _Act], Changes]]] = {
    CaseAction.ADVANCE: _advanced,
    CaseAction.ACCEPT: _accepted,
    CaseAction.ARRIVE: _arrived,
    CaseAction.RETURN: _returned,
    CaseAction.ASK: _asked,
    CaseAction.GRANT: _granted,
    CaseAction.REFUSE: _refused,
    CaseAction.SUSPEND: _suspended,
    CaseAction.RESUME: _resumed,
    CaseAction.REWORK: _reworked,
    CaseAction.URGE: _urged,
    CaseAction.ESCALATE: _escalated,
    CaseAction.OVERDUE: _overdue,
    CaseAction.MERGE: _merged,
    CaseAction.FOLLOW: _followed,
    CaseAction.VOID: _voided,
    CaseAction.RATE: _rated,
    CaseAction.ATTACH: _added,
    CaseAction.CALL: _called,
    CaseAction.COMMENT: _added,
    **dict.fromkeys(LINKING, _linked),
}


def _check_ahead(case: Case, now: datetime) -> None:
    if case.due_at is not None and case.due_at <= now and case.closed_at is None:
        raise IllegalTransition("已经超期，期限不能再变。")


def _check_never_closed(case: Case) -> None:
    if case.closed_at is not None:
        raise IllegalTransition("结过案的案卷，期限不能再变。")


def _check_asked(case: Case) -> None:
    if case.asked_until is None:
        raise IllegalTransition("没有等答复的延期申请。")


def _clocks(case: Case, workflow: Workflow, calendar: WorkCalendar, now: datetime) -> Changes:
    """The clock of the step that comes next, begun at `now`."""
    act = _Act(now, "", workflow, calendar, NOTHING)
    return _step_due(case, _next_limit(case, act), act)


def _next_limit(case: Case, act: _Act) -> datetime | None:
    """How long whoever's turn it is from now on has: as long as the next step is allowed."""
    step = act.workflow.following(case.step)
    if step is None:
        return None
    working = act.workflow.on_working_time(case.urgency)
    return act.calendar.after(act.now, step.limits[case.urgency], working=working)


def _step_due(case: Case, due: datetime | None, act: _Act) -> Changes:
    """The next step is due at `due`; so is what indicators read of it, while its stamp is missing and it lies ahead."""
    changes: Changes = {"step_due_at": due, "turn_until": due}
    step = act.workflow.following(case.step)
    if step is not None and step.stage in _OWN_DUE:
        name, stamp = _OWN_DUE[step.stage]
        kept = getattr(case, name)
        if getattr(case, stamp) is None and (kept is None or kept > act.now):
            changes[name] = due
    return changes


def _watched(case: Case) -> Case:
    """Return `case` with the moment its clock must look next."""
    due = None if case.late or case.closed_at is not None else case.due_at
    moments = [at for at in (due, case.turn_until) if at is not None]
    # A merged case has no turns, but its own limit holds: it is noted like any other.
    runs = not case.finished and case.suspended_at is None
    return replace(case, clock_at=min(moments) if runs and moments else None)
