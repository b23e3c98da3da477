"""Reads for the phone of a grid worker or an organisation: what is to be done, what is due first; where he patrols."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from data_access.auth.principal import Principal
from data_access.db.tables import (
    AreaRow,
    AttachmentRow,
    BuildingRow,
    ChannelRow,
    IncidentHistoryRow,
    IncidentRow,
    ItemRow,
    PatrolPointRow,
    PatrolVisitRow,
    ReportRow,
    UnitRow,
)
from data_access.db.workflows import Workflows
from data_access.domain import masking
from data_access.domain.areas import subtree_bounds, within
from data_access.domain.attachments import AttachmentKind
from data_access.domain.incidents import Stage
from data_access.domain.periods import local_day, midnight
from data_access.domain.workflows import Step, Workflow
from data_access.queries import orders
from data_access.queries.incident_filter import OPEN
from data_access.queries.people import called
from data_access.viewmodels.field import FieldNote, FieldPoint, FieldTask, FieldView

MOST_TASKS: Final = 100
MOST_POINTS: Final = 200
MOST_NOTES: Final = 200
MOST_BUILDINGS: Final = 400
_LOOKED_AT: Final = 400
_STAGES: Final = (Stage.DISPATCH.value, Stage.HANDLE.value, Stage.FEEDBACK.value)
_COPIED: Final = (
    *("id", "code", "title", "place", "description", "lng", "lat", "stage", "created_at", "due_at"),
    *("step_due_at", "version"),
)

Files = defaultdict[int, list[tuple[int, str]]]


def view(session: Session, who: Principal, *, now: datetime) -> FieldView:
    """What is to be done by `who`."""
    return FieldView(
        at=now,
        user=who.name,
        display=who.display,
        area=session.scalar(select(AreaRow.name).where(AreaRow.path == who.scope)) if who.scope else None,
        unit=session.scalar(select(UnitRow.name).where(UnitRow.id == who.unit)) if who.unit is not None else None,
        tasks=_tasks(session, who),
        points=_points(session, who.scope, now) if who.unit is None else (),
        buildings=_buildings(session, who.scope) if who.unit is None else (),
    )


def _tasks(session: Session, who: Principal) -> tuple[FieldTask, ...]:
    """Cases that he has accepted, and dispatched ones that nobody has, as long as it is his level's turn.

    Of an organisation: those of its unit, and those that nobody has taken.
    """
    low, high = subtree_bounds(who.scope)
    rows = session.execute(
        select(IncidentRow, ChannelRow.name, ItemRow.category)
        .outerjoin(ChannelRow, ChannelRow.id == IncidentRow.channel_id)
        .outerjoin(ItemRow, ItemRow.id == IncidentRow.item_id)
        .where(
            IncidentRow.area_path >= low,
            IncidentRow.area_path < high,
            *(_level(who.name) if who.unit is None else orders.known(session, who.unit, who.name)),
            IncidentRow.merged_into.is_(None),
            IncidentRow.suspended_at.is_(None),
            IncidentRow.run.is_(None),
        )
        .order_by(IncidentRow.owner.is_(None), IncidentRow.due_at.is_(None), IncidentRow.due_at, IncidentRow.id)
        .limit(_LOOKED_AT)
    ).all()
    workflows = Workflows(session)
    steps = ((row, told, _his_step(row, who, workflows.named(row.workflow))) for row, *told in rows)
    mine = [(row, told, step) for row, told, step in steps if step is not None][:MOST_TASKS]
    numbers = [row.id for row, _, _ in mine if who.may_see_case(row.area_path, row.unit_id)]
    when, (photos, recordings) = _acts(session, numbers, who.name), _files(session, numbers)
    said, reporters = _notes(session, numbers, who.name), _reporters(session, numbers)

    def known(row: IncidentRow, told: Sequence[str | None], step: Step) -> FieldTask:
        channel, category = told
        task = replace(_task(row, channel, step, who, when, photos, recordings), category=category)
        if task.open:
            return task
        return replace(task, reporter=_number(reporters, row, who), notes=said[row.id])

    return tuple(known(*one) for one in mine)


def _number(reporters: Mapping[int, str], row: IncidentRow, who: Principal) -> str | None:
    """The reporter's number: whole for whoever has taken the case on."""
    number = reporters.get(row.id)
    return number if row.owner == who.name else masking.phone(number)


def _reporters(session: Session, numbers: list[int]) -> dict[int, str]:
    found = select(ReportRow.incident_id, ReportRow.phone).where(
        ReportRow.incident_id.in_(numbers), ReportRow.phone.is_not(None)
    )
    return {number: phone for number, phone in session.execute(found) if phone}


def _notes(session: Session, numbers: list[int], name: str) -> defaultdict[int, tuple[FieldNote, ...]]:
    """What was said about each, the newest `MOST_NOTES` of all."""
    step = IncidentHistoryRow
    rows = session.execute(
        select(step.incident_id, step.id, step.at, step.actor, step.note)
        .where(step.incident_id.in_(numbers), step.action == "comment", step.note.is_not(None))
        .order_by(step.id.desc())
        .limit(MOST_NOTES)
    ).all()
    names = called(session, [row.actor for row in rows])
    found: defaultdict[int, tuple[FieldNote, ...]] = defaultdict(tuple)
    for number, line, at, actor, note in reversed(rows):
        found[number] += (FieldNote(line, at, names.get(actor, actor), actor == name, note or ""),)
    return found


def _buildings(session: Session, scope: str) -> tuple[tuple[float, float], ...]:
    """Those of a small area, for its map; of a large one none, a phone does not need them."""
    low, high = subtree_bounds(scope)
    rows = session.execute(
        select(BuildingRow.lng, BuildingRow.lat)
        .where(BuildingRow.area_path >= low, BuildingRow.area_path < high)
        .limit(MOST_BUILDINGS + 1)
    ).all()
    return tuple((round(lng, 6), round(lat, 6)) for lng, lat in rows) if len(rows) <= MOST_BUILDINGS else ()


def _level(name: str) -> tuple[Any, ...]:
    return OPEN, IncidentRow.stage.in_(_STAGES), or_(IncidentRow.owner == name, IncidentRow.owner.is_(None))


def _his_step(row: IncidentRow, who: Principal, workflow: Workflow) -> Step | None:
    """The next step, if it is one that his role does, it is his level's turn, and it is his or may become so."""
    step = workflow.following(row.step or row.stage)
    if step is None or who.role not in step.by:
        return None
    if who.unit is None and not within(row.post or row.area_path, who.scope):
        return None
    if who.unit is not None and row.unit_id is None:
        return workflow.following(step.key)  # taking it is the one before
    return step if row.owner == who.name or row.stage == Stage.DISPATCH else None


def _task(
    row: IncidentRow,
    channel: str | None,
    step: Step,
    who: Principal,
    when: dict[int, dict[str, datetime]],
    photos: Files,
    recordings: Files,
) -> FieldTask:
    told = {name: getattr(row, name) for name in _COPIED}
    is_open = who.unit is not None and row.unit_id is None
    return FieldTask(
        **(_outlined(told) if is_open else told),
        open=is_open,
        channel=channel,
        next_step=step.key,
        next_step_name=step.name,
        next_stage=step.stage.value,
        urgency=row.urgency or 0,
        mine=row.owner == who.name,
        accepted_at=when[row.id].get("accept"),
        arrived_at=when[row.id].get("arrive"),
        photos=tuple(photos[row.id]),
        recordings=tuple(recordings[row.id]),
    )


def _outlined(told: dict[str, Any]) -> dict[str, Any]:
    """What is told of an order before somebody has taken it: no number, no floor or room."""
    words = {name: masking.numbers(told[name]) for name in ("title", "description") if told[name]}
    return told | words | {"place": masking.address(masking.numbers(told["place"])) if told["place"] else None}


def _acts(session: Session, numbers: list[int], name: str) -> dict[int, dict[str, datetime]]:
    """When he accepted each and arrived there, last: the moment he did it, where it was sent later."""
    lines = session.execute(
        select(
            IncidentHistoryRow.incident_id, IncidentHistoryRow.action, IncidentHistoryRow.at, IncidentHistoryRow.detail
        )
        .where(
            IncidentHistoryRow.incident_id.in_(numbers),
            IncidentHistoryRow.action.in_(("accept", "arrive", "return", "rework")),
            or_(IncidentHistoryRow.actor == name, IncidentHistoryRow.action.in_(("return", "rework"))),
        )
        .order_by(IncidentHistoryRow.id)
    )
    found: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    for number, action, at, detail in lines:
        if action in ("return", "rework"):
            found[number].pop("arrive", None)
        else:
            done_at = (detail or {}).get("done_at")
            found[number][action] = datetime.fromisoformat(done_at) if done_at else at
    return found


def _files(session: Session, numbers: list[int]) -> tuple[Files, Files]:
    """Photos with their phase; what was said or filmed with what it is."""
    row = AttachmentRow
    rows = session.execute(
        select(row.incident_id, row.id, row.kind, row.phase, row.media_type)
        .where(row.incident_id.in_(numbers))
        .order_by(row.id)
    )
    photos: Files = defaultdict(list)
    recordings: Files = defaultdict(list)
    for number, attachment, kind, phase, media_type in rows:
        if kind == AttachmentKind.PHOTO:
            photos[number].append((attachment, phase))
        else:
            recordings[number].append((attachment, media_type))
    return photos, recordings


def _points(session: Session, scope: str, now: datetime) -> tuple[FieldPoint, ...]:
    low, high = subtree_bounds(scope)
    today = midnight(local_day(now))
    visits = (
        select(PatrolVisitRow.point_id, func.max(PatrolVisitRow.at).label("at"))
        .where(PatrolVisitRow.at >= today)
        .group_by(PatrolVisitRow.point_id)
        .subquery()
    )
    rows = session.execute(
        select(PatrolPointRow, visits.c.at)
        .outerjoin(visits, visits.c.point_id == PatrolPointRow.id)
        .where(PatrolPointRow.area_path >= low, PatrolPointRow.area_path < high)
        .order_by(PatrolPointRow.area_path, PatrolPointRow.code)
        .limit(MOST_POINTS)
    )
    return tuple(FieldPoint(row.code, row.name, row.lng, row.lat, at) for row, at in rows)
