"""Buildings and the dwellings in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from shapely import Polygon

from data_access.demo.chance import Chance, Floats, Ints, choose, share_out
from data_access.demo.frame import Columns, Community, texts
from data_access.demo.geometry import scatter
from data_access.demo.names import estate_names, padded, roads

KINDS: Final = ("residential", "urban_village", "commercial", "industrial", "public")
_KIND_WEIGHTS: Final = (0.62, 0.2, 0.1, 0.03, 0.05)
_HOMES: Final = 2  # kinds below this number hold dwellings
_ESTATES: Final = 18
_FURTHER_NAMES: Final = {2: "商务大厦", 3: "工业园", 4: "服务中心"}
_GRADES: Final = ("light", "watched", "strict", "banned")
_GRADE_WEIGHTS: Final = (186_204, 34_911, 8_926, 1_429)
_RENTED: Final = (0.545, 0.92)  # share of occupied dwellings, by kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildings:
    """The buildings of a community, in path order."""

    rows: Columns
    ids: Ints
    codes: tuple[str, ...]
    names: tuple[str, ...]
    estates: tuple[str, ...]
    kinds: Ints
    grid: Ints  # index of each one's grid
    lng: Floats
    lat: Floats
    floors: Ints
    dwellings: Ints  # how many in each
    per_floor: Ints
    units: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwellings:
    """The dwellings of a community, in path order; `occupied` ones hold a household."""

    rows: Columns
    ids: Ints
    grid: Ints
    building: Ints  # index into Buildings
    occupied: np.ndarray[tuple[int], np.dtype[np.bool_]]
    use: Ints  # 0 owner, 1 rented, 2 vacant
    grade: Ints  # index of the grade, -1 where not rented


def grid_households(community: Community) -> Ints:
    """How many households each grid has: much the same, never more than the limit."""
    chance = Chance(community.seed, "grids", community.plan.code)
    return share_out(community.plan.households, chance.uniform(len(community.grids), 0.93, 1.07))


def buildings(community: Community) -> Buildings:
    """The community's buildings, each in a grid, none in a neighbour's."""
    plan, chance = community.plan, Chance(community.seed, "buildings", community.plan.code)
    in_grid = share_out(plan.buildings, chance.uniform(len(community.grids), 0.8, 1.2))
    grid = np.repeat(np.arange(len(community.grids)), in_grid)
    kinds = chance.pick(plan.buildings, _KIND_WEIGHTS)
    kinds[np.concatenate([[0], np.cumsum(in_grid)[:-1]])] = 0  # every grid has homes
    homes = kinds < _HOMES
    dwellings = np.zeros(plan.buildings, dtype=np.int64)
    in_grid_homes = share_out(plan.dwellings, grid_households(community))
    weights = np.where(kinds == 0, chance.uniform(plan.buildings, 0.7, 1.6), chance.uniform(plan.buildings, 0.3, 0.7))
    for n, count in enumerate(in_grid_homes.tolist()):
        here = np.flatnonzero((grid == n) & homes)
        dwellings[here] = share_out(count, weights[here])
    spots = np.concatenate(
        [_spots(area.polygon, count, chance) for area, count in zip(community.grids, in_grid.tolist(), strict=True)]
    )
    per_floor = chance.whole(plan.buildings, 2, 5)
    tallest = np.where(kinds == 0, chance.whole(plan.buildings, 7, 33), chance.whole(plan.buildings, 5, 9))
    units = np.maximum(1, -(-dwellings // (per_floor * tallest)))
    floors = np.where(homes, -(-dwellings // (per_floor * units)), chance.whole(plan.buildings, 2, 26))
    floors = np.maximum(floors, 1)
    ids = community.numbers.take("buildings", plan.buildings)
    codes = np.char.add(plan.code, padded(np.arange(1, plan.buildings + 1), 7))
    names, estates, addresses = _names(community, kinds, chance)
    rows: Columns = {
        "id": ids.tolist(),
        "code": codes.tolist(),
        "name": names,
        "address": addresses,
        "estate": estates,
        "kind": texts(choose(KINDS, kinds)),
        "area_id": texts(choose([a.id for a in community.grids], grid)),
        "area_path": texts(choose([a.path for a in community.grids], grid)),
        "lng": spots[:, 0].tolist(),
        "lat": spots[:, 1].tolist(),
        "floors": floors.tolist(),
        "units": units.tolist(),
        "built_year": chance.whole(plan.buildings, 1984, 2024).tolist(),
    }
    return Buildings(
        rows=rows,
        ids=ids,
        codes=tuple(codes.tolist()),
        names=tuple(names),
        estates=tuple(estates),
        kinds=kinds,
        grid=grid,
        lng=spots[:, 0],
        lat=spots[:, 1],
        floors=floors,
        dwellings=dwellings,
        per_floor=per_floor,
        units=units,
    )


def dwellings(community: Community, within: Buildings) -> Dwellings:
    """Every dwelling: where it is, and whether it is lived in, rented and in which grade."""
    chance = Chance(community.seed, "dwellings", community.plan.code)
    building = np.repeat(np.arange(len(within.ids)), within.dwellings)
    count = len(building)
    position = np.arange(count) - np.repeat(np.cumsum(within.dwellings) - within.dwellings, within.dwellings)
    per_floor, units = within.per_floor[building], within.units[building]
    floor, rest = position // (per_floor * units) + 1, position % (per_floor * units)
    unit, number = rest // per_floor + 1, rest % per_floor + 1
    grid = within.grid[building]
    occupied = np.zeros(count, dtype=bool)
    draw = chance.uniform(count)
    for n, wanted in enumerate(grid_households(community).tolist()):
        here = np.flatnonzero(grid == n)
        occupied[here[np.argsort(draw[here], kind="stable")[:wanted]]] = True
    rented = occupied & (chance.uniform(count) < choose(_RENTED, within.kinds[building]))
    use = np.where(rented, 1, np.where(occupied, 0, 2))
    grade = np.where(rented, chance.pick(count, _GRADE_WEIGHTS), -1)
    ids = community.numbers.take("dwellings", count)
    room = padded(floor * 100 + number, 3)
    suffix = np.char.add(np.char.add(padded(unit, 2), padded(floor, 2)), padded(number, 2))
    rows: Columns = {
        "id": ids.tolist(),
        "code": texts(np.char.add(choose(within.codes, building), suffix)),
        "building_id": within.ids[building].tolist(),
        "area_path": texts(choose([a.path for a in community.grids], grid)),
        "unit": unit.tolist(),
        "floor": floor.tolist(),
        "room": texts(room),
        "use": texts(choose(("owner", "rented", "vacant"), use)),
        "grade": texts(choose((*_GRADES, ""), grade), grade < 0),
        "area_m2": np.round(chance.uniform(count, 24, 118), 1).tolist(),
    }
    return Dwellings(rows=rows, ids=ids, grid=grid, building=building, occupied=occupied, use=use, grade=grade)


def _spots(polygon: Polygon, count: int, chance: Chance) -> Floats:
    """`count` points in `polygon`, away from its border where there is room, to six decimals."""
    inner = polygon.buffer(-0.00012)  # about 12 m
    room = inner if isinstance(inner, Polygon) and not inner.is_empty else polygon
    points = scatter(room, count, chance)
    spots: Floats = np.round(points[chance.sample(len(points), count)], 6)
    return spots


def _names(community: Community, kinds: Ints, chance: Chance) -> tuple[list[str], list[str], list[str]]:
    """Name, estate and address of each building; an estate's buildings are numbered and lie together."""
    plan = community.plan
    homes = np.flatnonzero(kinds < _HOMES)
    estates = np.empty(len(kinds), dtype=object)
    numbers = np.zeros(len(kinds), dtype=np.int64)
    pool = estate_names(chance, plan.name, _ESTATES)
    block = share_out(len(homes), chance.uniform(len(pool), 0.5, 1.5))
    estates[homes] = np.repeat(np.array(pool, dtype=object), block)
    numbers[homes] = np.concatenate([np.arange(1, n + 1) for n in block.tolist()])
    stem = plan.name.removesuffix("社区")
    for kind, word in _FURTHER_NAMES.items():
        others = np.flatnonzero(kinds == kind)
        numbers[others] = np.arange(1, len(others) + 1)
        estates[others] = stem + word
    names = [f"{estate}{n}栋" for estate, n in zip(estates.tolist(), numbers.tolist(), strict=True)]
    road = choose(roads(plan.name), chance.whole(len(kinds), 0, 8))
    house = chance.whole(len(kinds), 1, 260)
    where = f"罗湖区{community.street.name}"
    addresses = [f"{where}{r}{n}号" for r, n in zip(road.tolist(), house.tolist(), strict=True)]
    return names, estates.tolist(), addresses
