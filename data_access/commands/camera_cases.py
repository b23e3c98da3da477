"""A case from a camera in one click: where it stands, with the picture that somebody saw on it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.auth.credentials import digest
from data_access.auth.principal import Principal
from data_access.commands import incidents
from data_access.commands.attachments import Limits, Prepared, Sent, attach, prepare
from data_access.commands.once import once
from data_access.db.tables import CameraRow, IncidentRow
from data_access.domain.areas import within
from data_access.domain.attachments import AttachmentKind, Phase
from data_access.domain.errors import NotFound
from data_access.services import Services

SOURCE: Final = "camera"
"""`source` of cases that were seen on a camera; their `source_ref` begins with the camera's id."""
CHANNEL: Final = "视频巡查"


def open_case(services: Services, code: str, picture: bytes, who: Principal, key: str) -> tuple[IncidentRow, bool]:
    """A case at the camera `code`, with `picture` as its photo before; tell whether it is new.

    The same `key` of the same person leads to the same case. Raises `NotFound` outside his scope, `InvalidInput`.
    """
    photo = prepare(picture, Limits.of(services.settings), AttachmentKind.PHOTO) if picture else None
    blobs = [photo.blob] if photo else []
    with services.store.holding(*blobs):
        return once(services.database, lambda session: _opened(session, services, code, photo, who, key))


def _opened(
    session: Session, services: Services, code: str, photo: Prepared | None, who: Principal, key: str
) -> tuple[IncidentRow, bool]:
    camera = session.scalar(select(CameraRow).where(CameraRow.code == code))
    if camera is None or not within(camera.area_path, who.scope):
        raise NotFound("没有这个视频点位，或者不在您的权限范围内。")
    now, reference = services.clock(), f"{camera.id}/{digest(f'{who.name} {key}')[:32]}"
    known = session.scalar(select(IncidentRow).where(IncidentRow.source == SOURCE, IncidentRow.source_ref == reference))
    if known is not None:
        return known, False
    new = incidents.NewIncident(
        source=SOURCE,
        source_ref=reference,
        numbered=True,
        title=f"视频发现 {camera.name}"[:200],
        area_id=camera.area_id,
        area_path=camera.area_path,
        building_id=camera.building_id,
        created_at=now,
        channel_id=incidents.channel(session, CHANNEL),
        place=camera.name,
        lng=camera.lng,
        lat=camera.lat,
    )
    row = incidents.create(session, new, actor=who.name, now=now)
    if photo is not None:
        sent = Sent(key=digest(f"{reference} picture"), phase=Phase.BEFORE, actor=who.name, now=now)
        attach(session, row, photo, sent, per_case=services.settings.attachments_per_case)
    return row, True
