"""Points (点位): where the middle of a community is; matched by name or code, never adding an area."""

from __future__ import annotations

import json
from typing import ClassVar, Final

from shapely import Point
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands.imports import Record, Target
from data_access.db.tables import AreaBoundaryRow, AreaRow
from data_access.domain.areas import SCHEMATIC_SOURCE, lineage
from data_access.ingest.imports.columns import Cells, Column, Flagged, Refused
from data_access.ingest.imports.kind import Kind
from data_access.ingest.imports.places import Place

_KM_PER_DEGREE: Final = 111.0


class Points(Kind):
    """Centres of areas. A point outside the imported outline above it is reported and left out."""

    name: ClassVar[str] = "points"
    about: ClassVar[str] = "centres of communities, by name or code (--area: only inside this area)"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("community", "Name or code of the area", "碧岭社区", required=True, also=("code", "name", "area")),
        Column("lng", "Longitude in degrees", "114.295663", required=True, also=("lng_bd09", "lng_gcj02", "lon")),
        Column("lat", "Latitude in degrees", "22.67342", required=True, also=("lat_bd09", "lat_gcj02")),
    )

    @property
    def target(self) -> Target:
        return Target(table=AreaRow.__table__, key="code")  # type: ignore[arg-type]

    def prepare(self, session: Session) -> None:
        rows = session.execute(
            select(AreaRow.path, AreaRow.name, AreaBoundaryRow.geometry, AreaBoundaryRow.source)
            .join(AreaBoundaryRow, AreaBoundaryRow.area_id == AreaRow.id)
            .where(AreaBoundaryRow.source != SCHEMATIC_SOURCE)
        )
        self._outlines: dict[str, tuple[str, BaseGeometry]] = {
            row.path: (row.name, shape(json.loads(row.geometry))) for row in rows
        }

    def record(self, cells: Cells) -> Record | None:
        wanted = cells.need("community")
        inside = self.scope.path if self.scope else ""
        place = self.places.by_code(wanted) or self.places.named(wanted, inside=inside)
        if place is None:
            raise Refused(f"there is no area {wanted}")
        lng, lat = self.point(cells)
        assert lng is not None  # noqa: S101  # required above
        assert lat is not None  # noqa: S101  # required above
        self._check(place, Point(lng, lat))
        return {"code": place.code, "lng": lng, "lat": lat}

    def _check(self, place: Place, point: Point) -> None:
        """The nearest outline that somebody drew, on the way up, must hold the point."""
        for up in reversed(lineage(place.path)):
            if up in self._outlines:
                name, outline = self._outlines[up]
                if not outline.covers(point):
                    away = outline.distance(point) * _KM_PER_DEGREE
                    raise Flagged(f"the point of {place.name} lies {away:.1f} km outside the outline of {name}")
                return
