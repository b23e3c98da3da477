"""Fences (电子围栏): where a device that tells its position may be, and how far beyond it is. Rules only.

A fence is a polygon, or the boundary of an area: one that is named, or the device's own of a kind. Its `away_m` is 0
where it keeps to it, otherwise the metres to the nearest edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import cos, hypot, isfinite, radians
from typing import Any, Final, Literal

from data_access.domain.errors import InvalidInput

Point = tuple[float, float]
"""Longitude, latitude in degrees."""
Rings = Sequence[Sequence[Point]]
"""Outer and inner rings alike: what lies in an odd number of them is inside."""
OWN_AREAS: Final = ("grid", "community", "street")
"""Kinds of area of which the device's own may be meant."""
MOST_POINTS: Final = 200
WIDEST: Final = 1.0
"""Degrees that a fence may span, some hundred kilometres: wider is a slip."""
DEGREE_M: Final = 111_195.0  # of a great circle


class Keep(StrEnum):
    """Which side of the fence is allowed."""

    INSIDE = "inside"  # 走出即报
    OUTSIDE = "outside"  # 走入即报


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """Either `polygon`, its ring not closed, or `area`: the code of an area, or a kind of `OWN_AREAS`."""

    keep: Keep = Keep.INSIDE
    area: str | None = None
    polygon: tuple[Point, ...] | None = None


AskedFence = Fence | Literal["kept"] | None
"""What a change of a rule says of its fence: another one, that it stays, or that the device's own place counts."""


def fence_from_json(kept: Any) -> Fence | None:
    """The fence kept as `kept`; raise `InvalidInput` with a sentence for what can be none."""
    if kept is None:
        return None
    if not isinstance(kept, Mapping) or set(kept) - {"keep", "area", "polygon"}:
        raise InvalidInput("围栏写明 polygon 或 area，以及 keep。")
    keep, area, polygon = kept.get("keep", Keep.INSIDE), kept.get("area"), kept.get("polygon")
    if keep not in set(Keep):
        raise InvalidInput("围栏的 keep 是 inside（走出即报）或 outside（走入即报）。")
    if (area is None) == (polygon is None):
        raise InvalidInput("围栏要么是多边形，要么是一个区域的边界。")
    if polygon is not None:
        return Fence(keep=Keep(keep), polygon=_polygon(polygon))
    if not isinstance(area, str) or not 0 < len(area) <= 40:  # a code
        raise InvalidInput("围栏的区域是它的代码，或 grid、community、street。")
    return Fence(keep=Keep(keep), area=area)


def fence_to_json(fence: Fence) -> dict[str, Any]:
    """As it is kept in a rule."""
    if fence.polygon is None:
        return {"keep": fence.keep.value, "area": fence.area}
    return {"keep": fence.keep.value, "polygon": [list(point) for point in fence.polygon]}


def beyond(rings: Rings, keep: Keep, at: Point) -> float:
    """Metres that `at` lies on the wrong side of the fence; 0 on the right one."""
    lng, lat = at
    east = cos(radians(lat))
    inside, nearest = False, float("inf")
    for ring in rings:
        before = ring[-1]
        for point in ring:
            ax, ay = (before[0] - lng) * east, before[1] - lat
            bx, by = (point[0] - lng) * east, point[1] - lat
            if (ay > 0) != (by > 0) and ax + (bx - ax) * ay / (ay - by) > 0:
                inside = not inside
            dx, dy = bx - ax, by - ay
            length = dx * dx + dy * dy
            along = min(1.0, max(0.0, -(ax * dx + ay * dy) / length)) if length else 0.0
            nearest = min(nearest, hypot(ax + along * dx, ay + along * dy))
            before = point
    return 0.0 if inside is (keep is Keep.INSIDE) else nearest * DEGREE_M


def apart(home: Point, at: Point) -> float:
    """Metres from a device's own place."""
    return hypot((at[0] - home[0]) * cos(radians(home[1])), at[1] - home[1]) * DEGREE_M


def _polygon(given: Any) -> tuple[Point, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InvalidInput("多边形是一串经度、纬度。")
    points = [_point(one) for one in given[: MOST_POINTS + 2]]
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if not 3 <= len(points) <= MOST_POINTS or len(set(points)) < len(points):
        raise InvalidInput("多边形由 3 到 {n} 个不重复的点围成。", n=str(MOST_POINTS))
    lngs, lats = [lng for lng, _ in points], [lat for _, lat in points]
    if max(max(lngs) - min(lngs), max(lats) - min(lats)) > WIDEST:
        raise InvalidInput("多边形太大：经纬度跨度不超过 1 度。")
    if _crosses(points):
        raise InvalidInput("多边形的边互相交叉，或者没有面积，请按顺序给出各点。")
    return tuple(points)


def _point(given: Any) -> Point:
    if isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 2:  # longitude, latitude
        lng, lat = given
        numbers = all(type(n) in (int, float) and isfinite(n) for n in given)
        if numbers and -180 <= lng <= 180 and -90 <= lat <= 90:
            return float(lng), float(lat)
    raise InvalidInput("多边形的每个点是经度、纬度两个数（度，WGS-84）。")


def _crosses(points: Sequence[Point]) -> bool:
    """Whether two edges meet anywhere but at the corner they share, or all points lie on one line."""
    edges = list(zip(points, [*points[1:], points[0]], strict=True))
    if not any(_turn(points[0], points[1], point) for point in points[2:]):
        return True
    for i, (a, b) in enumerate(edges):
        for j in range(i + 1, len(edges)):
            c, d = edges[j]
            beside = j == i + 1 or (i == 0 and j == len(edges) - 1)
            if beside:
                shared, one, other = (b, a, d) if j == i + 1 else (a, b, c)
                if not _turn(one, shared, other) and _ahead(shared, one, other):
                    return True  # the next edge runs back along this one
            elif _meet(a, b, c, d):
                return True
    return False


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _ahead(corner: Point, one: Point, other: Point) -> bool:
    return (one[0] - corner[0]) * (other[0] - corner[0]) + (one[1] - corner[1]) * (other[1] - corner[1]) > 0


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    if max(a[0], b[0]) < min(c[0], d[0]) or max(c[0], d[0]) < min(a[0], b[0]):
        return False
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    return _turn(a, b, c) * _turn(a, b, d) <= 0 and _turn(c, d, a) * _turn(c, d, b) <= 0
