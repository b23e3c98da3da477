"""A case is linked to a home or a legal entity, or no longer: its row and its line in the audit.

History and event are those of every act on a case (`incident_acts`), in the same transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.commands import audit
from data_access.db.tables import CaseLinkRow, DwellingRow, IncidentRow, LegalEntityRow
from data_access.domain.accounts import AuditAction
from data_access.domain.areas import within
from data_access.domain.case_links import MOST, Linked, LinkKind
from data_access.domain.errors import IllegalTransition, InvalidInput

NOT_THERE: Final = "没有这套房屋或这个法人，或者不在这个案卷的楼栋或您的权限范围内。"


def check(session: Session, row: IncidentRow, linked: Linked, *, gone: bool, scope: str) -> None:
    """Raise `InvalidInput` for what is not there within `scope`, `IllegalTransition` for what is so already."""
    if not _reachable(session, row, linked, scope):
        raise InvalidInput(NOT_THERE)
    there = _link(session, row.id, linked) is not None
    if there is not gone:
        raise IllegalTransition("已经关联了。" if there else "没有这项关联。")
    if not gone and _links(session, row.id) >= MOST:
        raise IllegalTransition("一个案卷最多关联 {n} 项。", n=str(MOST))


def keep(session: Session, row: IncidentRow, linked: Linked, *, gone: bool, by: str, now: datetime) -> None:
    """Add the link, or take it away; the audit says who did."""
    if gone:
        session.delete(_link(session, row.id, linked))
    else:
        session.add(CaseLinkRow(incident_id=row.id, at=now, actor=by, **{_column(linked): linked.id}))
    action = AuditAction.CASE_UNLINKED if gone else AuditAction.CASE_LINKED
    detail = {"linked": [linked.kind.value, linked.id]}
    audit.note(session, action, actor=by, now=now, subject=row.code, detail=detail)


def _reachable(session: Session, row: IncidentRow, linked: Linked, scope: str) -> bool:
    """A home must be of the case's building, or of its area where no building is known."""
    if linked.kind is LinkKind.ENTITY:
        entity = session.get(LegalEntityRow, linked.id)
        return entity is not None and within(entity.area_path, scope)
    dwelling = session.get(DwellingRow, linked.id)
    if dwelling is None or not within(dwelling.area_path, scope):
        return False
    return dwelling.building_id == row.building_id if row.building_id else within(dwelling.area_path, row.area_path)


def _link(session: Session, incident_id: int, linked: Linked) -> CaseLinkRow | None:
    own: Any = getattr(CaseLinkRow, _column(linked))
    return session.scalar(select(CaseLinkRow).where(CaseLinkRow.incident_id == incident_id, own == linked.id))


def _links(session: Session, incident_id: int) -> int:
    return session.scalar(select(func.count()).where(CaseLinkRow.incident_id == incident_id)) or 0


def _column(linked: Linked) -> str:
    return f"{linked.kind.value}_id"
