"""One device for its card on the map."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, BuildingRow, DeviceModelRow, DeviceRow, DeviceStateRow
from data_access.domain.areas import within
from data_access.domain.devices import AWAY, METRIC_UNITS, DeviceStatus
from data_access.domain.errors import NotFound
from data_access.viewmodels.devices import DeviceView, Value

PRIVATE = frozenset({"heart_rate", "spo2", "lng", "lat", "still_min", AWAY})
"""Values of a person's watch (health, whereabouts): never on a map card."""


def device(session: Session, device_id: int, scope: str) -> DeviceView:
    """The device with this id. Raises `NotFound` when there is none within `scope`."""
    row = session.execute(
        select(DeviceRow, DeviceStateRow, DeviceModelRow.name, AreaRow.name, BuildingRow.code, BuildingRow.name)
        .join(DeviceModelRow, DeviceModelRow.id == DeviceRow.model_id)
        .join(AreaRow, AreaRow.id == DeviceRow.area_id)
        .outerjoin(DeviceStateRow, DeviceStateRow.device_id == DeviceRow.id)
        .outerjoin(BuildingRow, BuildingRow.id == DeviceRow.building_id)
        .where(DeviceRow.id == device_id)
    ).one_or_none()
    if row is None or not within(row[0].area_path, scope):
        raise NotFound("没有这个终端，或者不在您的权限范围内。")
    found, state, model, area, building_code, building = row
    values = state.values if state else {}
    return DeviceView(
        id=found.id,
        code=found.code,
        name=found.name,
        kind=found.kind,
        model=model,
        area_name=area,
        building_code=building_code,
        place=building or area,
        lng=found.lng,
        lat=found.lat,
        status=state.status if state else int(DeviceStatus.NEVER_SEEN),
        version=state.version if state else 0,
        last_ts=state.last_ts if state else None,
        last_seen=state.last_seen if state else None,
        replay=found.replay,
        values={
            key: Value(value=value, unit=METRIC_UNITS.get(key)) for key, value in values.items() if key not in PRIVATE
        },
    )
