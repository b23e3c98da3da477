"""What lies around a spot, on both databases: near things first, never more than asked for, nothing out of scope."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete

from data_access.db.engine import Database
from data_access.db.tables import AreaBoundaryRow, AreaRow, BuildingRow
from data_access.domain.errors import InvalidInput
from data_access.queries import map_around
from data_access.viewmodels.map import Box
from tests.small import DISTRICT_PATH, fill

HERE = Box(114.125, 22.545, 114.135, 22.555)


def _found(database: Database, path: str, box: Box) -> list[tuple[str, str]]:
    with database.reading() as session:
        body: Any = json.loads(map_around.around_geojson(session, path, box))
    return [(f["properties"]["role"], f["properties"]["code"]) for f in body["features"]]


@pytest.fixture
def small(database: Database, noon: datetime) -> Database:
    fill(database, noon)
    with database.writing() as session:
        near = session.query(BuildingRow).one()
        values = {c.key: getattr(near, c.key) for c in BuildingRow.__table__.columns if c.key not in {"id", "code"}}
        session.add(BuildingRow(**{**values, "code": "B0", "lng": 114.133}))
        session.add(BuildingRow(**{**values, "code": "B9", "lng": 114.2}))
    return database


def test_the_grids_of_a_spot_and_their_buildings_in_view_are_told_nearest_first(small: Database) -> None:
    found = _found(small, "", HERE)
    assert [role for role, _ in found] == ["around"] * 4 + ["building"] * 2
    assert [code for role, code in found if role == "building"] == ["B1", "B0"]


def test_another_community_and_another_place_have_nothing_of_it(small: Database) -> None:
    assert "building" not in dict(_found(small, f"{DISTRICT_PATH}000001", HERE))
    assert _found(small, "", Box(113.5, 22.1, 113.51, 22.11)) == []


def test_where_there_are_no_grids_communities_stand_for_them(small: Database) -> None:
    with small.writing() as session:
        grids = session.query(AreaRow.id).filter_by(kind="grid")
        session.execute(delete(AreaBoundaryRow).where(AreaBoundaryRow.area_id.in_([row.id for row in grids])))
    found = _found(small, "", HERE)
    assert [role for role, _ in found] == ["around"] * 2 + ["building"] * 2


def test_a_view_of_the_whole_district_is_refused(small: Database) -> None:
    with pytest.raises(InvalidInput):
        _found(small, "", Box(114.0, 22.5, 114.2, 22.6))
