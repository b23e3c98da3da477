"""One person's record in the clear: one at a time, with a reason, kept in the audit before anything is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from data_access.auth.principal import Principal, require
from data_access.commands import audit
from data_access.db.tables import ResidentRow, ResponsibleRow
from data_access.domain.accounts import Action, AuditAction
from data_access.domain.errors import InvalidInput, NotFound

SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 200


class Unmaskable(StrEnum):
    """Whose records there are."""

    RESIDENT = "resident"
    RESPONSIBLE = "responsible"


@dataclass(frozen=True, slots=True)
class Unmasked:
    """What was behind the stars."""

    kind: Unmaskable
    id: int
    name: str
    phone: str | None
    id_number: str | None


def unmask(
    session: Session,
    who: Principal,
    kind: Unmaskable,
    number: int,
    reason: str,
    *,
    now: datetime,
    address: str | None,
) -> Unmasked:
    """The record in the clear, in the transaction that keeps who asked for it and why.

    Raises `NotAllowed`, `InvalidInput` without a reason, `NotFound` where there is none within his scope.
    """
    require(who, Action.REVEAL if kind is Unmaskable.RESPONSIBLE else Action.UNMASK)
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise InvalidInput("查看个人信息要写明理由（4 到 200 字）。")
    row: ResidentRow | ResponsibleRow | None = (
        session.get(ResidentRow, number) if kind is Unmaskable.RESIDENT else session.get(ResponsibleRow, number)
    )
    if row is None or not who.may_see(row.area_path):
        raise NotFound("没有这条记录，或者不在您的权限范围内。")
    audit.note(
        session,
        AuditAction.UNMASK,
        actor=who.name,
        now=now,
        subject=f"{kind} {number}",
        address=address,
        detail={"reason": reason},
    )
    id_number = row.id_number if isinstance(row, ResidentRow) else None
    return Unmasked(kind, number, row.name, row.phone, id_number)
