"""Draws schematic outlines (示意边界) where a deployment has a real outline above and none published below.

Around the points that are known; an area without one gets a place of its own among its neighbours. Drawn anew
whenever areas, outlines or points change, and never where somebody has imported a real one.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from redis import Redis
from shapely import MultiPolygon, Point, Polygon
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import AreaBoundaryRow, AreaRow, MetaRow
from data_access.demo.chance import Chance
from data_access.demo.geometry import STEPS_PER_DEGREE, Plot, lay_out, scatter
from data_access.demo.vendored import LUOHU
from data_access.domain.areas import SCHEMATIC_SOURCE
from data_access.live import reload

log = logging.getLogger(__name__)

_SEED: Final = 1
_CANDIDATES: Final = 400
_APART: Final = 0.008  # degrees: how far a made-up place keeps from the known ones, about 800 m


@dataclass(frozen=True, slots=True)
class _Node:
    id: int
    name: str
    code: str
    point: tuple[float, float] | None
    children: tuple[_Node, ...]


def fill_gaps(database: Database, redis: Redis) -> list[str]:
    """Draw what is missing; return sentences for the report, about areas whose outlines changed alone."""
    notes: list[str] = []
    with database.reading() as session:
        seeded = session.get(MetaRow, "demo") is not None
        tops = [found for found in _tops(session) if not (seeded and found[0].code == LUOHU)]  # drawn by the seed
    drawn: dict[int, str] = {}
    inside: dict[str, set[int]] = {}
    for node, outline in tops:
        try:
            shapes = _draw(node, outline)
        except (RuntimeError, ValueError, shapely.errors.ShapelyError) as error:
            log.warning("schematic outlines inside %s could not be drawn: %s", node.code, error)
            notes.append(f"The areas inside {node.name} could not be drawn: import their outlines.")
        else:
            drawn |= shapes
            inside[node.name] = set(shapes)
    if drawn:
        with database.writing() as session:
            changed = _save(session, drawn)
            version = reload.bump(session) if changed else 0
        if changed:
            reload.announce(redis, version)
        notes += [
            f"The areas inside {name} are drawn schematically (示意边界) until outlines are imported."
            for name, ids in inside.items()
            if ids & changed
        ]
    return notes


def _tops(session: Session) -> list[tuple[_Node, BaseGeometry]]:
    """Areas with an outline of their own whose children have none but ours."""
    areas = session.scalars(select(AreaRow).order_by(AreaRow.path)).all()
    below: defaultdict[int | None, list[AreaRow]] = defaultdict(list)
    for area in areas:
        below[area.parent_id].append(area)
    found = session.execute(
        select(AreaBoundaryRow.area_id, AreaBoundaryRow.geometry).where(AreaBoundaryRow.source != SCHEMATIC_SOURCE)
    )
    real = {row.area_id: row.geometry for row in found}

    def node(area: AreaRow) -> _Node:
        point = (area.lng, area.lat) if area.lng is not None and area.lat is not None else None
        return _Node(area.id, area.name, area.code, point, tuple(node(child) for child in below[area.id]))

    return [
        (node(area), shape(json.loads(real[area.id])))
        for area in areas
        if area.id in real and below[area.id] and not any(child.id in real for child in below[area.id])
    ]


def _draw(top: _Node, outline: BaseGeometry) -> dict[int, str]:
    """The outlines of `top` and everything below it, as GeoJSON by area id.

    That of `top` moves by a decimetre where a border meets it, so that its children tile it exactly.
    """
    parts = sorted(shapely.get_parts(outline), key=lambda part: -part.area)
    shapes: dict[str, BaseGeometry] = {**lay_out(_plot(top, parts[0]), parts[0], _SEED)}
    for island in parts[1:]:
        for generation in [[top], *_generations(top)]:
            nearest = min(generation, key=lambda n: shapes[str(n.id)].distance(island))
            shapes[str(nearest.id)] = MultiPolygon(
                [part for s in (shapes[str(nearest.id)], island) for part in shapely.get_parts(s)]
            )
    return {int(key): json.dumps(mapping(polygon), separators=(",", ":")) for key, polygon in shapes.items()}


def _generations(top: _Node) -> list[list[_Node]]:
    """The levels below `top`, nearest first."""
    found = []
    level = list(top.children)
    while level:
        found.append(level)
        level = [child for node in level for child in node.children]
    return found


def _plot(top: _Node, outline: Polygon) -> Plot:
    """The tree with a place for every leaf: its point, or one made up near its neighbours and away from all others."""
    places: dict[int, tuple[float, float]] = {}
    for leaf in _leaves(top):
        if leaf.point is not None and outline.contains(Point(leaf.point)):
            places[leaf.id] = leaf.point
    if not places:
        return _bare(top)
    lattice = shapely.transform(outline, lambda xy: xy * STEPS_PER_DEGREE)
    spots = scatter(lattice, _CANDIDATES, Chance(_SEED, "places", top.code)) / STEPS_PER_DEGREE
    for parent in _parents(top):
        known = [places[leaf.id] for leaf in _leaves(parent) if leaf.id in places]
        for leaf in _leaves(parent):
            if leaf.id not in places:
                places[leaf.id] = _between(spots, known, list(places.values()))
                known.append(places[leaf.id])
    return _anchored(top, places)


def _between(
    spots: np.ndarray, near: list[tuple[float, float]], away: list[tuple[float, float]]
) -> tuple[float, float]:
    """Of `spots` the one nearest to `near` that keeps apart from `away`; far from everything where `near` is empty."""
    gaps = np.hypot(*(spots[:, None, :] - np.array(away)[None, :, :]).transpose(2, 0, 1)).min(axis=1)
    if near:
        centre = np.mean(np.array(near), axis=0)
        distance = np.hypot(*(spots - centre).T)
        best = int(np.argmin(np.where(gaps >= _APART, distance, distance + 1.0)))
    else:
        best = int(np.argmax(gaps))
    return float(spots[best, 0]), float(spots[best, 1])


def _parents(top: _Node) -> list[_Node]:
    """The nodes just above leaves, those with most known points first so that the others find room around them."""
    found = [top] if any(not child.children for child in top.children) else []
    for child in top.children:
        if child.children:
            found += _parents(child)
    return sorted(found, key=lambda node: -sum(leaf.point is not None for leaf in _leaves(node)))


def _leaves(node: _Node) -> list[_Node]:
    return [leaf for child in node.children for leaf in _leaves(child)] if node.children else [node]


def _anchored(node: _Node, places: dict[int, tuple[float, float]]) -> Plot:
    anchors = tuple(places[leaf.id] for leaf in _leaves(node))
    return Plot(str(node.id), tuple(_anchored(child, places) for child in node.children), anchors)


def _bare(node: _Node) -> Plot:
    return Plot(str(node.id), tuple(_bare(child) for child in node.children))


def _save(session: Session, drawn: dict[int, str]) -> set[int]:
    """Write the outlines that differ; return the ids of their areas."""
    known = {
        row.area_id: row for row in session.scalars(select(AreaBoundaryRow).where(AreaBoundaryRow.area_id.in_(drawn)))
    }
    changed: set[int] = set()
    for area_id, geometry in drawn.items():
        row = known.get(area_id)
        if row is None:
            session.add(AreaBoundaryRow(area_id=area_id, geometry=geometry, schematic=True, source=SCHEMATIC_SOURCE))
            changed.add(area_id)
        elif row.schematic and row.geometry != geometry:
            row.geometry = geometry
            changed.add(area_id)
    return changed
