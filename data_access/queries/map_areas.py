"""Boundaries as GeoJSON: an area's outline, and its children shaded by a figure; a grid's buildings as points."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaBoundaryRow, AreaFactRow, AreaRow, BuildingRow, IncidentRow
from data_access.domain.areas import PATH_STEP, subtree_bounds
from data_access.domain.facts import Fact
from data_access.queries.incident_filter import OPEN
from data_access.viewmodels.areas import AreaLabel
from data_access.viewmodels.map import Shading

CLASSES: Final = 5
MAX_BUILDINGS: Final = 2_000
_FACTS: Final = {Shading.POPULATION: Fact.RESIDENTS, Shading.HOUSING: Fact.DWELLINGS}


def areas_geojson(session: Session, area: AreaLabel, shading: Shading) -> bytes:
    """A FeatureCollection: the outline of `area` (`role` outline) and its children; without children its buildings.

    A child's properties: code, name, name_en, kind, value, class (1 to 5 by quantile, 0 where the value is not
    known), leaf, schematic.
    """
    rows = session.execute(
        select(AreaRow, AreaBoundaryRow.geometry, AreaBoundaryRow.schematic)
        .outerjoin(AreaBoundaryRow, AreaBoundaryRow.area_id == AreaRow.id)
        .where((AreaRow.id == area.id) | (AreaRow.parent_id == area.id))
        .order_by(AreaRow.path)
    ).all()
    children = [row for row in rows if row[0].id != area.id]
    values = _values(session, area, [row[0] for row in children], shading)
    classes = quantile_classes(values)
    parents = set(
        session.scalars(select(AreaRow.parent_id).where(AreaRow.parent_id.in_([r[0].id for r in children])).distinct())
    )
    features = [_outline(*row) for row in rows if row[0].id == area.id]
    for child, geometry, schematic in children:
        properties = {
            **_named(child),
            "value": values.get(child.path),
            "class": classes.get(child.path, 0),
            "leaf": child.id not in parents,
            "schematic": bool(schematic),
        }
        features.append(_feature(properties, geometry or _point(child.lng, child.lat)))
    if not children:
        features += _buildings(session, area.path)
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def quantile_classes(values: dict[str, int]) -> dict[str, int]:
    """The class from 1 to `CLASSES` of each value by its rank; equal values share a class."""
    ordered = sorted(values.values())
    count = len(ordered)
    first = {value: rank for rank, value in reversed(list(enumerate(ordered)))}
    return {key: 1 + min(CLASSES - 1, first[value] * CLASSES // count) for key, value in values.items()}


def _values(session: Session, area: AreaLabel, children: list[AreaRow], shading: Shading) -> dict[str, int]:
    if not children:
        return {}
    if shading is Shading.INCIDENTS:
        return _open_incidents(session, area.path, children)
    newest = (
        select(func.max(AreaFactRow.month))
        .where(AreaFactRow.area_id == AreaRow.id)
        .correlate(AreaRow)
        .scalar_subquery()
    )
    query = (
        select(AreaRow.path, AreaFactRow.value)
        .join(AreaFactRow, AreaFactRow.area_id == AreaRow.id)
        .where(AreaRow.parent_id == area.id, AreaFactRow.metric == _FACTS[shading], AreaFactRow.month == newest)
    )
    return dict(session.execute(query).all())


def _open_incidents(session: Session, path: str, children: list[AreaRow]) -> dict[str, int]:
    low, high = subtree_bounds(path)
    child = func.substr(IncidentRow.area_path, 1, len(path) + PATH_STEP)
    query = (
        select(child, func.count())
        .where(OPEN, IncidentRow.area_path >= low, IncidentRow.area_path < high, IncidentRow.run.is_(None))
        .group_by(child)
    )
    found: dict[str, int] = dict(session.execute(query).all())
    return {row.path: found.get(row.path, 0) for row in children}


def _buildings(session: Session, path: str) -> list[dict[str, Any]]:
    row = BuildingRow
    low, high = subtree_bounds(path)
    query = (
        select(row.code, row.name, row.kind, row.lng, row.lat)
        .where(row.area_path >= low, row.area_path < high)
        .order_by(row.code)
        .limit(MAX_BUILDINGS)
    )
    return [
        _feature(
            {"code": code, "name": name, "name_en": None, "kind": kind, "role": "building", "leaf": True},
            _point(lng, lat),
        )
        for code, name, kind, lng, lat in session.execute(query)
    ]


def _outline(area: AreaRow, geometry: str | None, schematic: bool | None) -> dict[str, Any]:  # noqa: FBT001  # a row's column
    properties = {**_named(area), "role": "outline", "schematic": bool(schematic)}
    return _feature(properties, geometry or _point(area.lng, area.lat))


def _named(area: AreaRow) -> dict[str, Any]:
    return {"code": area.code, "name": area.name, "name_en": area.name_en, "kind": area.kind}


def _feature(properties: dict[str, Any], geometry: str | None) -> dict[str, Any]:
    shape = msgspec.Raw(geometry.encode()) if geometry else None  # stored as JSON text: passed through
    return {"type": "Feature", "properties": properties, "geometry": shape}


def _point(lng: float | None, lat: float | None) -> str | None:
    return f'{{"type":"Point","coordinates":[{lng},{lat}]}}' if lng is not None and lat is not None else None
