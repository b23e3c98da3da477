"""The audit: who did what, when, from where, with which result. Rows younger than half a year cannot be deleted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import AuditRow
from data_access.domain.accounts import AUDIT_KEEP_DAYS, AuditAction


def note(
    session: Session,
    action: AuditAction,
    *,
    actor: str,
    now: datetime,
    subject: str | None = None,
    done: bool = True,
    address: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Keep that `actor` did `action`, in the transaction that does it; never a secret in `detail`."""
    session.add(
        AuditRow(
            at=now,
            actor=actor[:64],
            action=action,
            subject=subject[:120] if subject else None,
            done=done,
            address=address[:45] if address else None,
            detail=detail,
        )
    )


def drop_old(database: Database, now: datetime, keep_days: int) -> int:
    """Delete what is older than `keep_days`, never anything younger than half a year; return how many rows."""
    before = now - timedelta(days=max(keep_days, AUDIT_KEEP_DAYS))
    with database.writing() as session:
        gone = session.execute(delete(AuditRow).where(AuditRow.at < before))
        return gone.rowcount if isinstance(gone, CursorResult) else 0
