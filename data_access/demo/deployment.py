"""The areas of the reference deployment at a scale: codes, paths, ids, names and polygons, and their rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import shapely

from data_access.demo.frame import Area, Columns, Community, Numbers
from data_access.demo.geometry import Plot, lay_out
from data_access.demo.plan import ANCHORS, CUIZHU, SHUIBEI, CommunityPlan, communities
from data_access.demo.vendored import LUOHU, OUTLINE_SOURCE, names_en, official_areas, outline
from data_access.domain.areas import PATH_STEP, AreaKind, child_path
from data_access.settings import Scale

SCHEMATIC_SOURCE: Final = "schematic, drawn by Yiping inside the district's outline"


def planned(scale: Scale, seed: int) -> tuple[CommunityPlan, ...]:
    """The communities that `scale` seeds in full."""
    everything = communities(seed)
    match scale:
        case Scale.COMMUNITY:
            return tuple(c for c in everything if c.code == SHUIBEI)
        case Scale.STREET:
            return tuple(c for c in everything if c.street == CUIZHU)
        case _:
            return everything


def areas(plans: Sequence[CommunityPlan], seed: int, numbers: Numbers, parent: Area | None = None) -> tuple[Area, ...]:
    """The district and what of it `plans` asks for, in path order.

    Polygons do not depend on the scale: streets are always drawn all ten, communities all of a street.
    """
    polygons = lay_out(plot(plans, seed), outline(LUOHU), seed)
    wanted = {p.code for p in plans} | {p.street for p in plans} | {LUOHU}
    names = {a.code: a.name for a in official_areas(LUOHU)}
    kinds = {6: AreaKind.DISTRICT, 9: AreaKind.STREET, 12: AreaKind.COMMUNITY, 15: AreaKind.GRID}
    found: dict[str, Area] = {}
    ordinals: dict[str, int] = {}
    for code in sorted(polygons):
        above = found.get(_above(code)) if code != LUOHU else parent
        if len(code) < 15 and code not in wanted:
            ordinals[_above(code)] = ordinals.get(_above(code), -1) + 1  # paths do not depend on the scale either
            continue
        if above is None and code != LUOHU:
            continue
        ordinal = ordinals[_above(code)] = ordinals.get(_above(code), -1) + 1
        found[code] = Area(
            id=int(numbers.take("areas", 1)[0]),
            code=code,
            path=child_path(above.path if above else "", ordinal),
            name=names.get(code) or f"第{int(code[-3:]):02d}网格",
            kind=kinds[len(code)],
            parent=above.code if above else None,
            polygon=polygons[code],
        )
    return tuple(sorted(found.values(), key=lambda area: area.path))


def community_of(
    plan: CommunityPlan, known: Sequence[Area], *, seed: int, epoch: datetime, numbers: Numbers
) -> Community:
    """What the builders need to know of one community."""
    by_code = {area.code: area for area in known}
    return Community(
        plan=plan,
        seed=seed,
        epoch=epoch,
        area=by_code[plan.code],
        street=by_code[plan.street],
        grids=tuple(area for area in known if area.parent == plan.code),
        numbers=numbers,
    )


def area_rows(known: Sequence[Area], full_names: dict[str, str]) -> Columns:
    """Rows of `areas`."""
    ids = {area.code: area.id for area in known}
    centres = [area.polygon.representative_point() for area in known]
    official = {a.code for a in official_areas(LUOHU)}
    return {
        "id": [area.id for area in known],
        "code": [area.code for area in known],
        "official_code": [area.code if area.code in official else None for area in known],
        "name": [area.name for area in known],
        "name_en": [_english(area) for area in known],
        "aliases": [_json([full_names[area.code]] if area.code in full_names else []) for area in known],
        "kind": [str(area.kind) for area in known],
        "parent_id": [ids[area.parent] if area.parent else None for area in known],
        "path": [area.path for area in known],
        "depth": [len(area.path) // PATH_STEP for area in known],
        "lng": [round(point.x, 6) for point in centres],
        "lat": [round(point.y, 6) for point in centres],
    }


def boundary_rows(known: Sequence[Area]) -> Columns:
    """Rows of `area_boundaries`; every one is schematic, the district's too (its source is no survey)."""
    return {
        "area_id": [area.id for area in known],
        "geometry": [shapely.to_geojson(area.polygon) for area in known],
        "schematic": [1] * len(known),
        "source": [OUTLINE_SOURCE if area.code == LUOHU else SCHEMATIC_SOURCE for area in known],
    }


def plot(plans: Sequence[CommunityPlan], seed: int) -> Plot:
    """All streets; the communities of streets that are wanted; the grids of communities that are."""
    grids = {p.code: p.grids for p in plans}
    streets = {p.street for p in plans}
    everything = communities(seed)

    def community(code: str) -> Plot:
        return Plot(code, tuple(Plot(f"{code}{n:03d}") for n in range(1, grids.get(code, 0) + 1)))

    def street(code: str) -> Plot:
        below = [community(p.code) for p in everything if p.street == code] if code in streets else []
        return Plot(code, tuple(below), ANCHORS[code])

    return Plot(LUOHU, tuple(street(code) for code in sorted(ANCHORS)))


def _english(area: Area) -> str | None:
    return f"Grid {int(area.code[-3:]):02d}" if area.kind == AreaKind.GRID else names_en().get(area.code)


def _above(code: str) -> str:
    return code[:-3]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
