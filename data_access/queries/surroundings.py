"""What lies around one alarm: building and people in numbers, who answers, cameras, help within reach, its readings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from math import cos, hypot, radians
from typing import Any, Final

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from data_access.db import readings
from data_access.db.alarm_kinds import kinds
from data_access.db.tables import (
    AlarmRow,
    AreaRow,
    BuildingRow,
    CameraRow,
    DeviceModelRow,
    DeviceRow,
    DeviceStateRow,
    DutyRow,
    DwellingRow,
    HouseholdRow,
    MetricRow,
    ResidentRow,
    ResourceRow,
    ResponsibleRow,
    TeamRow,
)
from data_access.domain import masking
from data_access.domain.alarm_kinds import in_force
from data_access.domain.alarm_rules import AlarmRule, rule_from_json, with_overrides
from data_access.domain.areas import lineage, subtree_bounds, within
from data_access.domain.devices import METRIC_UNITS, DeviceKind
from data_access.domain.errors import InvalidInput
from data_access.domain.periods import local_day
from data_access.viewmodels.areas import AreaLabel, CameraLine
from data_access.viewmodels.desk import Around, AtRisk, Chart, Help, Reachable

CHART_SPAN: Final = timedelta(hours=1)
MAX_POINTS: Final = 720
CAMERAS: Final = 4
HELPS: Final = 8
MAX_PEOPLE: Final = 9  # as many as there are digits to call them by
INFANT_YEARS: Final = 3
USEFUL: Final = ("fire_post", "aed", "clinic", "police_post", "shelter")
_DEGREE_M: Final = 111_320.0
_NEAR: Final = 0.006  # degrees, about 600 m
_FAR: Final = 0.015


def around(session: Session, alarm: AlarmRow, scope: str, *, now: datetime, whole_phones: bool) -> Around:
    """The surroundings of `alarm`; numbers of people only, phones whole only where `whole_phones`."""
    building = session.get(BuildingRow, alarm.building_id) if alarm.building_id is not None else None
    seen = alarm.lng is not None and alarm.lat is not None
    cameras = cameras_near(session, alarm.lng or 0, alarm.lat or 0, scope) if seen else []
    device = session.get(DeviceRow, alarm.device_id) if alarm.device_id is not None else None
    return Around(
        trail=trail(session, alarm.area_path, scope),
        building_code=building.code if building else None,
        facts=(building.address,) if building and building.address else (),
        floor=device.floor if device else None,
        floors=building.floors if building else None,
        cameras=tuple(line for line, _ in cameras),
        camera_points=tuple(point for _, point in cameras),
        people=people(
            session,
            alarm.area_path,
            alarm.building_id,
            scope,
            spot=(alarm.lng, alarm.lat),
            now=now,
            whole_phones=whole_phones,
        ),
        helps=_helps(session, alarm, scope) if seen else (),
        at_risk=_at_risk(session, building.id, local_day(now)) if building else None,
    )


def chart(session: Session, alarm: AlarmRow, *, now: datetime) -> Chart | None:
    """The last hour of what `alarm` is about; None where there is no rule, or nothing was read."""
    device = session.get(DeviceRow, alarm.device_id) if alarm.device_id is not None else None
    rule = _rule(session, device, alarm.kind) if device else None
    if device is None or rule is None:
        return None
    metric = session.execute(select(MetricRow.id).where(MetricRow.key == rule.metric)).scalar()
    if metric is None:
        return None
    since = now - CHART_SPAN
    points = readings.history(session.connection(), device.id, metric, since, now + timedelta(seconds=1))
    if not points:
        return None
    return Chart(
        metric=rule.metric,
        unit=METRIC_UNITS.get(rule.metric, ""),
        since=since,
        until=now,
        points=tuple(points[-MAX_POINTS:]),
        levels=tuple((threshold, int(severity)) for threshold, severity in rule.levels),
        is_state=rule.is_state,
    )


def _rule(session: Session, device: DeviceRow, kind: str) -> AlarmRule | None:
    model = session.get_one(DeviceModelRow, device.model_id)
    try:
        own = in_force((rule_from_json(kept) for kept in model.rules), kinds(session))
        rules = with_overrides(own, device.overrides)
    except InvalidInput:
        return None  # ingest has said so
    return next((rule for rule in rules if rule.alarm == kind), None)


def trail(session: Session, path: str, scope: str) -> tuple[AreaLabel, ...]:
    """The areas above and at `path`, as far as `scope` reaches."""
    above = [up for up in lineage(path) if within(up, scope)]
    rows = session.execute(
        select(AreaRow.id, AreaRow.code, AreaRow.path, AreaRow.name, AreaRow.name_en, AreaRow.kind)
        .where(AreaRow.path.in_(above))
        .order_by(AreaRow.path)
    )
    return tuple(AreaLabel(*row) for row in rows)


def cameras_near(session: Session, lng: float, lat: float, scope: str) -> list[tuple[CameraLine, tuple[float, float]]]:
    """The nearest cameras and where they stand, those that deliver first."""
    rows = session.execute(
        select(CameraRow.id, CameraRow.code, CameraRow.name, CameraRow.lng, CameraRow.lat, CameraRow.delivering).where(
            *_box(CameraRow, lng, lat, _NEAR, scope)
        )
    )
    lines = [
        (CameraLine(r.id, r.code, r.name, _metres(lng, lat, r.lng, r.lat), r.delivering), (r.lng, r.lat)) for r in rows
    ]
    return sorted(lines, key=lambda line: (not line[0].delivering, line[0].metres, line[0].id))[:CAMERAS]


def people(  # where, for whom and when
    session: Session,
    area_path: str,
    building_id: int | None,
    scope: str,
    *,
    spot: tuple[float | None, float | None],
    now: datetime,
    whole_phones: bool,
) -> tuple[Reachable, ...]:
    """Who answers for the building, then the grid, then the community above it; how far from `spot` (lng, lat)."""
    own = [path for path in lineage(area_path)[-2:] if within(path, scope)]
    of_building = ResponsibleRow.building_id
    rows = session.execute(
        select(
            ResponsibleRow,
            func.coalesce(BuildingRow.lng, AreaRow.lng),
            func.coalesce(BuildingRow.lat, AreaRow.lat),
        )
        .join(AreaRow, AreaRow.id == ResponsibleRow.area_id)
        .outerjoin(BuildingRow, BuildingRow.id == of_building)
        .where(
            or_(
                of_building == building_id if building_id is not None else false(),
                ResponsibleRow.area_path.in_(own) & of_building.is_(None),
            )
        )
        .order_by(of_building.is_(None), ResponsibleRow.area_path.desc(), ResponsibleRow.role)
        .limit(MAX_PEOPLE)
    ).all()
    rota = _on_duty(session, [row.id for row, _, _ in rows], now)
    return tuple(
        Reachable(
            id=row.id,
            role=row.role,
            name=masking.name(row.name),
            phone=row.phone if whole_phones else masking.phone(row.phone),
            on_duty=rota.get(row.id),
            of_building=row.building_id is not None,
            lng=lng,
            lat=lat,
            metres=_apart(spot, (lng, lat)),
        )
        for row, lng, lat in rows
    )


def _on_duty(session: Session, ids: list[int], now: datetime) -> dict[int, bool]:
    """Of those who are on a rota at all: whether they are on duty at `now`."""
    rows = session.execute(
        select(DutyRow.responsible_id, DutyRow.starts_at, DutyRow.ends_at).where(
            DutyRow.responsible_id.in_(ids), DutyRow.ends_at >= now - timedelta(days=7)
        )
    )
    found: dict[int, bool] = {}
    for person, starts, ends in rows:
        found[person] = found.get(person, False) or starts <= now < ends
    return found


def _helps(session: Session, alarm: AlarmRow, scope: str) -> tuple[Help, ...]:
    lng, lat = alarm.lng or 0, alarm.lat or 0
    found = [
        *_resources(session, lng, lat, scope),
        *_teams(session, lng, lat, scope),
        *_hydrants(session, alarm, lng, lat, scope),
    ]
    found.sort(key=lambda one: (one.metres, one.name))
    kept: list[Help] = []
    for one in found:  # two of a kind are enough: what is wanted is one of each, and a second to fall back on
        if sum(other.kind == one.kind for other in kept) < 2:  # as said
            kept.append(one)
    return tuple(kept[:HELPS])


def _resources(session: Session, lng: float, lat: float, scope: str) -> Iterable[Help]:
    rows = session.scalars(
        select(ResourceRow).where(ResourceRow.kind.in_(USEFUL), *_box(ResourceRow, lng, lat, _FAR, scope))
    )
    return [
        Help(
            id=row.id,
            kind=row.kind,
            name=row.name,
            metres=_metres(lng, lat, row.lng, row.lat),
            lng=row.lng,
            lat=row.lat,
            phone=row.phone,
        )
        for row in rows
    ]


def _teams(session: Session, lng: float, lat: float, scope: str) -> Iterable[Help]:
    rows = session.scalars(select(TeamRow).where(*_box(TeamRow, lng, lat, _FAR, scope)))
    return [
        Help(
            id=row.id,
            kind="team",
            name=row.name,
            metres=_metres(lng, lat, row.lng, row.lat),
            lng=row.lng,
            lat=row.lat,
        )
        for row in rows
        if row.lng is not None and row.lat is not None
    ]


def _hydrants(session: Session, alarm: AlarmRow, lng: float, lat: float, scope: str) -> Iterable[Help]:
    """Hydrants of the street: the index finds those, not what lies near."""
    low, high = subtree_bounds(lineage(alarm.area_path)[-3:][0])
    rows = session.execute(
        select(DeviceRow, DeviceStateRow.values)
        .outerjoin(DeviceStateRow, DeviceStateRow.device_id == DeviceRow.id)
        .where(
            DeviceRow.area_path >= low,
            DeviceRow.area_path < high,
            DeviceRow.kind == DeviceKind.HYDRANT,
            *_box(DeviceRow, lng, lat, _NEAR, scope),
        )
    )
    return [
        Help(
            id=row.id,
            kind=DeviceKind.HYDRANT.value,
            name=row.name,
            metres=_metres(lng, lat, row.lng, row.lat),
            lng=row.lng,
            lat=row.lat,
            value=f"{values['pressure_mpa']:g} MPa" if values and "pressure_mpa" in values else None,
        )
        for row, values in rows
    ]


def _at_risk(session: Session, building_id: int, today: date) -> AtRisk:
    infants = ResidentRow.born > date(today.year - INFANT_YEARS, today.month, min(today.day, 28))
    row = session.execute(
        select(
            func.count(),
            func.count(HouseholdRow.id.distinct()),
            func.count().filter(ResidentRow.lives_alone),
            func.count().filter(infants),
            func.count().filter(ResidentRow.disabled),
        )
        .select_from(DwellingRow)
        .join(HouseholdRow, HouseholdRow.dwelling_id == DwellingRow.id)
        .join(ResidentRow, ResidentRow.household_id == HouseholdRow.id)
        .where(DwellingRow.building_id == building_id)
    ).one()
    return AtRisk(residents=row[0], households=row[1], elderly_alone=row[2], infants=row[3], disabled=row[4])


def _box(table: Any, lng: float, lat: float, reach: float, scope: str) -> tuple[Any, ...]:
    """Near, and within what the viewer may see: a neighbour's rows are not his, however near."""
    near = table.lng.between(lng - reach, lng + reach), table.lat.between(lat - reach, lat + reach)
    return (*near, table.area_path.startswith(scope)) if scope else near


def _metres(lng: float, lat: float, to_lng: float, to_lat: float) -> int:
    return round(hypot((to_lng - lng) * _DEGREE_M * cos(radians(lat)), (to_lat - lat) * _DEGREE_M))


def _apart(a: tuple[float | None, float | None], b: tuple[float | None, float | None]) -> int | None:
    if a[0] is None or a[1] is None or b[0] is None or b[1] is None:
        return None
    return _metres(a[0], a[1], b[0], b[1])
