"""The heat of the map: cells of the viewport, four weeks of cases, nothing told of a few, nothing from elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select

from data_access.db.engine import Database
from data_access.db.tables import AreaRow, IncidentRow
from data_access.domain.periods import local_day, midnight
from data_access.queries.map_heat import LEAST, heat
from data_access.viewmodels.map import Box
from tests.small import DISTRICT_PATH, GRID, fill

DAY = timedelta(days=1)
HERE = Box(114.0, 22.4, 114.3, 22.7)


@pytest.fixture
def small(database: Database, noon: datetime) -> Database:
    fill(database, noon)
    with database.writing() as session:
        session.execute(delete(IncidentRow))
        grid = session.scalars(select(AreaRow).where(AreaRow.code == GRID)).one()
        grid.lng, grid.lat = 114.20, 22.60
        places: list[tuple[float | None, float | None, int]] = [
            *((114.1301, 22.5501, n) for n in range(1, 6)),  # five at one spot
            *((114.1501, 22.5501, n) for n in range(1, LEAST)),  # too few
            *((None, None, n) for n in range(1, 5)),  # four without a place: the middle of the grid
            *((114.1301, 22.5501, n) for n in (29, 40)),  # long ago
        ]
        for number, (lng, lat, days) in enumerate(places):
            given = {
                "code": f"h{number}",
                "source": "t",
                "source_ref": f"h{number}",
                "title": "噪声",
                "stage": "handle",
            }
            where = {"area_id": grid.id, "area_path": grid.path, "lng": lng, "lat": lat}
            session.add(IncidentRow(**given, **where, created_at=midnight(local_day(noon)) - days * DAY))
    return database


def test_cells_count_what_came_in_and_few_are_not_told(small: Database, noon: datetime) -> None:
    with small.reading() as session:
        found = heat(session, DISTRICT_PATH, HERE, 14, local_day(noon))
    size = found["size"]
    assert [n for _, _, n in found["cells"]] == [5, 4]
    assert found["cases"] == 5 + LEAST - 1 + 4
    west, south, _ = found["cells"][0]
    assert west <= 114.1301 < west + size
    assert south <= 22.5501 < south + size
    west, south, _ = found["cells"][1]
    assert west <= 114.20 < west + size + 1e-6
    assert south <= 22.60 < south + size + 1e-6


def test_from_afar_cells_are_larger_and_near_by_never_smaller_than_seventy_metres(
    small: Database, noon: datetime
) -> None:
    with small.reading() as session:
        sizes = [heat(session, DISTRICT_PATH, HERE, zoom, local_day(noon))["size"] for zoom in (2, 10, 12, 15, 22)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[1] == 4 * sizes[2]
    assert sizes[-1] * 111_000 * 0.92 > 70


def test_neither_another_part_of_the_map_nor_another_area_is_told(small: Database, noon: datetime) -> None:
    with small.reading() as session:
        beside = heat(session, DISTRICT_PATH, Box(113.0, 22.0, 113.5, 22.3), 14, local_day(noon))
        elsewhere = heat(session, "001", HERE, 14, local_day(noon))
    assert (beside["cells"], elsewhere["cells"], elsewhere["cases"]) == ([], [], 0)
