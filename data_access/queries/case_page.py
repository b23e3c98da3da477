"""One case with everything around it: its clocks, who answers there, what it is linked to, what the viewer could do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.auth.principal import Principal, may
from data_access.db.calendar import work_calendar
from data_access.db.cases import posts_of, to_case
from data_access.db.tables import (
    AlarmRow,
    BuildingRow,
    CameraRow,
    IncidentRow,
    IncidentTypeRow,
    ReportRow,
)
from data_access.db.workflows import workflow_of
from data_access.domain import masking
from data_access.domain.accounts import Action
from data_access.domain.areas import within
from data_access.domain.case_choices import ActChoice, choices
from data_access.domain.cases import Case, CaseAction
from data_access.domain.errors import NotFound
from data_access.domain.incidents import FINAL_STAGES
from data_access.domain.workflows import FIELD, Workflow
from data_access.domain.worktime import WorkCalendar
from data_access.queries import assignment, case_links, incidents, reports, surroundings
from data_access.queries.incident_filter import OPEN
from data_access.queries.people import called
from data_access.viewmodels.case_page import CasePage, LinkedAlarm, StepClock
from data_access.viewmodels.incidents import IncidentDetail, IncidentLine, IncidentStep
from data_access.viewmodels.reports import Receipt

NEAR_DAYS: Final = 7
CAMERA: Final = "camera"
"""`source` of cases that were seen on a camera, whose id their reference begins with."""
MAX_NEAR: Final = 8
MAX_LINKED: Final = 20
_BY_TOKEN: Final = re.compile(r"token-(\d{1,15})")
"""How histories call whoever came by a token."""
_STAMPED: Final = {
    "register": "registered_at",
    "dispatch": "dispatched_at",
    "handle": "handled_at",
    "verify": "verified_at",
    "closed": "closed_at",
}


def case_page(
    session: Session, code: str, who: Principal, *, now: datetime, whole_phones: bool, reply_days: int
) -> CasePage:
    """The case `code` as `who` may see it. Raises `NotFound` when there is none within his scope."""
    row = session.scalar(select(IncidentRow).where(IncidentRow.code == code))
    if row is None or not within(row.area_path, who.scope):
        raise NotFound(case_links.NOT_THERE)
    detail = _named(session, incidents.one(session, row.id, who.scope, now=now, rooms=may(who, Action.DO_TASKS)))
    case, calendar = to_case(row), work_calendar(session)
    workflow = workflow_of(session, row)
    cameras = surroundings.cameras_near(session, row.lng, row.lat, who.scope) if row.lng and row.lat else []
    building = session.get(BuildingRow, row.building_id) if row.building_id is not None else None
    acts = _acts(session, row, case, workflow, calendar, who, now)
    assigns = any(act.action is CaseAction.ADVANCE and act.allowed and act.refused is None for act in acts)
    following = workflow.following(case.step)
    return CasePage(
        detail=detail,
        trail=surroundings.trail(session, row.area_path, who.scope),
        classes=_classes(session, row),
        source=row.source,
        building=(building.code, building.name) if building else None,
        steps=tuple(_steps(row, case, workflow, calendar, detail.history, now)),
        returned=sum(step.action == CaseAction.RETURN for step in detail.history),
        people=surroundings.people(
            session,
            row.area_path,
            row.building_id,
            who.scope,
            spot=(row.lng, row.lat),
            now=now,
            whole_phones=whole_phones,
        ),
        cameras=tuple(line for line, _ in cameras),
        camera_points=tuple(point for _, point in cameras),
        receipt=_receipt(session, row, now, reply_days),
        seen_on=_seen_on(session, row, who.scope),
        alarms=_alarms(session, row.id, who.scope),
        near=_near(session, row, who.scope, now),
        merged=_lines(session, IncidentRow.id.in_(detail.merged), scope=who.scope, now=now) if detail.merged else (),
        into=next(iter(_lines(session, IncidentRow.id == row.merged_into, scope=who.scope, now=now)), None)
        if row.merged_into is not None
        else None,
        acts=acts,
        assignment=assignment.assignment(session, row, now=now)
        if assigns and following is not None and following.assigns
        else None,
        reporter=_reporter(session, row, who) if whole_phones else None,
        may_link=who.role in FIELD and may(who, Action.DO_TASKS),
        at=now,
    )


def _named(session: Session, detail: IncidentDetail) -> IncidentDetail:
    """`detail` as people read who acted: accounts by their display names, tokens by their labels."""
    labels = called(session, {*(step.actor for step in detail.history), detail.incident.owner})
    history = tuple(replace(step, actor=labels.get(step.actor, step.actor)) for step in detail.history)
    attachments = tuple(replace(one, actor=labels.get(one.actor, one.actor)) for one in detail.attachments)
    owner = detail.incident.owner
    incident = replace(detail.incident, owner=labels.get(owner, owner) if owner else None)
    return replace(detail, history=history, attachments=attachments, incident=incident)


def _acts(
    session: Session,
    row: IncidentRow,
    case: Case,
    workflow: Workflow,
    calendar: WorkCalendar,
    who: Principal,
    now: datetime,
) -> tuple[ActChoice, ...]:
    posts = posts_of(session, row.area_path)
    return choices(
        case,
        role=who.role,
        scope=who.scope,
        actor=who.name,
        workflow=workflow,
        calendar=calendar,
        above=next((post for post in posts if case.level is None or post.level > case.level), None),
        now=now,
    )


def _steps(
    row: IncidentRow,
    case: Case,
    workflow: Workflow,
    calendar: WorkCalendar,
    history: Sequence[IncidentStep],
    now: datetime,
) -> Iterator[StepClock]:
    """When each step was done and by whom, and how much of its limit that took."""
    told = _told(history)
    working = workflow.on_working_time(case.urgency)
    done, here = True, case.stage not in FINAL_STAGES
    before = row.original_created_at or row.created_at
    for step in workflow.steps:
        said = told.get(step.key)
        at: datetime | None = row.created_at if step is workflow.first else None
        if done and at is None:
            at = said.at if said else getattr(row, _STAMPED.get(step.stage.value, ""), None)
        awaited = not done and here
        kept = (said.detail or {}).get("estimated") if said and done else None
        estimated = datetime.fromisoformat(kept) if kept else None
        until = estimated or at or (now if awaited and row.run is None else None)
        used = calendar.between(before, until, working=working) if until else None
        yield StepClock(
            key=step.key,
            name=step.name,
            done=done,
            at=at,
            estimated=estimated,
            who=said.actor if said and done else None,
            used=None if step is workflow.first else used,
            limit=step.limits[case.urgency] if row.workflow is not None and step is not workflow.first else None,
            due_at=case.step_due_at if awaited else None,
        )
        before = before if step is workflow.first else estimated or at or before
        if awaited:
            here = False
        done = done and step.key != case.step


def _told(history: Sequence[IncidentStep]) -> Mapping[str, IncidentStep]:
    """The line of the history that did each step, the newest where it was done anew."""
    found: dict[str, IncidentStep] = {}
    for line in history:
        if line.action == CaseAction.ADVANCE:
            found[str((line.detail or {}).get("step"))] = line
        elif line.action in {"create", "report"}:
            found["report"] = line
        else:
            found.setdefault(line.action, line)
    return found


def _classes(session: Session, row: IncidentRow) -> tuple[str, ...]:
    ids = [number for number in (row.top_type_id, row.main_type_id, row.sub_type_id) if number is not None]
    names = dict(session.execute(_names(ids)).all()) if ids else {}
    return tuple(names[number] for number in ids if number in names)


def _names(ids: list[int]) -> Any:
    return select(IncidentTypeRow.id, IncidentTypeRow.name).where(IncidentTypeRow.id.in_(ids))


def _receipt(session: Session, row: IncidentRow, now: datetime, reply_days: int) -> Receipt | None:
    reported = session.scalar(select(ReportRow.id).where(ReportRow.incident_id == row.id))
    return reports.receipt_of(session, row, now=now, reply_days=reply_days) if reported is not None else None


def _reporter(session: Session, row: IncidentRow, who: Principal) -> tuple[str, bool] | None:
    """The number that the reporter left: whole for whoever handles the case."""
    number = session.scalar(select(ReportRow.phone).where(ReportRow.incident_id == row.id))
    if not number:
        return None
    whole = row.owner is not None and row.owner == who.name
    return (number if whole else masking.phone(number) or "", whole)


def _seen_on(session: Session, row: IncidentRow, scope: str) -> tuple[str, str] | None:
    number = row.source_ref.partition("/")[0]
    camera = session.get(CameraRow, int(number)) if row.source == CAMERA and number.isdecimal() else None
    return (camera.code, camera.name) if camera is not None and within(camera.area_path, scope) else None


def _alarms(session: Session, incident_id: int, scope: str) -> tuple[LinkedAlarm, ...]:
    rows = session.scalars(
        select(AlarmRow).where(AlarmRow.incident_id == incident_id).order_by(AlarmRow.id).limit(MAX_LINKED)
    )
    return tuple(
        LinkedAlarm(id=a.id, kind=a.kind, severity=a.severity, place=a.place, raised_at=a.raised_at, state=a.state)
        for a in rows
        if within(a.area_path, scope)
    )


def _near(session: Session, row: IncidentRow, scope: str, now: datetime) -> tuple[IncidentLine, ...]:
    """Open ones of the same building, or of the same class in the same grid within a week: maybe the same thing."""
    found: dict[int, IncidentLine] = {}
    others = (IncidentRow.id != row.id, OPEN, IncidentRow.merged_into.is_(None))
    same = [IncidentRow.building_id == row.building_id] if row.building_id is not None else []
    for line in _lines(session, *same, *others, scope=scope, now=now) if same else ():
        found[line.id] = line
    if row.main_type_id is not None:
        week = timedelta(days=NEAR_DAYS)
        around = (
            IncidentRow.area_path == row.area_path,
            IncidentRow.created_at >= row.created_at - week,
            IncidentRow.created_at <= row.created_at + week,
            IncidentRow.main_type_id == row.main_type_id,
        )
        for line in _lines(session, *around, *others, scope=scope, now=now):
            found[line.id] = line
    return tuple(found.values())[:MAX_NEAR]


def _lines(session: Session, *where: Any, scope: str, now: datetime) -> tuple[IncidentLine, ...]:
    return incidents.some(session, (*where, IncidentRow.area_path.startswith(scope)), MAX_LINKED, now)
