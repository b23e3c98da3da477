"""Who is on shift: the rota of those responsible (`duty_rota`) and the shifts begun at the desk (`shifts`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import DutyRow, ResponsibleRow, ShiftRow

KEPT: Final = timedelta(days=7)
"""An area with a shift in the last so many days keeps a rota; a gap in it means that nobody is there."""


def manned(session: Session, paths: Collection[str], now: datetime) -> set[str]:
    """Those of the areas `paths` in which somebody is there now.

    Where a rota is kept, somebody must be on shift. Where none is (a grid has its worker, not shifts), whoever is
    responsible for the area is taken to be there; with nobody responsible, nobody is.
    """
    wanted = sorted(paths)
    shift, duty = ShiftRow, DutyRow
    open_ = select(shift.area_path).where(shift.area_path.in_(wanted), shift.ended_at.is_(None))
    rota = select(duty.area_path).where(duty.area_path.in_(wanted), duty.starts_at <= now, duty.ends_at > now)
    there = {*session.scalars(open_.distinct()), *session.scalars(rota.distinct())}
    left = [path for path in wanted if path not in there]
    if not left:
        return there
    since = now - KEPT
    shifts = select(shift.area_path).where(shift.area_path.in_(left), shift.started_at > since)
    rotas = select(duty.area_path).where(duty.area_path.in_(left), duty.starts_at > since)
    kept = {*session.scalars(shifts.distinct()), *session.scalars(rotas.distinct())}
    answerable = select(ResponsibleRow.area_path).where(ResponsibleRow.area_path.in_(set(left) - kept))
    return there | set(session.scalars(answerable.distinct()))
