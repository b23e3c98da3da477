"""Reads in the words of Open311 GeoReport v2: the catalogue as services, cases as requests, inside a scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from data_access.db.tables import IncidentRow, IncidentTypeRow, UnitRow
from data_access.domain.areas import subtree_bounds, within
from data_access.domain.errors import NotFound
from data_access.domain.incidents import FINAL_STAGES

MOST: Final = 1_000
_CLOSED: Final = [stage.value for stage in FINAL_STAGES]
_TOP = aliased(IncidentTypeRow)
_MAIN = aliased(IncidentTypeRow)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests: of this time, status and service, or these numbers."""

    start: datetime
    end: datetime
    status: str | None
    service: int | None
    numbers: tuple[int, ...]


def services(session: Session) -> Sequence[dict[str, Any]]:
    """The sub-classes, grouped by their main class; where there are none, whatever there is."""
    level = session.scalar(select(func.max(IncidentTypeRow.level))) or 1
    rows = session.execute(
        select(IncidentTypeRow.id, IncidentTypeRow.name, _MAIN.name)
        .outerjoin(_MAIN, _MAIN.id == IncidentTypeRow.parent_id)
        .where(IncidentTypeRow.level == level)
        .order_by(IncidentTypeRow.id)
        .limit(2 * MOST)
    )
    return [
        {
            "service_code": str(number),
            "service_name": name,
            "description": name,
            "metadata": False,
            "type": "realtime",
            "keywords": "",
            "group": group or "",
        }
        for number, name, group in rows
    ]


def service(session: Session, code: int) -> dict[str, Any]:
    """The definition of one service. Raises `NotFound`."""
    if session.get(IncidentTypeRow, code) is None:
        raise NotFound("There is no such service.")
    return {"service_code": str(code), "attributes": []}


def requests(session: Session, scope: str, wanted: Wanted) -> Sequence[dict[str, Any]]:
    """Requests of the subtree of `scope`, newest first, at most so many."""
    low, high = subtree_bounds(scope)
    query = (
        _cases()
        .where(IncidentRow.area_path >= low, IncidentRow.area_path < high)
        .order_by(IncidentRow.created_at.desc(), IncidentRow.id.desc())
        .limit(MOST)
    )
    if wanted.numbers:
        query = query.where(IncidentRow.id.in_(wanted.numbers))
    else:
        query = query.where(IncidentRow.created_at >= wanted.start, IncidentRow.created_at <= wanted.end)
    if wanted.status is not None:
        closed = IncidentRow.stage.in_(_CLOSED)
        query = query.where(closed if wanted.status == "closed" else ~closed)
    if wanted.service is not None:
        query = query.where(
            func.coalesce(IncidentRow.sub_type_id, IncidentRow.main_type_id, IncidentRow.top_type_id) == wanted.service
        )
    return [_request(*row) for row in session.execute(query)]


def one(session: Session, scope: str, number: int) -> dict[str, Any] | None:
    """The request with this number; None when there is none within `scope`."""
    row = session.execute(_cases().where(IncidentRow.id == number)).one_or_none()
    return _request(*row) if row is not None and within(row[0].area_path, scope) else None


def _cases() -> Any:
    kind = func.coalesce(IncidentRow.sub_type_id, IncidentRow.main_type_id, IncidentRow.top_type_id)
    return (
        select(IncidentRow, _TOP.id, _TOP.name, UnitRow.name)
        .outerjoin(_TOP, _TOP.id == kind)
        .outerjoin(UnitRow, UnitRow.id == IncidentRow.unit_id)
        .where(IncidentRow.run.is_(None))
    )


def _request(row: IncidentRow, code: int | None, name: str | None, unit: str | None) -> dict[str, Any]:
    times = (row.created_at, row.registered_at, row.dispatched_at, row.handled_at, row.closed_at, row.voided_at)
    return {
        "service_request_id": str(row.id),
        "status": "closed" if row.stage in _CLOSED else "open",
        "status_notes": row.stage,
        "service_name": name or row.title,
        "service_code": str(code) if code is not None else "",
        "description": row.description or row.title,
        "agency_responsible": unit or "",
        "service_notice": "",
        "requested_datetime": row.created_at,
        "updated_datetime": max(at for at in times if at is not None),
        "expected_datetime": row.due_at,
        "address": row.place or "",
        "address_id": "",
        "zipcode": "",
        "lat": row.lat,
        "long": row.lng,
        "media_url": "",
    }
