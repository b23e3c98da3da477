"""Random sequences of people's acts, clock ticks and restarts: no case is lost, no clock skipped, the past stays.

Administrators change limits meanwhile: a case keeps those it came in under. What happened to each case, done again by
the rules alone from its history, ends in the row that is stored; and what the indicators said of each moment is what
they say of it at the end.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from data_access.commands import items
from data_access.commands.closing import keep_months
from data_access.commands.incident_acts import CLOCK, Act, act, retold
from data_access.commands.incident_clock import look
from data_access.commands.incidents import take_in
from data_access.db.calendar import work_calendar
from data_access.db.cases import posts_of, to_case
from data_access.db.closing import PLACE
from data_access.db.engine import Database
from data_access.db.tables import (
    AreaRow,
    CaseLinkRow,
    IncidentHistoryRow,
    IncidentRow,
    IncidentTypeRow,
    ItemRow,
    LegalEntityRow,
    OutboxRow,
    UnitRow,
    WorkflowRow,
)
from data_access.db.workflows import newest, workflow_of
from data_access.domain.accounts import Role
from data_access.domain.case_indicators import Counts, Facts, tally
from data_access.domain.case_links import Linked, LinkKind
from data_access.domain.cases import BY_MACHINES, Case, CaseAction
from data_access.domain.catalogue import Category, Item, first_post
from data_access.domain.errors import DomainError
from data_access.domain.escalation import Level
from data_access.domain.incident_moves import Details, opened, transition
from data_access.domain.incidents import Stage
from data_access.domain.periods import Period
from data_access.domain.workflows import TEMPLATES, Urgency
from data_access.queries.closing import case_figures
from tests.small import DISTRICT_PATH, GRID, fill

NOON = datetime(2026, 4, 27, 4, tzinfo=UTC)  # before the May holiday, so that a month ends meanwhile
PERIOD = Period(NOON.date().replace(day=1), NOON.date().replace(month=7, day=1))
ACTIONS = sorted(set(CaseAction) - BY_MACHINES)
PEOPLE = ("wang", "li")
KIND = "井盖"


class World:
    """A few cases, the people who act on them, and a worker that may stop."""

    def __init__(self, database: Database) -> None:
        self.database, self.now, self.running = database, NOON, True
        self.reported = 0
        self.said: list[tuple[datetime, Counts, dict[str, dict[Any, Counts]]]] = []
        self.settled: dict[int, tuple[datetime, Counts]] = {}

    def report(self, workflow: str, urgency: str) -> None:
        self.reported += 1
        payload = {"title": "x", "area": GRID, "key": f"k{self.reported}", "workflow": workflow, "urgency": urgency}
        if self.reported % 2:
            payload["class"] = KIND
        with self.database.writing() as session:
            take_in(session, payload, actor="api", now=self.now)

    def rule(self, hours: int, level: Level) -> None:
        """From now on cases of the class may take so long, and begin with that level."""
        item = Item(number="C1", name=KIND, category=Category.C, level=level, limit=timedelta(hours=hours))
        with self.database.writing() as session:
            kind = session.scalars(select(IncidentTypeRow.id)).one()
            known = items.in_force(session, "", "C1")
            seen = known.version if known else 0
            items.set_item(session, item, type_id=kind, area_path="", seen=seen, scope="", by="root", now=self.now)

    def publish(self, workflow: str, hours: int) -> None:
        """From now on the whole of a case of this workflow may take so much longer."""
        with self.database.writing() as session:
            before = newest(session, workflow)
            normal, urgent, very_urgent = (limit + timedelta(hours=hours) for limit in before.limits)
            longer = replace(before, limits=(normal, urgent, very_urgent))
            items.publish(session, longer, scope="", by="root", now=self.now)

    def do(self, action: CaseAction, who: str, number: int, other: int) -> None:
        found = rows(self.database)
        if not found:
            return
        row, into = found[number % len(found)], found[other % len(found)]
        with self.database.reading() as session:
            following = workflow_of(session, row).following(row.step or "")
        details = Details(
            step=following.key if following else "none",
            unit_id=1,
            reason="理由",
            until=self.now + timedelta(days=30 + other),
            into=into.id,
            rating=1 + other % 5,
            linked=Linked(LinkKind.ENTITY, 1),
        )
        done = Act(action=action, version=row.version, actor=who, role=Role.OFFICER, now=self.now, details=details)
        try:
            with self.database.writing() as session:
                act(session, row.id, done)
        except DomainError:
            return

    def wait(self, hours: int) -> None:
        """Time goes on; a worker that runs looks."""
        self.say()
        self.now += timedelta(hours=hours)
        if self.running:
            look(self.database, self.now)
            keep_months(self.database, self.now)

    def stop(self) -> None:
        self.running = False

    def start(self) -> None:
        self.running = True

    def say(self) -> None:
        """Keep what the indicators say now, and what they say of each case that is past its due date."""
        self.said.append((self.now, self.tally(self.now), self.figures(self.now)))
        for row in rows(self.database):
            if row.due_at is not None and row.due_at <= self.now and row.stage != Stage.VOID:
                self.settled.setdefault(row.id, (row.due_at, tally([facts(row)], self.now)))

    def tally(self, at: datetime) -> Counts:
        return tally((facts(row) for row in rows(self.database) if row.created_at <= at), at)

    def figures(self, at: datetime) -> dict[str, dict[Any, Counts]]:
        """Every count of the period, whole and by place, without the kept months as well as with them.

        `reported` is left out: later ones were not there yet.
        """
        found = {}
        with self.database.reading() as session:
            for by in (None, PLACE):
                counts = case_figures(session, DISTRICT_PATH, PERIOD, by, now=at)
                known = {key: replace(value, reported=0) for key, value in counts.items()}
                found[str(by)] = {key: value for key, value in known.items() if value != Counts()}
        return found


def rows(database: Database) -> list[IncidentRow]:
    with database.reading() as session:
        found = list(session.scalars(select(IncidentRow).order_by(IncidentRow.id)))
        session.expunge_all()
        return found


def facts(row: IncidentRow) -> Facts:
    names = [name for name in Facts.__slots__ if name != "outcome"]
    return Facts(**{name: getattr(row, name) for name in names})


_moves = st.tuples(
    st.just("do"), st.sampled_from(ACTIONS), st.sampled_from(PEOPLE), st.integers(0, 3), st.integers(0, 3)
)
_forward = st.tuples(st.just("do"), st.just(CaseAction.ADVANCE), st.just("wang"), st.integers(0, 3), st.just(0))
_ops = st.one_of(
    st.tuples(
        st.just("report"), st.sampled_from(sorted(TEMPLATES)), st.sampled_from([u.name.lower() for u in Urgency])
    ),
    _moves,
    _moves,
    _forward,
    _forward,
    st.tuples(st.just("rule"), st.sampled_from((3, 30, 90)), st.sampled_from(sorted(Level))),
    st.tuples(st.just("publish"), st.sampled_from(sorted(TEMPLATES)), st.sampled_from((1, 20))),
    st.tuples(st.just("wait"), st.sampled_from((1, 5, 30, 200))),
    st.tuples(st.sampled_from(("stop", "start"))),
)


@pytest.fixture
def built(database: Database) -> Database:
    fill(database, NOON)
    with database.writing() as session:
        session.add(UnitRow(source="t", ref="1", name="城管", aliases=[]))
        session.add(IncidentTypeRow(source="t", ref="1", level=1, name=KIND))
        grid = session.scalars(select(AreaRow).where(AreaRow.code == GRID)).one()
        session.add(LegalEntityRow(id=1, code="E1", name="x", kind="company", area_id=grid.id, area_path=grid.path))
    return database


def wipe(database: Database) -> None:
    with database.writing() as session:
        for table in (CaseLinkRow, IncidentHistoryRow, IncidentRow, OutboxRow, ItemRow, WorkflowRow):
            session.execute(delete(table))


@pytest.mark.slow
@given(ops=st.lists(_ops, min_size=25, max_size=60))
@settings(max_examples=20, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_case_is_lost_no_clock_skipped_and_the_past_stays_as_it_was(
    built: Database, ops: list[tuple[Any, ...]]
) -> None:
    wipe(built)
    world = World(built)
    world.report("seven", "normal")
    for name, *arguments in ops:
        getattr(world, name)(*arguments)
    world.start()
    world.wait(1)
    found = rows(built)
    assert len(found) == world.reported
    for row in found:
        _is_watched(row, found, world.now)
        _history_ends_in(built, row)
    for at, counts, figures in world.said:
        assert world.tally(at) == counts
        assert world.figures(at) == figures
    for row in found:
        _is_settled(world, row)
    with built.reading() as session:  # what happened was told, each change once
        told = session.scalar(select(func.count()).select_from(OutboxRow))
    assert told == sum(row.version for row in found)


SETTLED = ("due_closing", "closed_on_time", "due_handling", "handled_on_time", "due_dispatch", "dispatched_on_time")


def _is_settled(world: World, row: IncidentRow) -> None:
    """Once its due date has passed, nothing that anybody does changes whether a case was due, or on time."""
    if row.id in world.settled:
        due_at, then = world.settled[row.id]
        now = tally([facts(row)], world.now)
        assert row.due_at == due_at
        assert {name: getattr(now, name) for name in SETTLED} == {name: getattr(then, name) for name in SETTLED}


def _is_watched(row: IncidentRow, found: list[IncidentRow], now: datetime) -> None:
    """An open case has a clock, waits for nothing but a person who suspended it, or has climbed to the top, late."""
    case = to_case(row)
    assert case.clock_at is None or case.clock_at > now
    if case.finished:
        assert case.clock_at is None
        assert (case.stage is Stage.CLOSED) is (case.closed_at is not None)
        return
    if case.merged_into is not None:
        (into,) = (other for other in found if other.id == case.merged_into)
        assert not to_case(into).finished
        assert case.late or case.clock_at == case.due_at
        return
    if case.suspended_at is not None:
        assert case.clock_at is None
        return
    if case.due_at is not None and case.due_at <= now and case.closed_at is None:
        assert case.late
    assert case.turn_until is not None or case.level == Level.DISTRICT
    assert case.step_due_at is not None


def _level(session: Session, row: IncidentRow) -> int | None:
    item = session.get(ItemRow, row.item_id) if row.item_id is not None else None
    return item.level if item else None


def _history_ends_in(database: Database, row: IncidentRow) -> None:
    with database.reading() as session:
        calendar = work_calendar(session)
        query = select(IncidentHistoryRow).where(IncidentHistoryRow.incident_id == row.id)
        lines = list(session.scalars(query.order_by(IncidentHistoryRow.id)))
        workflow = workflow_of(session, row)  # with the limits of then, whatever has been ruled since
        first = first_post(posts_of(session, row.area_path), _level(session, row))
        session.expunge_all()
    assert first is not None
    case = opened(
        Case(
            id=row.id,
            workflow=workflow.ref,
            step=workflow.first.key,
            stage=Stage.REPORT,
            urgency=Urgency(row.urgency or 0),
            created_at=row.created_at,
            level=first.level,
            post=first.area,
        ),
        workflow,
        calendar,
        row.created_at,
    )
    assert (lines[0].action, row.version) == ("create", len(lines))
    for line in lines[1:]:
        assert line.actor in PEOPLE or line.actor == CLOCK
        case = transition(
            case,
            CaseAction(line.action),
            workflow=workflow,
            calendar=calendar,
            now=line.at,
            actor=line.actor,
            details=retold(line.detail or {}),
        )
        assert case.stage == line.stage
    assert case == to_case(row)
