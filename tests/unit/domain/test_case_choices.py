"""What a page offers is what the rules allow, to the last sentence; and to whom a case is suggested."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data_access.domain.accounts import Role
from data_access.domain.assignment import suggest
from data_access.domain.case_choices import ASKED, choices
from data_access.domain.cases import Case, CaseAction
from data_access.domain.escalation import Level, Post
from data_access.domain.incident_moves import opened
from data_access.domain.incidents import Stage
from data_access.domain.workflows import SEVEN
from data_access.domain.worktime import WorkCalendar

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
A = CaseAction
NEW = opened(
    Case(id=1, workflow="seven", step="report", stage=Stage.REPORT, created_at=NOON, post="000000000000"),
    SEVEN,
    WorkCalendar(),
    NOON,
)


def offered(case: Case, **more: Any) -> dict[CaseAction, str | None]:
    given: dict[str, Any] = {"role": Role.OFFICER, "scope": "", "actor": "wang", "now": NOON + HOUR}
    found = choices(
        case, workflow=SEVEN, calendar=WorkCalendar(), above=Post(Level.STREET, "000000"), **{**given, **more}
    )
    return {act.action: act.refused.source if act.refused else None for act in found}


def possible(case: Case, **more: Any) -> set[CaseAction]:
    return {action for action, why in offered(case, **more).items() if why is None}


DISPATCHED = replace(NEW, step="dispatch", stage=Stage.DISPATCH, unit_id=1)
HANDLED = replace(DISPATCHED, step="handle", stage=Stage.HANDLE, handled_at=NOON)
CLOSED = replace(HANDLED, step="close", stage=Stage.CLOSED, closed_at=NOON, due_at=NOON)


@pytest.mark.parametrize(
    ("case", "left"),
    [
        (NEW, {A.ADVANCE, A.ASK, A.SUSPEND, A.URGE, A.ESCALATE, A.MERGE, A.VOID, A.COMMENT}),
        (DISPATCHED, {A.ADVANCE, A.ACCEPT, A.RETURN, A.ASK, A.SUSPEND, A.URGE, A.ESCALATE, A.MERGE, A.VOID, A.COMMENT}),
        (HANDLED, {A.ADVANCE, A.ASK, A.SUSPEND, A.REWORK, A.URGE, A.ESCALATE, A.MERGE, A.VOID, A.COMMENT}),
        (replace(NEW, suspended_at=NOON, due_at=None), {A.RESUME, A.URGE, A.COMMENT}),
        (CLOSED, {A.RATE, A.REWORK, A.COMMENT}),
        (replace(NEW, stage=Stage.VOID), {A.COMMENT}),
        (replace(NEW, merged_into=9), {A.COMMENT}),
    ],
)
def test_what_is_offered_depends_on_where_the_case_stands(case: Case, left: set[CaseAction]) -> None:
    assert possible(case) == left


def test_an_extension_is_answered_by_somebody_else() -> None:
    asked = replace(NEW, asked_until=NOON + 900 * HOUR, asked_by="wang")
    assert A.GRANT in possible(asked, actor="li")
    assert offered(asked)[A.GRANT] == "延期要由别人同意。"
    assert A.REFUSE in possible(asked)


def test_what_is_overdue_can_neither_be_stopped_nor_voided_and_says_so() -> None:
    late = offered(NEW, now=NOON + 900 * HOUR)
    assert late[A.SUSPEND] == late[A.ASK] == "已经超期，期限不能再变。"
    assert late[A.VOID] == "已经超期的案卷不能作废，只能结案。"
    assert late[A.ADVANCE] is None


@pytest.mark.parametrize("role", Role)
def test_nobody_is_offered_what_is_not_his(role: Role) -> None:
    mine = {
        Role.OFFICER: set(A),
        Role.ADMINISTRATOR: set(A),
        Role.LEADER: {A.URGE, A.COMMENT},
        Role.ORGANISATION: set(),  # it has a page of its own
        Role.GRID_WORKER: {A.ADVANCE, A.ACCEPT, A.ARRIVE, A.RETURN, A.ASK, A.ESCALATE, A.COMMENT},
        Role.WALL: set(),
    }[role]
    found = choices(
        DISPATCHED, role=role, scope="", actor="wang", workflow=SEVEN, calendar=WorkCalendar(),
        above=Post(Level.STREET, "000000"), now=NOON,
    )  # fmt: skip
    assert {act.action for act in found if act.allowed} == {a for a in mine if a in ASKED}
    assert {act.action for act in found} == set(ASKED)


def test_whoever_is_below_the_level_whose_turn_it_is_may_only_comment() -> None:
    climbed = replace(DISPATCHED, level=2, post="000000")
    assert possible(climbed, role=Role.GRID_WORKER, scope="000000000000") == {A.COMMENT}


def test_at_the_top_nobody_is_offered_to_hand_it_up() -> None:
    found = choices(
        NEW, role=Role.OFFICER, scope="", actor="w", workflow=SEVEN, calendar=WorkCalendar(), above=None, now=NOON
    )
    assert A.ESCALATE not in {act.action for act in found}


def test_the_unit_with_most_of_its_kind_comes_first_and_of_two_the_one_with_less_to_do() -> None:
    found = suggest({1: 4, 2: 38, 3: 4, 4: 1}, {1: (9, 2), 3: (2, 0)})
    assert [(one.unit_id, one.handled, one.of, one.open, one.overdue) for one in found] == [
        (2, 38, 47, 0, 0),
        (3, 4, 47, 2, 0),
        (1, 4, 47, 9, 2),
    ]
    assert suggest({1: 4}, {}) == ()  # too few to say anything
