"""Every action in every situation of a case: it does what the table below says, or is refused with a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final

import pytest

from data_access.domain.accounts import Role
from data_access.domain.case_links import Linked, LinkKind
from data_access.domain.cases import Case, CaseAction
from data_access.domain.errors import Conflict, DomainError, IllegalTransition, InvalidInput, NotAllowed
from data_access.domain.escalation import Level, Post
from data_access.domain.incident_moves import Details, check_may, opened, transition
from data_access.domain.incidents import Stage
from data_access.domain.workflows import FIVE, SEVEN, SOCIAL_WORK, TEMPLATES, Step, Urgency, Workflow
from data_access.domain.worktime import WorkCalendar

NOON: Final = datetime(2026, 6, 1, 4, tzinfo=UTC)  # a Monday
HOUR: Final = timedelta(hours=1)
A: Final = CaseAction
GRID, STREET = Post(Level.GRID_WORKER, "000000000000"), Post(Level.STREET, "000000")
DISTRICT = Post(Level.DISTRICT, "000")
CALENDAR: Final = WorkCalendar()
NEW: Final = opened(
    Case(
        id=1,
        workflow="seven",
        step="report",
        stage=Stage.REPORT,
        created_at=NOON,
        level=GRID.level,
        post=GRID.area,
    ),
    SEVEN,
    CALENDAR,
    NOON,
)
SAID: Final = Details(
    reason="理由",
    unit_id=3,
    until=NOON + 2000 * HOUR,
    post=STREET,
    into=2,
    rating=5,
    linked=Linked(LinkKind.ENTITY, 1),
)  # whatever any action needs


def act(
    case: Case, action: CaseAction, *, at: datetime = NOON + HOUR, actor: str = "wang", said: Details = SAID,
    workflow: Workflow = SEVEN,
) -> Case:  # fmt: skip
    following = workflow.following(case.step)
    details = replace(said, step=said.step or (following.key if following else "rate"))
    if action is A.ESCALATE and said is SAID:
        details = replace(details, post=DISTRICT)
    return transition(case, action, workflow=workflow, calendar=CALENDAR, now=at, actor=actor, details=details)


def at_stage(stage: Stage) -> Case:
    case = NEW
    while case.stage is not stage:
        case = act(case, A.ADVANCE)
    return case


SITUATIONS: Final = {
    "reported": NEW,
    "registered": at_stage(Stage.REGISTER),
    "dispatched": at_stage(Stage.DISPATCH),
    "handled": at_stage(Stage.HANDLE),
    "fed back": at_stage(Stage.FEEDBACK),
    "verified": at_stage(Stage.VERIFY),
    "closed": at_stage(Stage.CLOSED),
    "reworked after closing": act(at_stage(Stage.CLOSED), A.REWORK),
    "asked": act(at_stage(Stage.DISPATCH), A.ASK, actor="li"),
    "accepted": act(at_stage(Stage.DISPATCH), A.ACCEPT),
    "suspended": act(at_stage(Stage.DISPATCH), A.SUSPEND),
    "merged": act(at_stage(Stage.DISPATCH), A.MERGE),
    "void": act(NEW, A.VOID),
}
OPEN: Final = {A.ADVANCE, A.ASK, A.SUSPEND, A.URGE, A.ESCALATE, A.MERGE, A.VOID, A.COMMENT, A.ATTACH, A.LINK, A.UNLINK}
ALLOWED: Final = {
    "reported": OPEN,
    "registered": OPEN,
    "dispatched": OPEN | {A.ACCEPT, A.RETURN},
    "handled": OPEN | {A.REWORK},
    "fed back": OPEN | {A.REWORK},
    "verified": OPEN | {A.REWORK},
    "closed": {A.RATE, A.REWORK, A.COMMENT, A.ATTACH, A.LINK, A.UNLINK},
    "reworked after closing": OPEN - {A.ASK, A.VOID, A.MERGE} | {A.ACCEPT, A.RETURN},
    "asked": OPEN - {A.ASK} | {A.ACCEPT, A.RETURN, A.GRANT, A.REFUSE},
    "suspended": {A.RESUME, A.URGE, A.COMMENT, A.ATTACH, A.LINK, A.UNLINK},
    "merged": {A.FOLLOW, A.COMMENT, A.ATTACH, A.LINK, A.UNLINK},
    "void": {A.COMMENT, A.ATTACH, A.LINK, A.UNLINK},
    "accepted": OPEN | {A.RETURN, A.ARRIVE, A.CALL},
}


@pytest.mark.parametrize(("situation", "action"), list(product(SITUATIONS, CaseAction)))
def test_every_action_in_every_situation(situation: str, action: CaseAction) -> None:
    case = SITUATIONS[situation]
    if action in ALLOWED[situation]:
        after = act(case, action)
        assert after.version == case.version + 1
        assert (after.clock_at is not None) is (not after.finished and after.suspended_at is None)
    else:
        with pytest.raises(IllegalTransition) as refused:
            act(case, action)
        assert str(refused.value).endswith("。")


@pytest.mark.parametrize("workflow", list(TEMPLATES.values()), ids=list(TEMPLATES))
@pytest.mark.parametrize("urgency", list(Urgency))
def test_each_workflow_runs_from_report_to_close_within_its_limits(workflow: Workflow, urgency: Urgency) -> None:
    case = Case(
        id=1,
        workflow=workflow.code,
        step=workflow.first.key,
        stage=Stage.REPORT,
        urgency=urgency,
        created_at=NOON,
        post=GRID.area,
    )
    case = opened(case, workflow, CALENDAR, NOON)
    limit = case.due_at
    assert limit is not None
    while (step := workflow.following(case.step)) is not None:
        assert case.step_due_at is not None
        case = act(case, A.ADVANCE, at=case.step_due_at, workflow=workflow)
        assert (case.step, case.stage) == (step.key, step.stage)
    assert case.closed_at is not None
    assert case.closed_at <= limit  # whoever keeps every step keeps the whole
    assert case.registered_at is not None
    assert case.handled_at is not None


def test_the_templates_have_the_steps_they_are_known_for() -> None:
    assert [s.name for s in SEVEN.steps] == ["采集", "立案", "派遣", "处置", "反馈", "核查", "结案"]
    assert [s.name for s in FIVE.steps] == ["发现", "受理", "化解", "确认", "反馈"]
    assert len(SOCIAL_WORK.steps) == 8


def test_only_the_next_step_can_be_done() -> None:
    with pytest.raises(IllegalTransition, match="立案"):
        act(NEW, A.ADVANCE, said=Details(step="handle"))
    with pytest.raises(InvalidInput, match="处置单位"):
        act(at_stage(Stage.REGISTER), A.ADVANCE, said=Details())


def test_suspending_stops_every_clock_and_resuming_gives_back_what_was_left() -> None:
    case = at_stage(Stage.DISPATCH)
    still = act(case, A.SUSPEND, at=NOON + 2 * HOUR)
    assert (still.due_at, still.step_due_at, still.turn_until, still.clock_at) == (None, None, None, None)
    again = act(still, A.RESUME, at=NOON + 2 * HOUR + timedelta(days=7))
    assert case.due_at is not None
    assert case.step_due_at is not None
    assert again.due_at == case.due_at + timedelta(days=7)  # the same weekday a week later
    assert again.step_due_at == again.handle_due_at == case.step_due_at + timedelta(days=7)


def test_an_extension_moves_the_due_date_when_somebody_else_grants_it() -> None:
    asked = act(at_stage(Stage.DISPATCH), A.ASK, actor="li")
    with pytest.raises(IllegalTransition, match="别人"):
        act(asked, A.GRANT, actor="li")
    granted = act(asked, A.GRANT)
    assert granted.due_at == SAID.until
    assert (granted.extensions, granted.extended_at, granted.asked_until) == (1, NOON + HOUR, None)
    assert act(asked, A.REFUSE).due_at == asked.due_at
    with pytest.raises(InvalidInput, match="晚于"):
        act(at_stage(Stage.DISPATCH), A.ASK, said=replace(SAID, until=NOON))


@pytest.mark.parametrize("action", [A.ASK, A.GRANT, A.SUSPEND, A.VOID])
def test_what_is_overdue_stays_overdue(action: CaseAction) -> None:
    case = SITUATIONS["asked"] if action is A.GRANT else SITUATIONS["dispatched"]
    assert case.due_at is not None
    with pytest.raises(IllegalTransition, match="超期"):
        act(case, action, at=case.due_at)


def test_sent_back_after_closing_it_keeps_its_first_close_and_its_due_date() -> None:
    closed = at_stage(Stage.CLOSED)
    case = act(closed, A.REWORK, at=NOON + 9 * HOUR)
    assert (case.stage, case.reworks, case.reworked_at) == (Stage.DISPATCH, 1, NOON + 9 * HOUR)
    case = act(act(case, A.SUSPEND, at=NOON + 10 * HOUR), A.RESUME, at=NOON + 90 * HOUR)
    for _ in range(4):
        case = act(case, A.ADVANCE, at=NOON + 99 * HOUR)
    assert case.stage is Stage.CLOSED
    assert (case.closed_at, case.due_at, case.handled_at) == (closed.closed_at, closed.due_at, closed.handled_at)


def test_a_returned_case_is_dispatched_anew_and_its_own_limit_goes_on() -> None:
    case = at_stage(Stage.DISPATCH)
    back = act(case, A.RETURN)
    assert (back.stage, back.unit_id, back.returned_at, back.due_at) == (
        Stage.REGISTER,
        None,
        NOON + HOUR,
        case.due_at,
    )
    with pytest.raises(InvalidInput, match="理由"):
        act(case, A.RETURN, said=Details())


def test_one_accepts_and_another_is_told_who() -> None:
    case = act(at_stage(Stage.DISPATCH), A.ACCEPT)
    assert case.owner == "wang"
    with pytest.raises(Conflict, match="wang"):
        act(case, A.ACCEPT, actor="li")


def test_a_merged_case_closes_with_the_other_and_its_limit_is_still_noted() -> None:
    case = SITUATIONS["merged"]
    assert case.due_at is not None
    late = act(case, A.OVERDUE, at=case.due_at)
    assert late.late
    closed = act(late, A.FOLLOW, at=case.due_at + HOUR)
    assert (closed.stage, closed.closed_at) == (Stage.CLOSED, case.due_at + HOUR)


def test_escalation_only_climbs_and_at_the_top_the_turn_ends() -> None:
    up = act(NEW, A.ESCALATE)
    assert (up.level, up.post) == (Level.DISTRICT, DISTRICT.area)
    assert up.turn_until == NOON + timedelta(hours=3)  # registering has an hour; the first begins after lunch
    with pytest.raises(IllegalTransition, match="向上"):
        act(up, A.ESCALATE, said=replace(SAID, post=GRID))
    assert act(up, A.ESCALATE, said=Details()).turn_until is None


@pytest.mark.parametrize(
    ("case", "action", "role", "scope", "may"),
    [
        (NEW, A.ADVANCE, Role.OFFICER, "", True),
        (NEW, A.ADVANCE, Role.GRID_WORKER, GRID.area, False),  # registering is the desk's
        (SITUATIONS["dispatched"], A.ADVANCE, Role.GRID_WORKER, GRID.area, False),  # it was given to the street
        (SITUATIONS["dispatched"], A.ADVANCE, Role.GRID_WORKER, STREET.area, True),
        (SITUATIONS["dispatched"], A.COMMENT, Role.GRID_WORKER, GRID.area, True),
        (SITUATIONS["dispatched"], A.URGE, Role.LEADER, "", True),
        (SITUATIONS["dispatched"], A.ADVANCE, Role.LEADER, "", False),
        (SITUATIONS["dispatched"], A.OVERDUE, Role.ADMINISTRATOR, "", False),  # the clock's alone
        (SITUATIONS["dispatched"], A.COMMENT, Role.WALL, "", False),
    ],
)
def test_who_may_do_what_by_role_and_area(case: Case, action: CaseAction, role: Role, scope: str, *, may: bool) -> None:
    if may:
        check_may(case, action, role, scope, SEVEN)
    else:
        with pytest.raises(NotAllowed):
            check_may(case, action, role, scope, SEVEN)


@pytest.mark.parametrize(
    "steps",
    [
        (),
        SEVEN.steps[1:],
        SEVEN.steps[:-1],
        (SEVEN.steps[0], SEVEN.steps[-1]),
        (SEVEN.steps[0], SEVEN.steps[3], SEVEN.steps[2], SEVEN.steps[-1]),
        (*SEVEN.steps[:4], SEVEN.steps[3], SEVEN.steps[-1]),
    ],
)
def test_a_workflow_that_does_not_lead_from_report_over_handling_to_close_is_refused(steps: tuple[Step, ...]) -> None:
    with pytest.raises(DomainError):
        Workflow(code="x", name="x", steps=steps, limits=SEVEN.limits)
