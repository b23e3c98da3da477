"""Coordinates at the edge: GCJ-02 and BD-09 in, WGS-84 stored (= CGCS2000 at the accuracy that matters here)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from coordTransform import bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02

_CHINA: Final = (73.66, 135.05, 3.86, 53.55)
"""West, east, south, north of the box outside which the published formulas leave a point alone."""


class Crs(StrEnum):
    """What a file's coordinates are in."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(lng: float, lat: float, crs: Crs) -> tuple[float, float]:
    """Return (lng, lat) in WGS-84 degrees; points outside China come back unchanged.

    The published inverse formulas are off by a metre or so; stepping back by the error of the forward formula brings
    that below a millimetre.
    """
    if crs is Crs.WGS84 or outside_china(lng, lat):
        return lng, lat
    if crs is Crs.BD09:
        lng, lat = _invert(gcj02_to_bd09, bd09_to_gcj02(lng, lat), (lng, lat))
    return _invert(wgs84_to_gcj02, gcj02_to_wgs84(lng, lat), (lng, lat))


def from_wgs84(lng: float, lat: float, crs: Crs) -> tuple[float, float]:
    """Return (lng, lat) of a WGS-84 point in `crs`; points outside China come back unchanged."""
    if crs is Crs.WGS84 or outside_china(lng, lat):
        return lng, lat
    lng, lat = wgs84_to_gcj02(lng, lat)
    return gcj02_to_bd09(lng, lat) if crs is Crs.BD09 else (lng, lat)


def outside_china(lng: float, lat: float) -> bool:
    """Tell whether a point lies outside the box of the formulas, where nothing is shifted."""
    west, east, south, north = _CHINA
    return not (west <= lng <= east and south <= lat <= north)


def geometry_to_wgs84(coordinates: Any, crs: Crs) -> Any:
    """Return GeoJSON `coordinates` of any nesting, converted point by point."""
    if isinstance(coordinates[0], int | float):
        return list(to_wgs84(coordinates[0], coordinates[1], crs))
    return [geometry_to_wgs84(part, crs) for part in coordinates]


def _invert(
    forward: Callable[[float, float], tuple[float, float]], guess: tuple[float, float], target: tuple[float, float]
) -> tuple[float, float]:
    x, y = guess
    for _ in range(3):
        fx, fy = forward(x, y)
        x, y = x - (fx - target[0]), y - (fy - target[1])
    return x, y
