"""Schematic areas: streets in the district's outline, communities in streets, grids in communities, without a seam.

No outline of a street or community is published, so we draw some that look like a city and call them 示意边界. All
borders of all levels are laid down first; then the whole linework is snapped to one lattice of a millionth of a
degree (about 0.1 m) and noded in a single step, and the faces between the lines are shared out to the smallest areas.
Every larger area is the union of faces of its children. So neighbours share their vertices, children tile their
parent exactly, and nothing depends on how an intersection was rounded.

Inside this module one unit is one step of the lattice; x is degrees east, y degrees north, both times a million.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import LineString, MultiPoint, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from data_access.demo.chance import Chance, Floats

STEPS_PER_DEGREE = 1_000_000
_SQUASH = 0.923  # a degree of longitude against one of latitude, in Shenzhen
_WIGGLE = 0.09  # how far the middle of a border wanders, as a share of its length
_SHORTEST = 500.0  # a border piece shorter than this (about 50 m) stays straight
_OVERSHOOT = 80.0  # a border is drawn this far past the parent's and cut there after it has wandered
_SAMPLES = 70  # points a child to find its centre with


class _NoRoomError(Exception):
    """A child would get nothing, or something in pieces."""


@dataclass(frozen=True, slots=True)
class Plot:
    """An area to be laid out: its children, and optionally anchors (lng, lat) around which each child lies.

    With anchors of its own a child goes where they say; children without are spread evenly over the parent.
    """

    key: str
    children: tuple[Plot, ...] = ()
    anchors: tuple[tuple[float, float], ...] = field(default=())


def lay_out(root: Plot, outline: Polygon, seed: int) -> dict[str, Polygon]:
    """Return the polygon (in degrees) of `root` and of everything below it, by key.

    `outline` is the root's, in degrees. Levels tile exactly: each polygon is the union of its children's.
    """
    whole = shapely.transform(outline, lambda xy: xy * STEPS_PER_DEGREE)
    leaves: dict[str, Polygon] = {}
    _divide(root, whole, seed, leaves)
    tiles = _share_faces(leaves)
    found: dict[str, Polygon] = {}
    _gather(root, tiles, found)
    return {key: _in_degrees(polygon) for key, polygon in found.items()}


def _divide(plot: Plot, region: Polygon, seed: int, leaves: dict[str, Polygon]) -> None:
    """Cut `region` into the children of `plot`, these into theirs; note where the leaves lie, roughly."""
    if len(plot.children) < 2:
        for child in plot.children:
            _divide(child, region, seed, leaves)
        if not plot.children:
            leaves[plot.key] = region
        return
    chance = Chance(seed, "borders", plot.key)
    sites, owners = _sites(plot, region, chance)
    cells = _cells(sites, owners, region)
    for child, part in zip(plot.children, _cut(region, cells, chance), strict=True):
        _divide(child, part, seed, leaves)


def _sites(plot: Plot, region: Polygon, chance: Chance) -> tuple[Floats, list[int]]:
    """The points around which the children lie, and which child each belongs to."""
    if plot.children[0].anchors:
        placed = [(x, y, n) for n, child in enumerate(plot.children) for x, y in child.anchors]
        return np.array([(x, y) for x, y, _ in placed]) * STEPS_PER_DEGREE, [n for _, _, n in placed]
    count = len(plot.children)
    return spread(region, count, chance), list(range(count))


def spread(region: Polygon, count: int, chance: Chance, samples: int = _SAMPLES) -> Floats:
    """`count` points spread evenly over `region` (centres of gravity, by Lloyd's method), west to east in bands."""
    points = scatter(region, samples * count, chance)
    scale = np.array([_SQUASH, 1.0])
    flat = points * scale
    centres = flat[chance.sample(len(flat), count)]
    for _ in range(8):
        nearest = ((flat[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
        sizes = np.maximum(np.bincount(nearest, minlength=count), 1)[:, None]
        sums = np.stack([np.bincount(nearest, weights=flat[:, d], minlength=count) for d in (0, 1)], axis=1)
        centres = np.where(np.bincount(nearest, minlength=count)[:, None] > 0, sums / sizes, centres)
    bands = max(1, round(count**0.5))
    band = np.argsort(np.argsort(-centres[:, 1], kind="stable"), kind="stable") * bands // count
    order: Floats = (centres / scale)[np.lexsort((centres[:, 0], band))]
    return order


def scatter(region: Polygon, count: int, chance: Chance) -> Floats:
    """At least `count` points inside `region`, evenly but not in rows (a jittered lattice)."""
    west, south, east, north = region.bounds
    share = max(region.area / ((east - west) * (north - south)), 0.05)
    while True:
        columns = int(np.ceil((count * 1.3 / share) ** 0.5)) + 1
        column, row = (axis.ravel() for axis in np.meshgrid(np.arange(columns), np.arange(columns)))
        x = west + (column + chance.uniform(len(column))) * ((east - west) / columns)
        y = south + (row + chance.uniform(len(row))) * ((north - south) / columns)
        inside = shapely.contains_xy(region, x, y)
        if int(inside.sum()) >= count:
            return np.stack([x[inside], y[inside]], axis=1)
        share *= 0.7


def _cells(sites: Floats, owners: Sequence[int], region: Polygon) -> list[BaseGeometry]:
    """What lies nearest to each child's sites, in the children's order; covers `region` and more."""
    squash = np.array([_SQUASH, 1.0])
    frame = shapely.transform(shapely.box(*region.buffer(10 * _OVERSHOOT).bounds), lambda xy: xy * squash)
    raw = shapely.voronoi_polygons(MultiPoint(sites * squash), extend_to=frame, ordered=True).geoms
    of_child = defaultdict(list)
    for cell, owner in zip(raw, owners, strict=True):
        of_child[owner].append(shapely.transform(cell, lambda xy: xy / squash))
    return [shapely.union_all(of_child[owner]) for owner in sorted(of_child)]


def _cut(region: Polygon, cells: list[BaseGeometry], chance: Chance) -> list[Polygon]:
    """Cut `region` along wandering borders; where one cuts a child off in a narrow place, they wander less."""
    for wiggle in (_WIGGLE, _WIGGLE / 2, _WIGGLE / 4):
        try:
            return _parts(region, _borders(cells, region, wiggle, chance), cells)
        except _NoRoomError:
            continue
    return _parts(region, _borders(cells, region, 0.0, chance), cells)


def _borders(cells: list[BaseGeometry], region: Polygon, wiggle: float, chance: Chance) -> list[LineString]:
    """The wandering lines between the children's cells, clipped to `region`."""
    straight = shapely.intersection(shapely.union_all([cell.boundary for cell in cells]), region.buffer(_OVERSHOOT))
    edges = [e for e in shapely.get_parts(shapely.line_merge(straight)) if isinstance(e, LineString)]
    clipped = shapely.get_parts(shapely.intersection([_wander(edge, wiggle, chance) for edge in edges], region))
    return [line for line in clipped if isinstance(line, LineString) and line.length > 0]


def _wander(line: LineString, wiggle: float, chance: Chance) -> LineString:
    """`line` with the middles of its pieces pushed aside, again and again; its ends stay."""
    points = shapely.get_coordinates(line)
    while len(points) > 1:
        steps = np.diff(points, axis=0)
        lengths = np.hypot(steps[:, 0], steps[:, 1])
        if lengths.max() < _SHORTEST:
            break
        push = chance.bell(len(steps), 0.0, wiggle) * (lengths >= _SHORTEST)
        middles = points[:-1] + steps / 2 + np.stack([-steps[:, 1], steps[:, 0]], axis=1) * push[:, None]
        points = np.concatenate([np.stack([points[:-1], middles], axis=1).reshape(-1, 2), points[-1:]])
        keep = np.ones(len(points), dtype=bool)
        keep[1:-1:2] = lengths >= _SHORTEST
        points = points[keep]
        wiggle *= 0.8
    return LineString(points)


def _parts(region: Polygon, borders: list[LineString], cells: list[BaseGeometry]) -> list[Polygon]:
    """Cut `region` along `borders`; one connected part a child, in their order."""
    noded = shapely.union_all([region.boundary, *borders], grid_size=1.0)
    faces = [f for f in shapely.get_parts(shapely.polygonize([noded])) if region.contains(f.representative_point())]
    overlaps = np.array([shapely.area(shapely.intersection(face, cells)) for face in faces])
    merged = _join_strays(faces, overlaps.argmax(axis=1).tolist(), range(len(cells)))
    return [merged[n] for n in range(len(cells))]


def _share_faces(leaves: Mapping[str, Polygon]) -> dict[str, Polygon]:
    """Node the borders of all leaves on the lattice in one step; give each face to the leaf that it lies in.

    Before this, two neighbours may disagree by a step where a third one's border meets theirs; after it they cannot.
    A sliver that belongs to none goes to the nearest.
    """
    keys = list(leaves)
    noded = shapely.union_all([leaf.boundary for leaf in leaves.values()], grid_size=1.0)
    faces = list(shapely.get_parts(shapely.polygonize([noded])))
    spots = [face.representative_point() for face in faces]
    tree = STRtree([leaves[key] for key in keys])
    nearest = tree.query_nearest(spots, all_matches=False)
    owner = dict(zip(nearest[0].tolist(), nearest[1].tolist(), strict=True))
    merged = _join_strays(faces, [owner[n] for n in range(len(faces))], range(len(keys)))
    return {key: merged[n] for n, key in enumerate(keys)}


def _join_strays(faces: list[Polygon], owners: list[int], wanted: Sequence[int]) -> dict[int, Polygon]:
    """One connected polygon an owner: pieces cut off from an owner's largest go to the neighbour they touch most."""
    pieces: list[tuple[int, Polygon]] = []
    for owner in wanted:
        own = [face for face, whose in zip(faces, owners, strict=True) if whose == owner]
        if not own:
            raise _NoRoomError(f"no room for child {owner}")
        pieces += [(owner, part) for part in shapely.get_parts(shapely.coverage_union_all(own))]
    mains: dict[int, Polygon] = {}
    strays: list[Polygon] = []
    for owner, part in sorted(pieces, key=lambda piece: -piece[1].area):
        if owner in mains:
            strays.append(part)
        else:
            mains[owner] = part
    while strays:
        left: list[Polygon] = []
        for stray in strays:
            touching = {owner: stray.boundary.intersection(main.boundary).length for owner, main in mains.items()}
            best = max(touching, key=lambda owner: touching[owner])
            if touching[best] > 0:
                mains[best] = _union([mains[best], stray])
            else:
                left.append(stray)
        if len(left) == len(strays):
            raise _NoRoomError("a piece of the area touches nothing else")
        strays = left
    return mains


def _gather(plot: Plot, tiles: Mapping[str, Polygon], found: dict[str, Polygon]) -> Polygon:
    """The polygon of `plot` as the exact union of its leaves."""
    polygon = _union([_gather(child, tiles, found) for child in plot.children]) if plot.children else tiles[plot.key]
    found[plot.key] = polygon
    return polygon


def _union(parts: Sequence[Polygon]) -> Polygon:
    """The union of polygons that share their vertices exactly; raise `_NoRoomError` when it is not of one piece."""
    whole = shapely.get_parts(shapely.coverage_union_all(list(parts)))
    if len(whole) != 1:
        raise _NoRoomError("an area fell into pieces")
    found: Polygon = whole[0]
    return found


def _in_degrees(polygon: Polygon) -> Polygon:
    """Lattice steps to degrees: every shared vertex becomes the same pair of floats."""
    return shapely.transform(polygon, lambda xy: np.round(np.round(xy) / STEPS_PER_DEGREE, 6))
