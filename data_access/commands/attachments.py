"""Attachments come in: read and cleaned outside of any transaction, then row, history and event in one.

The file is written before that transaction commits (`db.stores`); what was committed always has its file.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.auth.principal import Principal
from data_access.commands import clips, lengths
from data_access.commands.incident_acts import NOT_THERE, apply
from data_access.commands.once import once
from data_access.db.cases import to_case
from data_access.db.stores import Blob
from data_access.db.tables import AttachmentRow, IncidentRow
from data_access.db.workflows import workflow_of
from data_access.domain.attachments import (
    JPEG,
    M4A,
    MOV,
    MP4,
    AttachmentKind,
    Format,
    Phase,
    check_length,
    check_size,
    recognise,
)
from data_access.domain.cases import CaseAction
from data_access.domain.errors import Conflict, InvalidInput, NotFound
from data_access.domain.incident_moves import Details, check_may
from data_access.services import Services
from data_access.settings import Settings

SWEEP_EVERY_S: Final = 3600.0
_ORPHANED_FOR: Final = timedelta(hours=1)
"""How long a file may wait for the row that names it."""
_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large things may be, and how long."""

    bytes_of: dict[AttachmentKind, int]
    seconds_of: dict[AttachmentKind, int]
    edge: int
    per_case: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        sizes = {
            AttachmentKind.PHOTO: settings.attachment_photo_mb,
            AttachmentKind.VIDEO: settings.attachment_video_mb,
            AttachmentKind.VOICE: settings.attachment_voice_mb,
        }
        return cls(
            bytes_of={kind: mb * _MB for kind, mb in sizes.items()},
            seconds_of={
                AttachmentKind.VIDEO: settings.attachment_video_s,
                AttachmentKind.VOICE: settings.attachment_voice_s,
            },
            edge=settings.attachment_photo_edge,
            per_case=settings.attachments_per_case,
        )

    @property
    def largest(self) -> int:
        """Bytes that no file may have more of, whatever it is."""
        return max(self.bytes_of.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A file that may be attached: recognised, measured, without what it says of places and makers."""

    format: Format
    blob: Blob
    width: int | None = None
    height: int | None = None
    lng: float | None = None
    lat: float | None = None


def prepare(data: bytes, limits: Limits, wanted: AttachmentKind | None = None) -> Prepared:
    """Read and clean a file; takes its time. Raises `InvalidInput` with a sentence for the sender."""
    found = recognise(data, wanted)
    check_size(found, len(data), limits.bytes_of)
    if found.kind is AttachmentKind.PHOTO:
        from data_access.commands import photos  # noqa: PLC0415  # Pillow is large: a start does not wait for it

        photo = photos.cleaned(data, edge=limits.edge)
        return Prepared(
            format=JPEG,
            blob=Blob(photo.data, JPEG.suffix),
            width=photo.width,
            height=photo.height,
            lng=photo.lng,
            lat=photo.lat,
        )
    check_length(found, lengths.seconds(data, found), limits.seconds_of)
    clean = clips.blanked(data) if found in (MP4, MOV, M4A) else data
    return Prepared(format=found, blob=Blob(clean, found.suffix))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Who sends it, when, what it shows; `key` is the sender's own and makes a repetition harmless."""

    key: str
    phase: Phase
    actor: str
    now: datetime
    done_at: datetime | None = None


def attach(
    session: Session, row: IncidentRow, file: Prepared, sent: Sent, *, per_case: int, tell: bool = True
) -> AttachmentRow:
    """Attach `file` to the locked case `row`; the caller knows that nothing has come in under its key.

    Raises `InvalidInput` when the case has as many as it may.
    """
    count = select(func.count()).where(AttachmentRow.incident_id == row.id)
    if (session.scalar(count) or 0) >= per_case:
        raise InvalidInput("这个案卷的附件已经够多了。")
    attachment = AttachmentRow(
        incident_id=row.id,
        key=sent.key,
        digest=file.blob.digest,
        kind=file.format.kind,
        phase=sent.phase,
        media_type=file.format.media_type,
        size=len(file.blob.data),
        width=file.width,
        height=file.height,
        lng=file.lng,
        lat=file.lat,
        at=sent.now,
        actor=sent.actor,
    )
    session.add(attachment)
    session.flush()
    details = Details(attachment=attachment.id, done_at=sent.done_at)
    apply(session, row, CaseAction.ATTACH, actor=sent.actor, now=sent.now, details=details, tell=tell)
    return attachment


def keep(
    services: Services, incident_id: int, file: Prepared, sent: Sent, who: Principal
) -> tuple[AttachmentRow, bool]:
    """Keep `file` and attach it to a case as `who`; tell whether it is new.

    Raises `NotFound` outside his scope, `NotAllowed`, `Conflict`, `InvalidInput`.
    """
    per_case = services.settings.attachments_per_case
    with services.store.holding(file.blob):
        return once(services.database, lambda session: _attached(session, incident_id, file, sent, who, per_case))


def _attached(
    session: Session, incident_id: int, file: Prepared, sent: Sent, who: Principal, per_case: int
) -> tuple[AttachmentRow, bool]:
    row = session.get(IncidentRow, incident_id, with_for_update=True, populate_existing=True)
    if row is None or not who.may_see_case(row.area_path, row.unit_id):
        raise NotFound(NOT_THERE)
    known = session.scalar(select(AttachmentRow).where(AttachmentRow.key == sent.key))
    if known is not None and known.incident_id != incident_id:
        raise Conflict("这个附件已经发给了另一个案卷。")
    if known is not None:
        return known, False
    case = to_case(row)
    check_may(case, CaseAction.ATTACH, who.role, who.scope, workflow_of(session, row), unit=who.unit)
    made = attach(session, row, file, sent, per_case=per_case)
    session.refresh(made)  # moments as the database keeps them, to the millisecond
    return made, True


def sweep(services: Services, now: datetime) -> int:
    """Take away the files that no row names; return how many."""

    def named(digests: Collection[str]) -> Collection[str]:
        with services.database.reading() as session:
            return set(session.scalars(select(AttachmentRow.digest).where(AttachmentRow.digest.in_(digests))))

    return services.store.sweep(named, before=(now - _ORPHANED_FOR).timestamp())
