"""The fences of devices as rings: polygons as they are kept, areas by their boundaries."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaBoundaryRow, AreaRow
from data_access.domain.areas import lineage
from data_access.domain.fences import OWN_AREAS, Fence, Keep, Rings

log = logging.getLogger(__name__)

Drawn = tuple[Keep, Rings]
_DEPTHS: Final = 1_000  # paths asked for in one go


def drawn(session: Session, fences: Mapping[int, Fence], paths: Sequence[str]) -> dict[int, Drawn]:
    """By device index. An area without a boundary leaves its devices the circle around their own place, and says so."""
    areas = {i: fence for i, fence in fences.items() if fence.area is not None}
    codes = {fence.area for fence in areas.values()} - set(OWN_AREAS)
    own = {up for i, fence in areas.items() if fence.area in OWN_AREAS for up in lineage(paths[i])}
    by_code, by_path = _boundaries(session, codes, own)
    found: dict[int, Drawn] = {}
    for i, fence in fences.items():
        if fence.polygon is not None:
            found[i] = fence.keep, (fence.polygon,)
            continue
        above = (by_path.get((up, fence.area)) for up in reversed(lineage(paths[i])))
        rings = by_code.get(fence.area) or next((rings for rings in above if rings), None)
        if rings is None:
            log.error("the fence %s of the device at %s has no boundary: its own place counts", fence.area, paths[i])
        else:
            found[i] = fence.keep, rings
    return found


def _boundaries(
    session: Session, codes: set[str | None], paths: set[str]
) -> tuple[dict[str | None, Rings], dict[tuple[str, str | None], Rings]]:
    by_code: dict[str | None, Rings] = {}
    by_path: dict[tuple[str, str | None], Rings] = {}
    wanted = sorted(paths)
    for start in range(0, max(len(wanted), 1 if codes else 0), _DEPTHS):
        rows = session.execute(
            select(AreaRow.code, AreaRow.path, AreaRow.kind, AreaBoundaryRow.geometry)
            .join(AreaBoundaryRow, AreaBoundaryRow.area_id == AreaRow.id)
            .where(or_(AreaRow.code.in_(codes), AreaRow.path.in_(wanted[start : start + _DEPTHS])))
        )
        for code, path, kind, geometry in rows:
            if rings := _rings(json.loads(geometry)):
                by_code[code] = by_path[path, kind] = rings
    return by_code, by_path


def _rings(geometry: Any) -> Rings:
    """All rings of a Polygon or MultiPolygon; none of what is neither."""
    if geometry["type"] == "Polygon":
        polygons = [geometry["coordinates"]]
    elif geometry["type"] == "MultiPolygon":
        polygons = geometry["coordinates"]
    else:
        return ()
    return [[(float(p[0]), float(p[1])) for p in ring] for polygon in polygons for ring in polygon if ring]
