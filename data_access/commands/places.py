"""Where a point is: the smallest area whose outline holds it, found by walking down the tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaBoundaryRow, AreaRow


@dataclass(frozen=True, slots=True)
class Spot:
    """An area as the rows that hang on it carry it."""

    id: int
    path: str


def locate(session: Session, lng: float, lat: float) -> Spot | None:
    """The smallest area that holds the WGS-84 point; None when it lies outside every root."""
    from shapely import Point  # noqa: PLC0415  # slow to import, and seldom needed

    found: Spot | None = None
    point = Point(lng, lat)
    while True:
        parent = found.id if found else None
        inside = AreaRow.parent_id.is_(None) if parent is None else AreaRow.parent_id == parent
        children = session.execute(
            select(AreaRow.id, AreaRow.path, AreaBoundaryRow.geometry)
            .join(AreaBoundaryRow, AreaBoundaryRow.area_id == AreaRow.id)
            .where(inside)
        )
        below = next((Spot(row.id, row.path) for row in children if _shape(row.geometry).covers(point)), None)
        if below is None:
            return found
        found = below


@lru_cache(maxsize=2048)
def _shape(geometry: str) -> Any:
    """An outline as a shape: reading its text again for every point would be most of the work."""
    from shapely import from_geojson  # noqa: PLC0415  # as above

    return from_geojson(geometry)
