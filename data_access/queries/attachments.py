"""The photos, clips and recordings of cases, inside a scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.auth.principal import Principal
from data_access.db.tables import AttachmentRow, IncidentRow
from data_access.domain.attachments import SUFFIXES
from data_access.domain.errors import NotFound
from data_access.viewmodels.incidents import Attachment

MOST: Final = 1_000


def of_case(session: Session, incident_id: int) -> tuple[Attachment, ...]:
    """Those of one case, oldest first; the caller has seen that the case is within the viewer's scope."""
    query = select(AttachmentRow).where(AttachmentRow.incident_id == incident_id).order_by(AttachmentRow.id).limit(MOST)
    return tuple(shown(row) for row in session.scalars(query))


def shown(row: AttachmentRow) -> Attachment:
    """The row as screens see it."""
    return Attachment(**{name: getattr(row, name) for name in Attachment.__slots__})


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as its row names it."""

    digest: str
    media_type: str
    size: int

    @property
    def suffix(self) -> str:
        return SUFFIXES[self.media_type]


def file_of(session: Session, attachment_id: int, who: Principal) -> Kept:
    """The file of one. Raises `NotFound` when there is none that `who` may see."""
    found = session.execute(
        select(
            *(AttachmentRow.digest, AttachmentRow.media_type, AttachmentRow.size),
            *(IncidentRow.area_path, IncidentRow.unit_id),
        )
        .join(IncidentRow, IncidentRow.id == AttachmentRow.incident_id)
        .where(AttachmentRow.id == attachment_id)
    ).one_or_none()
    if found is None or not who.may_see_case(found.area_path, found.unit_id):
        raise NotFound("没有这个附件，或者不在您的权限范围内。")
    return Kept(found.digest, found.media_type, found.size)
