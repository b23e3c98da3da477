"""To whom a case could be dispatched: who handled its like nearby, and what each of them has to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, IncidentRow, IncidentTypeRow, UnitRow
from data_access.domain.areas import AreaKind, lineage
from data_access.domain.assignment import ENOUGH, LOOKED_BACK, suggest
from data_access.queries.incident_filter import OPEN, choices, inside
from data_access.viewmodels.case_page import Assignment

_AREAS: Final = (AreaKind.COMMUNITY, AreaKind.STREET, AreaKind.DISTRICT)
"""Where is looked, one after the other, until enough is found."""


def assignment(session: Session, row: IncidentRow, *, now: datetime) -> Assignment:
    """The units that handled most of its kind nearby, with their work in hand; and all units there are."""
    units = choices(session).units
    for area, kind, handled in _evidence(session, row, now):
        if sum(handled.values()) >= ENOUGH:
            found = suggest(handled, workload(session, list(handled), now))
            names = dict(session.execute(select(UnitRow.id, UnitRow.name).where(UnitRow.id.in_(list(handled)))).all())
            return Assignment(
                suggestions=tuple((names.get(one.unit_id, ""), one) for one in found),
                area=area,
                kind=kind,
                units=units,
            )
    return Assignment(suggestions=(), area="", kind="", units=units)


def workload(session: Session, units: list[int], now: datetime) -> Mapping[int, tuple[int, int]]:
    """Open cases of each of `units`, and how many of them are overdue."""
    late = func.sum(case((IncidentRow.due_at <= now, 1), else_=0))
    rows = session.execute(
        select(IncidentRow.unit_id, func.count(), late)
        .where(OPEN, IncidentRow.unit_id.in_(units))
        .group_by(IncidentRow.unit_id)
    )
    return {unit: (int(n), int(overdue or 0)) for unit, n, overdue in rows}


def _evidence(session: Session, row: IncidentRow, now: datetime) -> Iterator[tuple[str, str, Mapping[int, int]]]:
    """By area from the smallest, and in it by class from the narrowest: their names, and how many each unit handled."""
    columns = (IncidentRow.sub_type_id, IncidentRow.main_type_id, IncidentRow.top_type_id)
    kinds = [(c, getattr(row, c.key)) for c in columns if getattr(row, c.key) is not None]
    names = dict(
        session.execute(
            select(IncidentTypeRow.id, IncidentTypeRow.name).where(IncidentTypeRow.id.in_([n for _, n in kinds]))
        ).all()
    )
    around = session.execute(
        select(AreaRow.path, AreaRow.name)
        .where(AreaRow.path.in_(lineage(row.area_path)), AreaRow.kind.in_([kind.value for kind in _AREAS]))
        .order_by(AreaRow.path.desc())
    ).all()
    for path, name in around:
        for column, number in kinds:
            yield name, names.get(number, ""), _handled(session, path, column == number, now)


def _handled(session: Session, path: str, kind: Any, now: datetime) -> Mapping[int, int]:
    rows = session.execute(
        select(IncidentRow.unit_id, func.count())
        .where(
            *inside(path),
            IncidentRow.created_at >= now - LOOKED_BACK,
            IncidentRow.run.is_(None),
            IncidentRow.unit_id.is_not(None),
            kind,
        )
        .group_by(IncidentRow.unit_id)
    )
    return {unit: int(n) for unit, n in rows if unit is not None}
