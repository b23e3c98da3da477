"""The city: ten districts side by side, for benchmarks. Nine are copies of Luohu, moved and renamed.

18 million residents as aggregates only, and a million devices with buildings, cameras and the areas they hang on; no
dwellings, people, companies, incidents or alarms. Codes of the copies begin with 44039n, which no district has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import shapely
from sqlalchemy import Connection

from data_access.demo import deployment, system
from data_access.demo.buildings import buildings, dwellings
from data_access.demo.devices import TOTALS, camera_rows, devices
from data_access.demo.facts import Ledger
from data_access.demo.frame import Area, Columns, Community, Numbers
from data_access.demo.geometry import STEPS_PER_DEGREE
from data_access.demo.people import people
from data_access.demo.plan import TOTALS as PLANNED
from data_access.demo.vendored import LUOHU
from data_access.domain.areas import AreaKind, child_path
from data_access.domain.facts import Fact
from data_access.domain.periods import local_day
from data_access.settings import Scale, Settings

CITY: Final = "4403"
DISTRICTS: Final = 10
RESIDENTS: Final = 18_000_000
DEVICES: Final = 1_000_000
_COLUMNS: Final = 4  # districts a row
_STEP: Final = (165_000, 95_000)  # lattice steps between two copies, east and north
_NUMERALS: Final = "一二三四五六七八九十"

Write = Callable[[Connection, str, Columns], None]


def fill(
    connection: Connection, settings: Settings, now: datetime, tell: Callable[[float, str], None], write: Write
) -> None:
    """Write the whole city into an empty database."""
    numbers, ledger = Numbers(), Ledger()
    plans = deployment.planned(Scale.CITY, settings.seed)
    root = Area(
        id=int(numbers.take("areas", 1)[0]),
        code=CITY,
        path=child_path("", 0),
        name="深圳市（演示）",
        kind=AreaKind.CITY,
        parent=None,
        polygon=shapely.Polygon(),
    )
    first = deployment.areas(plans, settings.seed, numbers, root)
    copies = [first, *(tuple(_moved(first, n, numbers)) for n in range(1, DISTRICTS))]
    every = [area for copy in copies for area in copy]
    write(connection, "areas", deployment.area_rows([_with_outline(root, copies), *every], {}))
    write(connection, "area_boundaries", deployment.boundary_rows(every))
    write(connection, "area_boundaries", _outline(root, copies))
    for table, rows in system.rows(settings, now).items():
        write(connection, table, rows)
    factor = DEVICES / DISTRICTS / sum(TOTALS.values())
    for done, plan in enumerate(plans):
        tell(0.05 + 0.85 * done / len(plans), plan.name)
        community = deployment.community_of(plan, first, seed=settings.seed, epoch=now, numbers=numbers)
        _community(connection, replace(community, device_factor=factor), copies, ledger, write)
    tell(0.9, "Aggregates")
    ledger.spread({copy[0].path: copies[0][0].path for copy in copies[1:]})
    ledger.grow(RESIDENTS / DISTRICTS / PLANNED["residents"], apart=(Fact.DEVICES, Fact.CAMERAS, Fact.BUILDINGS))
    write(connection, "area_facts", ledger.rows([root, *every], local_day(now), settings.seed))


def _community(
    connection: Connection, community: Community, copies: list[tuple[Area, ...]], ledger: Ledger, write: Write
) -> None:
    """One community ten times."""
    within = buildings(community)
    homes = dwellings(community, within)
    residents = people(community, homes)
    found = devices(community, within, homes, residents)
    cameras, in_view = camera_rows(community, within)
    ledger.count_homes(community, within, homes)
    ledger.count_people(community, residents)
    ledger.count(community, {Fact.CAMERAS: in_view, Fact.DEVICES: found.grid})
    ledger.add(Fact.DEVICES, [community.street], [len(found.gateway_rows["id"])])
    every = np.concatenate([found.gateway_rows["id"], found.ids])
    tables: list[tuple[str, Columns]] = [
        ("buildings", within.rows),
        ("devices", found.gateway_rows),
        ("devices", {**found.rows, "household_id": [None] * len(found.ids)}),
        ("device_states", found.state_rows),
        ("cameras", cameras),
    ]
    for n, copy in enumerate(copies):
        moves = {"area_id": copy[0].id - copies[0][0].id}
        if n:
            numbers = community.numbers
            moves["building_id"] = int(numbers.take("buildings", len(within.ids))[0] - within.ids[0])
            moves["device_id"] = moves["gateway_id"] = int(numbers.take("devices", len(every))[0] - every[0])
            moves["camera_id"] = int(numbers.take("cameras", len(in_view))[0] - cameras["id"][0])
        for table, rows in tables:
            write(connection, table, rows if n == 0 else _copied(table, rows, n, moves, copy[0].path))


_OWN_ID: Final = {"buildings": "building_id", "devices": "device_id", "cameras": "camera_id"}


def _copied(table: str, rows: Columns, number: int, moves: Mapping[str, int], path: str) -> Columns:
    """The rows of Luohu as those of its copy."""
    east, north = _shift(number)
    digits = len(path)
    changed: dict[str, Any] = dict(rows)
    for column, values in rows.items():
        move = moves.get(_OWN_ID[table] if column == "id" else column)
        if move is not None:
            changed[column] = [None if v is None else v + move for v in values]
        elif column == "area_path":
            changed[column] = [path + v[digits:] for v in values]
        elif column == "code":
            changed[column] = [v.replace(LUOHU, _code(number), 1) for v in values]
        elif column == "token":
            changed[column] = [f"{number}{v}" for v in values]
        elif column == "lng":
            changed[column] = np.round(np.asarray(values) + east, 6).tolist()
        elif column == "lat":
            changed[column] = np.round(np.asarray(values) + north, 6).tolist()
        elif column == "gb_code":
            changed[column] = [f"44039{number}{v[6:]}" for v in values]
    return changed


def _moved(areas: tuple[Area, ...], number: int, numbers: Numbers) -> Iterator[Area]:
    """Luohu's areas as those of copy `number`."""
    east, north = _shift(number)
    path = child_path(areas[0].path[:-3], number)
    ids = numbers.take("areas", len(areas)).tolist()
    for area, new in zip(areas, ids, strict=True):
        yield Area(
            id=new,
            code=area.code.replace(LUOHU, _code(number), 1),
            path=path + area.path[len(path) :],
            name=f"示范{_NUMERALS[number]}区" if area.code == LUOHU else area.name,
            kind=area.kind,
            parent=area.parent.replace(LUOHU, _code(number), 1) if area.parent else None,
            polygon=shapely.transform(area.polygon, lambda xy: np.round(xy + np.array([east, north]), 6)),
        )


def _with_outline(root: Area, copies: list[tuple[Area, ...]]) -> Area:
    """The city with a polygon to find its centre by: the box around its districts."""
    return replace(root, polygon=shapely.box(*shapely.total_bounds([copy[0].polygon for copy in copies])))


def _outline(root: Area, copies: list[tuple[Area, ...]]) -> Columns:
    """The city's boundary: its districts, which touch nowhere."""
    whole = shapely.MultiPolygon([copy[0].polygon for copy in copies])
    return {
        "area_id": [root.id],
        "geometry": [shapely.to_geojson(whole)],
        "schematic": [1],
        "source": [deployment.SCHEMATIC_SOURCE],
    }


def _code(number: int) -> str:
    return f"44039{number}"


def _shift(number: int) -> tuple[float, float]:
    """How far copy `number` lies from Luohu, in degrees."""
    row, column = divmod(number, _COLUMNS)
    return column * _STEP[0] / STEPS_PER_DEGREE, row * _STEP[1] / STEPS_PER_DEGREE
