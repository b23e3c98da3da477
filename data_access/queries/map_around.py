"""What stands around a spot that somebody looks at closely: the grids there with their names, and their buildings."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaBoundaryRow, AreaRow, BuildingRow
from data_access.domain.areas import AreaKind, subtree_bounds
from data_access.domain.errors import InvalidInput
from data_access.viewmodels.map import Box

WIDEST: Final = 0.06
"""Degrees that a viewport may span: some six kilometres. From further away the shapes of the area itself say more."""
MAX_AREAS: Final = 60
MAX_BUILDINGS: Final = 400
_REACH: Final = {AreaKind.GRID: 0.004, AreaKind.COMMUNITY: 0.015}
"""Degrees by which the middle of an area may lie outside the viewport that it reaches into, smallest kind first."""


def around_geojson(session: Session, path: str, box: Box) -> bytes:
    """Grids (communities where there are none) and buildings in `box` within the subtree of `path`, nearest first.

    Raises `InvalidInput` when the viewport is too wide.
    """
    if box.east - box.west > WIDEST or box.north - box.south > WIDEST:
        raise InvalidInput(f"bbox spans at most {WIDEST} degrees here.")
    found = next((rows for kind, reach in _REACH.items() if (rows := _areas(session, path, box, kind, reach))), [])
    features = [
        {
            "type": "Feature",
            "properties": {"code": area.code, "name": area.name, "name_en": area.name_en, "role": "around"},
            "geometry": msgspec.Raw(geometry.encode()),  # stored as JSON text: passed through
        }
        for area, geometry in found
    ]
    features += _buildings(session, [area.path for area, _ in found], box)
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def _areas(session: Session, path: str, box: Box, kind: AreaKind, reach: float) -> list[Any]:
    low, high = subtree_bounds(path)
    return list(
        session.execute(
            select(AreaRow, AreaBoundaryRow.geometry)
            .join(AreaBoundaryRow, AreaBoundaryRow.area_id == AreaRow.id)
            .where(AreaRow.path >= low, AreaRow.path < high, AreaRow.kind == kind.value)
            .where(AreaRow.lng.between(box.west - reach, box.east + reach))
            .where(AreaRow.lat.between(box.south - reach, box.north + reach))
            .order_by(*_nearest(AreaRow, box))
            .limit(MAX_AREAS)
        ).all()
    )


def _buildings(session: Session, paths: list[str], box: Box) -> list[dict[str, Any]]:
    row = BuildingRow
    bounds = [subtree_bounds(path) for path in paths]
    rows = (
        session.execute(
            select(row.code, row.name, row.lng, row.lat)
            .where(or_(*((row.area_path >= low) & (row.area_path < high) for low, high in bounds)))
            .where(row.lng.between(box.west, box.east), row.lat.between(box.south, box.north))
            .order_by(*_nearest(row, box))
            .limit(MAX_BUILDINGS)
        )
        if bounds
        else ()
    )
    return [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name, "role": "building"},
            "geometry": {"type": "Point", "coordinates": [lng, lat]},
        }
        for code, name, lng, lat in rows
    ]


def _nearest(row: Any, box: Box) -> tuple[Any, ...]:
    """By distance from the middle, near enough for an order; then by what never changes."""
    dx, dy = row.lng - (box.west + box.east) / 2, row.lat - (box.south + box.north) / 2
    return dx * dx + dy * dy, row.id
