"""The fences of devices as rings: polygons as they are kept, areas by their boundaries; how far from them one was."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data_access.db import readings
from data_access.db.tables import AreaBoundaryRow, AreaRow, MetricRow
from data_access.domain.areas import lineage, within
from data_access.domain.errors import InvalidInput
from data_access.domain.fences import OWN_AREAS, Fence, Keep, Point, Rings, apart, beyond

log = logging.getLogger(__name__)

Drawn = tuple[Keep, Rings]
_DEPTHS: Final = 1_000  # paths asked for in one go


@dataclass(frozen=True, slots=True)
class Kept:
    """A device that tells its position: the place it is of."""

    id: int
    area: str  # path
    home: Point


def check(session: Session, fence: Fence | None, scope: str) -> None:
    """Raise `InvalidInput` where `fence` is an area that nobody of `scope` can draw."""
    if fence is None or fence.area is None or fence.area in OWN_AREAS:
        return
    asked = select(AreaRow.path).join(AreaBoundaryRow, AreaBoundaryRow.area_id == AreaRow.id)
    path = session.scalar(asked.where(AreaRow.code == fence.area))
    if path is None or not within(path, scope):
        raise InvalidInput("没有这个区域，或者它没有边界，或者不在您的权限范围内。")


def positions(
    session: Session, devices: Sequence[Kept], since: datetime, until: datetime
) -> dict[int, list[tuple[int, Point]]]:
    """By device the positions that raw readings tell, in their order; 0, 0 is what a watch says that has found none."""
    asked = session.execute(select(MetricRow.key, MetricRow.id).where(MetricRow.key.in_(("lng", "lat"))))
    ids = {row.key: row.id for row in asked}
    if len(ids) < 2:  # longitude, latitude
        return {}
    told = [
        readings.histories(session.connection(), [one.id for one in devices], ids[key], since, until)
        for key in ("lng", "lat")
    ]
    found: dict[int, list[tuple[int, Point]]] = {}
    for device, lngs in told[0].items():
        lats = dict(told[1].get(device, ()))
        found[device] = [(at, (lng, lats[at])) for at, lng in lngs if at in lats and (lng or lats[at])]
    return found


def distances(
    session: Session, devices: Sequence[Kept], fence: Fence | None, told: Mapping[int, Sequence[tuple[int, Point]]]
) -> dict[int, list[tuple[int, float]]]:
    """By device the `away_m` that the positions `told` are of `fence`, as ingest works it out of live ones."""
    rings = drawn(session, dict.fromkeys(range(len(devices)), fence), [d.area for d in devices]) if fence else {}
    found: dict[int, list[tuple[int, float]]] = {}
    for i, device in enumerate(devices):
        keep, ring = rings.get(i, (Keep.INSIDE, None))
        found[device.id] = [
            (at, float(round(apart(device.home, point) if ring is None else beyond(ring, keep, point))))
            for at, point in told.get(device.id, ())
        ]
    return found


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
