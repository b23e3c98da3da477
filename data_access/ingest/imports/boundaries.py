"""Boundaries (边界) from GeoJSON: bare geometries with --area, or features that carry the code or name of their area.

Every outline is labelled 示意边界 on the screens unless the file is said to hold official ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from redis import Redis
from shapely import MultiPolygon, Polygon, make_valid
from shapely.errors import ShapelyError
from shapely.geometry import mapping as as_geojson
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from data_access.commands.imports import finished, started
from data_access.db.tables import AreaBoundaryRow, AreaRow
from data_access.domain.errors import InvalidInput
from data_access.ingest.crs import Crs, geometry_to_wgs84
from data_access.ingest.imports.columns import Column, Refused
from data_access.ingest.imports.kind import Context
from data_access.ingest.imports.places import Place, Places
from data_access.ingest.imports.runner import Progress, Refusal, Report
from data_access.live import reload

NAME: Final = "boundaries"
ABOUT: Final = "outlines from GeoJSON: a bare geometry (--area CODE) or features with a code"
COLUMNS: Final = (
    Column("code", "Property of each feature: code of its area (also adcode); a bare geometry needs --area", "440310"),
    Column("name", "Property used where there is no code", "坪山区"),
    Column("geometry", "Polygon or MultiPolygon, in the coordinates named by --crs", "", required=True),
)

_SAME: Final = 2e-6
"""Degrees (0.2 m): outlines no further apart are the same; drawing areas inside one bends it by less."""


def run(
    context: Context,
    path: Path,
    *,
    redis: Redis,
    mapping: dict[str, str] | None = None,
    skip_bad: bool = False,
    progress: Progress = lambda *_: None,
) -> Report:
    """Import the outlines at `path`; a feature's number stands for its line. Raises `InvalidInput` for no GeoJSON."""
    names = {ours: theirs for theirs, ours in (mapping or {}).items()}
    report = Report(NAME, path, header=("code", "name"))
    features = _features(path)
    database = context.database
    with database.reading() as session:
        places = Places(session)
    outlines: dict[int, tuple[Place, BaseGeometry]] = {}
    for number, feature in enumerate(features, 1):
        properties = feature.get("properties") or {}
        code = properties.get(names.get("code", "code")) or properties.get("adcode")
        name = properties.get(names.get("name", "name"))
        try:
            place = _place(places, context.area if len(features) == 1 else None, code, name)
            if place.id in outlines:
                raise Refused(f"{place.name} already has an outline in this file")  # noqa: TRY301  # a reason like the others
            outlines[place.id] = place, _outline(feature.get("geometry"), context.crs, report)
        except Refused as reason:
            report.refusals.append(Refusal(number, str(reason), (str(code or ""), str(name or ""))))
        progress("reading", number, len(features))
    if report.refusals and not skip_bad:
        return report
    run_id = started(database, NAME, path.name, context.now)
    schematic = context.options.get("official") != "yes"
    with database.writing() as session:
        for place, outline in outlines.values():
            _save(session, place, outline, schematic=schematic, report=report, source=path.name)
    progress("writing", len(outlines), len(outlines))
    version = finished(database, run_id, report.tally, len(report.refusals), source=None, now=context.now)
    reload.announce(redis, version)
    report.written = True
    return report


def _features(path: Path) -> list[Mapping[str, Any]]:
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.")
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
        match found["type"]:
            case "FeatureCollection":
                return list(found["features"])
            case "Feature":
                return [found]
            case "Polygon" | "MultiPolygon":
                return [{"geometry": found}]
            case other:
                raise InvalidInput(f"{path.name} holds a {other}; outlines are Polygons or MultiPolygons.")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{path.name} is not GeoJSON.") from error


def _place(places: Places, only: str | None, code: object, name: object) -> Place:
    if only is not None:
        return places.need(only)
    if code is not None:
        return places.need(str(code))
    if name is None:
        raise Refused("it has neither a code nor a name; say whose it is with --area")
    found = places.named(str(name))
    if found is None:
        raise Refused(f"there is no area called {name}")
    return found


def _outline(geometry: Any, crs: Crs, report: Report) -> BaseGeometry:
    try:
        converted = {"type": geometry["type"], "coordinates": geometry_to_wgs84(geometry["coordinates"], crs)}
        found = shape(converted)
    except (KeyError, TypeError, IndexError, ValueError, ShapelyError) as error:
        raise Refused("its geometry cannot be read") from error
    if not found.is_valid:
        found = make_valid(found)
        report.notes.append("An outline crossed itself and was mended.")
    polygons = [p for p in getattr(found, "geoms", [found]) if isinstance(p, Polygon) and not p.is_empty]
    if not polygons:
        raise Refused("its geometry is no Polygon or MultiPolygon")
    west, south, east, north = found.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Refused("its coordinates are not degrees of longitude and latitude")
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _save(
    session: Session, place: Place, outline: BaseGeometry, *, schematic: bool, report: Report, source: str
) -> None:
    text = json.dumps(_rounded(as_geojson(outline)), separators=(",", ":"))
    row = session.get(AreaBoundaryRow, place.id)
    if row is None:
        session.add(AreaBoundaryRow(area_id=place.id, geometry=text, schematic=schematic, source=source[:200]))
        report.tally.added += 1
    elif row.schematic == schematic and shape(json.loads(row.geometry)).hausdorff_distance(outline) < _SAME:
        report.tally.unchanged += 1
    else:
        row.geometry, row.schematic, row.source = text, schematic, source[:200]
        report.tally.updated += 1
    area = session.get_one(AreaRow, place.id)
    if area.lng is None:
        middle = outline.representative_point()
        area.lng, area.lat = round(middle.x, 6), round(middle.y, 6)


def _rounded(value: Any) -> Any:
    """Six decimals, a decimetre: the lattice that schematic outlines are drawn on, so that they meet this one."""
    match value:
        case float():
            return round(value, 6)
        case dict():
            return {key: _rounded(part) for key, part in value.items()}
        case list() | tuple():
            return [_rounded(part) for part in value]
        case _:
            return value
