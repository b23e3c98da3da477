"""What grid workers and organisations do out of doors, where a connection may be lost: each thing once, by its key.

The key is written in the transaction that does the thing. Whoever never heard the answer sends it again, and is told
that it has been done. What was done without a connection keeps when (`done_at`); clocks go by when it came in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data_access.auth.credentials import digest
from data_access.auth.principal import Principal
from data_access.commands import orders
from data_access.commands.incident_acts import Act, act
from data_access.db.engine import Database
from data_access.db.tables import AttachmentRow, IncidentRow, PatrolPointRow, PatrolVisitRow, SentActRow
from data_access.db.workflows import Workflows
from data_access.domain.attachments import AttachmentKind, Phase
from data_access.domain.cases import CaseAction
from data_access.domain.errors import InvalidInput, NotFound
from data_access.domain.incident_moves import Details
from data_access.domain.incidents import Stage
from data_access.services import Services

KEPT: Final = timedelta(days=60)
"""How long a key is known: longer than any phone stays without a connection."""
_EARTH_M: Final = 6_371_000.0
_NEVER: Final = timedelta(days=30)


class FieldAct(StrEnum):
    """What can be done to a case."""

    ACCEPT = "accept"
    ARRIVE = "arrive"
    ADVANCE = "advance"
    RETURN = "return"
    CALL = "call"  # 打报告人
    COMMENT = "comment"  # 留言


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One thing that was done, as the phone tells it. `version` is that of the case as the phone last saw it."""

    key: str
    what: FieldAct
    incident_id: int
    version: int
    step: str | None = None
    reason: str | None = None
    note: str | None = None
    lng: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    done_at: datetime | None = None


def do(services: Services, who: Principal, done: Done) -> bool:
    """Do it; False when it has been done under this key before. Raises what the rules refuse: then nothing is kept."""
    now, key = services.clock(), digest(f"{who.name} {done.key}")
    _check_when(done.done_at, now)
    said = Act(
        action=CaseAction(done.what.value),
        version=done.version,
        actor=who.name,
        role=who.role,
        now=now,
        scope=who.scope,
        details=Details(
            step=done.step,
            reason=done.reason,
            lng=done.lng,
            lat=done.lat,
            accuracy_m=done.accuracy_m,
            done_at=done.done_at,
        ),
        note=done.note,
        unit=who.unit,
    )
    try:
        with services.database.writing() as session:
            if session.get(SentActRow, key) is not None:
                return False
            session.add(SentActRow(key=key, at=now))
            session.flush()
            if who.unit is not None:
                said = orders.taken(session, done.incident_id, said)
            _check_shown(session, done)
            _check_said(done)
            act(session, done.incident_id, said)
    except IntegrityError:  # the same came in twice at once: the other one has done it
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody stood at a point."""

    key: str
    point: str
    lng: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    done_at: datetime | None = None


def check_in(services: Services, who: Principal, visit: Visit) -> bool:
    """Note the visit; False when it is known. Raises `NotFound` where there is no such point within his area."""
    now, key = services.clock(), digest(f"{who.name} {visit.key}")
    _check_when(visit.done_at, now)
    try:
        with services.database.writing() as session:
            point = session.scalar(select(PatrolPointRow).where(PatrolPointRow.code == visit.point))
            if point is None or not who.may_see(point.area_path):
                raise NotFound("没有这个点位，或者不在您的权限范围内。")
            if session.scalar(select(PatrolVisitRow.id).where(PatrolVisitRow.key == key)) is not None:
                return False
            away = None
            if visit.lng is not None and visit.lat is not None:
                away = distance_m(visit.lng, visit.lat, point.lng, point.lat)
            session.add(
                PatrolVisitRow(
                    point_id=point.id,
                    key=key,
                    at=now,
                    done_at=visit.done_at,
                    actor=who.name,
                    distance_m=away,
                    accuracy_m=visit.accuracy_m,
                )
            )
    except IntegrityError:  # as above
        return False
    return True


def distance_m(lng: float, lat: float, to_lng: float, to_lat: float) -> float:
    """Metres between two near points."""
    east = math.radians(to_lng - lng) * math.cos(math.radians((lat + to_lat) / 2))
    return round(_EARTH_M * math.hypot(east, math.radians(to_lat - lat)), 1)


def forget_old(database: Database, now: datetime) -> None:
    """Drop the keys that no phone will send again."""
    with database.writing() as session:
        session.execute(delete(SentActRow).where(SentActRow.at < now - KEPT))


def _check_when(done_at: datetime | None, now: datetime) -> None:
    """A phone may be late by weeks; it cannot be early by more than its clock is wrong."""
    if done_at is not None and not now - _NEVER <= done_at <= now + timedelta(hours=1):
        raise InvalidInput("手机的时间不对，请核对后再试。")


def _check_said(done: Done) -> None:
    if done.what is FieldAct.COMMENT and not (done.note or "").strip():
        raise InvalidInput("请写一句话。")


def _check_shown(session: Session, done: Done) -> None:
    """Who says from the street that it is handled shows it."""
    row = session.get(IncidentRow, done.incident_id)
    if row is None or done.what is not FieldAct.ADVANCE:
        return
    step = Workflows(session).named(row.workflow).following(row.step or row.stage)
    if step is None or step.stage is not Stage.HANDLE:
        return
    shown = select(AttachmentRow.id).where(
        AttachmentRow.incident_id == row.id,
        AttachmentRow.kind == AttachmentKind.PHOTO.value,
        AttachmentRow.phase == Phase.AFTER.value,
    )
    if session.scalar(shown.limit(1)) is None:
        raise InvalidInput("请先拍一张处置后的照片。")
