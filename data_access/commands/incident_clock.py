"""The clock of the cases: notes what is overdue, and hands a step whose time is up to the next level.

小事不出社区: grid → community → street → district. Only rows that are due are read (`clock_at`, a partial index), a
page a transaction; what a stopped worker has missed is done when it is back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from data_access.commands.incident_acts import CLOCK, apply, next_post
from data_access.db.engine import Database
from data_access.db.tables import IncidentRow
from data_access.domain.cases import CaseAction
from data_access.domain.incident_moves import Details

EVERY_S: Final = 5.0
PAGE: Final = 200


def look(database: Database, now: datetime, *, pages: int = 50) -> int:
    """Do what is due by `now`, at most so many pages; return how many things were done."""
    done = 0
    for _ in range(pages):
        with database.reading() as session:  # without the lock that a writer takes
            if session.scalar(_due(now).with_only_columns(IncidentRow.id).limit(1)) is None:
                break
        with database.writing() as session:
            done += _page(session, now)
    return done


def _due(now: datetime) -> Select[IncidentRow]:
    return select(IncidentRow).where(IncidentRow.clock_at.is_not(None), IncidentRow.clock_at <= now)


def _page(session: Session, now: datetime) -> int:
    rows = session.scalars(_due(now).order_by(IncidentRow.clock_at).limit(PAGE).with_for_update(skip_locked=True)).all()
    for row in rows:
        if row.due_at is not None and row.due_at <= now and not row.late and row.closed_at is None:
            apply(session, row, CaseAction.OVERDUE, actor=CLOCK, now=now)
        else:
            details = Details(post=next_post(session, row), reason="本级时限已到")
            apply(session, row, CaseAction.ESCALATE, actor=CLOCK, now=now, details=details)
    return len(rows)
