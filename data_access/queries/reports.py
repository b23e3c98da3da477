"""Reads for the public pages of a report: the place of a QR code, a case by the secret link of its receipt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from data_access.auth.credentials import digest
from data_access.db.tables import (
    AreaRow,
    AttachmentRow,
    BuildingRow,
    IncidentHistoryRow,
    IncidentRow,
    PatrolPointRow,
    ReportRow,
)
from data_access.db.workflows import Workflows
from data_access.domain import masking
from data_access.domain.areas import AreaKind, lineage, subtree_bounds
from data_access.domain.attachments import AttachmentKind
from data_access.domain.errors import NotFound
from data_access.domain.incidents import FINAL_STAGES, Stage
from data_access.domain.reports import CITIZEN, REWORKS, may_reply
from data_access.domain.workflows import Workflow
from data_access.queries.attachments import Kept
from data_access.viewmodels.reports import Passed, Point, Receipt, Told

MOST: Final = 200
_OWN: Final = (
    AttachmentRow.kind.in_((AttachmentKind.VOICE.value, AttachmentKind.VIDEO.value)),
    AttachmentRow.actor == CITIZEN,
)
"""What the citizen said and filmed himself; those who work on the case speak among themselves."""
_TOLD: Final = ("accept", "arrive", "rework", "suspend", "resume", "merge", "void", "rate")


def point(session: Session, code: str) -> Point | None:
    """Where the QR code `code` hangs; None when there is no such point any more."""
    found = (
        session.execute(
            select(PatrolPointRow.name, PatrolPointRow.area_path).where(PatrolPointRow.code == code)
        ).one_or_none()
        or session.execute(
            select(BuildingRow.name, BuildingRow.area_path).where(BuildingRow.code == code)
        ).one_or_none()
    )
    if found is None:
        return None
    areas = session.scalars(select(AreaRow).where(AreaRow.path.in_(lineage(found.area_path))))
    return _point(code, found.name, {area.kind: area for area in areas})


def points(session: Session, path: str) -> Iterator[Point]:
    """The patrol points of the subtree of `path`, grid by grid."""
    low, high = subtree_bounds(path)
    areas = {row.path: row for row in session.scalars(select(AreaRow))}
    found = session.execute(
        select(PatrolPointRow.code, PatrolPointRow.name, PatrolPointRow.area_path)
        .where(PatrolPointRow.area_path >= low, PatrolPointRow.area_path < high)
        .order_by(PatrolPointRow.area_path, PatrolPointRow.code)
    )
    for row in found:
        above = [areas[step] for step in lineage(row.area_path) if step in areas]
        yield _point(row.code, row.name, {area.kind: area for area in above})


def _point(code: str, name: str, by_kind: Mapping[str, AreaRow]) -> Point:
    community, grid = by_kind.get(AreaKind.COMMUNITY), by_kind.get(AreaKind.GRID)
    return Point(
        code,
        name,
        community.name if community else "",
        community.name_en if community else None,
        grid.name if grid else "",
        grid.name_en if grid else None,
    )


def receipt(session: Session, secret: str, *, now: datetime, reply_days: int) -> Receipt:
    """The case whose link this is. Raises `NotFound`."""
    row = session.scalar(
        select(IncidentRow)
        .join(ReportRow, ReportRow.incident_id == IncidentRow.id)
        .where(ReportRow.secret == digest(secret))
    )
    if row is None:
        raise NotFound("没有这个回执，请核对链接。")
    return receipt_of(session, row, now=now, reply_days=reply_days)


def receipt_of(session: Session, row: IncidentRow, *, now: datetime, reply_days: int) -> Receipt:
    """What the page of the receipt says of the case."""
    history = session.scalars(
        select(IncidentHistoryRow)
        .where(IncidentHistoryRow.incident_id == row.id)
        .order_by(IncidentHistoryRow.id)
        .limit(MOST)
    ).all()
    until = row.closed_at + timedelta(days=reply_days) if row.closed_at else None
    workflow = Workflows(session).named(row.workflow)
    replies = may_reply(row.stage, row.closed_at, now, reply_days)
    return Receipt(
        number=row.code,
        title=row.title,
        place=row.place,
        text=row.description,
        created_at=row.created_at,
        due_at=row.due_at,
        closed_at=row.closed_at if row.stage in FINAL_STAGES else None,
        stage=row.stage,
        merged=row.merged_into is not None,
        steps=_steps(row, history, workflow),
        lines=tuple(_lines(history, workflow)),
        photos=_photos(session, row.id),
        recordings=_recordings(session, row.id),
        rating=row.satisfaction,
        may_reply=replies and row.satisfaction is None,
        may_send_back=replies and row.reworks < REWORKS and row.merged_into is None,
        reply_until=until,
    )


def photo(session: Session, secret: str, number: int) -> Kept:
    """A photo of the case whose link this is. Raises `NotFound`."""
    return _file(session, secret, number, AttachmentRow.kind == AttachmentKind.PHOTO.value, otherwise="没有这张照片。")


def recording(session: Session, secret: str, number: int) -> Kept:
    """A recording or clip that came with the report whose link this is. Raises `NotFound`, for those of others too."""
    return _file(session, secret, number, *_OWN, otherwise="没有这段录音或录像。")


def _file(session: Session, secret: str, number: int, *which: ColumnElement[bool], otherwise: str) -> Kept:
    found = session.execute(
        select(AttachmentRow.digest, AttachmentRow.media_type, AttachmentRow.size)
        .join(ReportRow, ReportRow.incident_id == AttachmentRow.incident_id)
        .where(ReportRow.secret == digest(secret), AttachmentRow.id == number, *which)
    ).one_or_none()
    if found is None:
        raise NotFound(otherwise)
    return Kept(found.digest, found.media_type, found.size)


def _steps(row: IncidentRow, history: Sequence[IncidentHistoryRow], workflow: Workflow) -> tuple[Passed, ...]:
    """The steps, each with when it was last done; what lies ahead (again, after a rework) has no time."""
    when = {workflow.first.key: row.created_at}
    when |= {str((line.detail or {}).get("step")): line.at for line in history if line.action == "advance"}
    if row.merged_into is not None and row.closed_at is not None:
        when |= {step.key: when.get(step.key, row.closed_at) for step in workflow.steps}
    done, steps = True, []
    for step in workflow.steps:
        steps.append(Passed(step.key, step.name, when.get(step.key) if done else None))
        done = done and step.key != (row.step or workflow.first.key)
    return tuple(steps)


def _lines(history: Sequence[IncidentHistoryRow], workflow: Workflow) -> list[Told]:
    """What the citizen is told: acts without names, and the words of the answer that is meant for him."""
    stages = {step.stage for step in workflow.steps}
    answering = Stage.FEEDBACK if Stage.FEEDBACK in stages else Stage.CLOSED
    answers = {step.key for step in workflow.steps if step.stage is answering}
    found = []
    for line in history:
        step = (line.detail or {}).get("step")
        if line.action in _TOLD:
            found.append(Told(line.at, line.action, None))
        elif line.action == "advance" and step in answers and line.note:
            found.append(Told(line.at, "answer", masking.numbers(line.note)))
    return found


def _photos(session: Session, incident_id: int) -> tuple[tuple[int, str, datetime], ...]:
    rows = session.execute(
        select(AttachmentRow.id, AttachmentRow.phase, AttachmentRow.at)
        .where(AttachmentRow.incident_id == incident_id, AttachmentRow.kind == AttachmentKind.PHOTO.value)
        .order_by(AttachmentRow.id)
        .limit(MOST)
    )
    return tuple((row.id, row.phase, row.at) for row in rows)


def _recordings(session: Session, incident_id: int) -> tuple[tuple[int, str], ...]:
    own = select(AttachmentRow.id, AttachmentRow.media_type).where(AttachmentRow.incident_id == incident_id, *_OWN)
    return tuple((row.id, row.media_type) for row in session.execute(own.order_by(AttachmentRow.id).limit(MOST)))
