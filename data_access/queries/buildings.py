"""Reads about one building for its drawer: who answers for it, what stands in it, what is open there.

People are counted and masked here; nothing personal leaves this module in the clear.
"""

from __future__ import annotations

from math import cos, hypot, radians
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from data_access.db.tables import (
    AlarmRow,
    AreaRow,
    BuildingRow,
    CameraRow,
    DeviceRow,
    DeviceStateRow,
    DwellingRow,
    HouseholdRow,
    IncidentRow,
    ResidentRow,
    ResponsibleRow,
)
from data_access.domain import masking
from data_access.domain.areas import lineage, within
from data_access.domain.errors import NotFound
from data_access.queries import case_links
from data_access.queries.incident_filter import OPEN
from data_access.viewmodels.areas import (
    AreaLabel,
    BuildingView,
    CameraLine,
    DeviceLine,
    IncidentLine,
    PastAlarm,
    PersonLine,
)

FEWEST: Final = 5
"""Fewer people than this in a category are shown as "<5"."""

NEAREST_CAMERAS: Final = 3
SHOWN_DEVICES: Final = 60
SHOWN_ALARMS: Final = 8
SHOWN_CASES: Final = 10
_DEGREE_M: Final = 111_320.0
_NEAR: Final = 0.01  # degrees, about a kilometre


def building(
    session: Session, code: str, scope: str, *, whole_phones: bool = False, rooms: bool = False
) -> BuildingView:
    """The drawer of the building with `code`. Raises `NotFound` when there is none within `scope`.

    `rooms`: the homes that cases are about are told with the number of the room.
    """
    row = session.execute(select(BuildingRow).where(BuildingRow.code == code)).scalar()
    if row is None or not within(row.area_path, scope):
        raise NotFound("没有这栋楼，或者不在您的权限范围内。")
    area = session.get_one(AreaRow, row.area_id)
    dwellings = _dwellings(session, row.id)
    residents, elderly = _residents(session, row.id)
    devices = _devices(session, row.id)
    return BuildingView(
        id=row.id,
        code=row.code,
        name=row.name,
        address=row.address,
        estate=row.estate,
        kind=row.kind,
        lng=row.lng,
        lat=row.lat,
        floors=row.floors,
        units=row.units,
        built_year=row.built_year,
        area=AreaLabel(area.id, area.code, area.path, area.name, area.name_en, area.kind),
        people=people(session, area.path, row.id, scope=scope, whole_phones=whole_phones),
        dwellings=sum(n for _, n in dwellings),
        uses=dwellings,
        residents=residents if residents == 0 or residents >= FEWEST else None,
        elderly=elderly if elderly == 0 or elderly >= FEWEST else None,
        few=0 < residents < FEWEST,
        devices=devices[:SHOWN_DEVICES],
        devices_total=len(devices),
        cameras=_cameras(session, row.lng, row.lat, scope),
        incidents=_incidents(session, row.id, scope, rooms=rooms),
        alarms=_alarms(session, row.id),
        alarms_total=session.scalar(select(func.count()).where(*_raised_in(row.id))) or 0,
    )


def people(
    session: Session, path: str, building_id: int | None = None, *, scope: str = "", whole_phones: bool = False
) -> tuple[PersonLine, ...]:
    """Who answers for the area at `path` itself; telephones masked or whole.

    Of a building in it: who answers for the building, for its area, and for the one above as far as `scope` reaches.
    """
    row = ResponsibleRow
    of_area = (row.area_path == path) & row.building_id.is_(None)
    if building_id is not None:
        own = [up for up in lineage(path)[-2:] if within(up, scope)]
        of_area = (row.building_id == building_id) | (row.area_path.in_(own) & row.building_id.is_(None))
    rows = session.execute(
        select(row.role, row.name, row.phone)
        .where(of_area)
        .order_by(row.building_id.is_(None), row.area_path.desc(), row.role)
        .limit(8)
    )
    shown = (lambda phone: phone) if whole_phones else masking.phone
    return tuple(PersonLine(role, masking.name(name), shown(phone)) for role, name, phone in rows)


def _dwellings(session: Session, building_id: int) -> tuple[tuple[str, int], ...]:
    rows = session.execute(
        select(DwellingRow.use, func.count()).where(DwellingRow.building_id == building_id).group_by(DwellingRow.use)
    )
    return tuple((use, n) for use, n in rows)


def _residents(session: Session, building_id: int) -> tuple[int, int]:
    row = session.execute(
        select(func.count(), func.count().filter(ResidentRow.lives_alone))
        .select_from(DwellingRow)
        .join(HouseholdRow, HouseholdRow.dwelling_id == DwellingRow.id)
        .join(ResidentRow, ResidentRow.household_id == HouseholdRow.id)
        .where(DwellingRow.building_id == building_id)
    ).one()
    return row[0], row[1]


def _devices(session: Session, building_id: int) -> tuple[DeviceLine, ...]:
    rows = session.execute(
        select(
            DeviceRow.id,
            DeviceRow.code,
            DeviceRow.kind,
            DeviceRow.name,
            DeviceRow.floor,
            DeviceStateRow.status,
            DeviceStateRow.last_seen,
        )
        .outerjoin(DeviceStateRow, DeviceStateRow.device_id == DeviceRow.id)
        .where(DeviceRow.building_id == building_id)
        .order_by(DeviceStateRow.status.desc().nulls_last(), DeviceRow.kind, DeviceRow.floor, DeviceRow.id)
    )
    return tuple(DeviceLine(*row) for row in rows)


def _cameras(session: Session, lng: float, lat: float, scope: str) -> tuple[CameraLine, ...]:
    rows = session.execute(
        select(CameraRow.id, CameraRow.code, CameraRow.name, CameraRow.lng, CameraRow.lat, CameraRow.delivering).where(
            CameraRow.lng.between(lng - _NEAR, lng + _NEAR),
            CameraRow.lat.between(lat - _NEAR, lat + _NEAR),
            CameraRow.area_path.startswith(scope),
        )
    ).all()
    east = _DEGREE_M * cos(radians(lat))
    lines = [
        CameraLine(r.id, r.code, r.name, round(hypot((r.lng - lng) * east, (r.lat - lat) * _DEGREE_M)), r.delivering)
        for r in rows
    ]
    return tuple(sorted(lines, key=lambda line: (line.metres, line.id))[:NEAREST_CAMERAS])


def _raised_in(building_id: int) -> tuple[ColumnElement[bool], ...]:
    return AlarmRow.building_id == building_id, AlarmRow.run.is_(None)


def _alarms(session: Session, building_id: int) -> tuple[PastAlarm, ...]:
    """The newest alarms of the building, standing or over; those of replays are none of its history."""
    row = AlarmRow
    rows = session.execute(
        select(row.id, row.kind, row.severity, row.state, DeviceRow.floor, row.raised_at)
        .outerjoin(DeviceRow, DeviceRow.id == row.device_id)
        .where(*_raised_in(building_id))
        .order_by(row.raised_at.desc(), row.id.desc())
        .limit(SHOWN_ALARMS)
    )
    return tuple(PastAlarm(*found) for found in rows)


def _incidents(session: Session, building_id: int, scope: str, *, rooms: bool) -> tuple[IncidentLine, ...]:
    """Open ones at the building, or about one of its homes or legal entities, newest first."""
    linked = case_links.of_building(session, building_id, scope, rooms=rooms)
    row = IncidentRow
    query = select(row.id, row.code, row.title, row.stage, row.created_at, row.due_at).where(OPEN, row.run.is_(None))
    order = row.created_at.desc()
    here = session.execute(query.where(row.building_id == building_id).order_by(order).limit(SHOWN_CASES)).all()
    about = session.execute(query.where(row.id.in_(linked)).order_by(order).limit(SHOWN_CASES)).all() if linked else []
    newest = sorted({found.id: found for found in (*here, *about)}.values(), key=lambda r: (r.created_at, r.id))
    return tuple(IncidentLine(*found, linked.get(found.id, ())) for found in newest[: -SHOWN_CASES - 1 : -1])
