"""Search finds what a person would type, and nothing he may not see, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data_access.db.engine import Database
from data_access.db.tables import BuildingRow, ResponsibleRow
from data_access.live import reload
from data_access.queries.search import FEW, SearchIndex
from data_access.viewmodels.search import Hit, HitKind
from tests.small import COMMUNITY, DISTRICT_PATH, fill

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


@pytest.fixture
def index(database: Database) -> SearchIndex:
    fill(database, NOON)
    with database.writing() as session:
        building = session.query(BuildingRow).one()
        building.address = "罗湖区翠竹街道水贝一路88号"
        for number, (name, role) in enumerate((("张小明", "building_head"), ("李雷", "grid_worker"))):
            session.add(
                ResponsibleRow(
                    code=f"P{number}",
                    name=name,
                    role=role,
                    phone="13800138000",
                    area_id=building.area_id,
                    area_path=building.area_path,
                    building_id=building.id if number == 0 else None,
                )
            )
    return SearchIndex(database)


def names(hits: list[Hit]) -> list[tuple[HitKind, str]]:
    return [(hit.kind, hit.name) for hit in hits]


def test_a_building_is_found_by_name_address_and_code(index: SearchIndex) -> None:
    for asked in ("5栋", "水贝一路", "b1"):
        [hit] = [h for h in index.find(asked, "", 20) if h.kind is HitKind.BUILDING]
        assert (hit.code, hit.building, hit.note) == ("B1", "B1", "罗湖区翠竹街道水贝一路88号")
        assert hit.lng == pytest.approx(114.13)


def test_a_person_is_masked_and_has_a_role_and_a_place_and_no_phone(index: SearchIndex) -> None:
    found = [hit for hit in index.find("楼栋长", "", 20) if hit.kind is HitKind.PERSON]
    assert [(hit.name, hit.sort, hit.note, hit.building) for hit in found] == [("张*", "building_head", "5栋", "B1")]
    assert "138" not in repr(found)
    assert index.find("张小明", "", 20) == [], "a full name finds nobody"
    [worker] = [hit for hit in index.find("网格员", "", 20) if hit.kind is HitKind.PERSON]
    assert (worker.name, worker.building) == ("李*", None)


def test_words_may_stand_in_any_field_and_all_of_them_must(index: SearchIndex) -> None:
    assert ("5栋" in {h.name for h in index.find("水贝 5栋", "", 20)}) is True
    assert index.find("水贝 6栋", "", 20) == []


def test_devices_and_cameras_are_found_by_code_whatever_the_case(index: SearchIndex) -> None:
    assert names(index.find("c2", "", 20)) == [(HitKind.CAMERA, "路口2")]
    assert {hit.kind for hit in index.find("路口", "", 20)} == {HitKind.CAMERA}


def test_beginnings_come_before_parts_and_every_kind_has_its_place(index: SearchIndex) -> None:
    kinds = [hit.kind for hit in index.find("1", "", 8)]
    assert HitKind.DEVICE in kinds
    assert kinds.count(HitKind.DEVICE) <= max(FEW, 8 - len(set(kinds)) + 1)
    assert index.find(COMMUNITY, "", 20)[0].code == COMMUNITY, "the code itself before what begins with it"


def test_only_the_subtree_is_searched(index: SearchIndex) -> None:
    assert index.find("5栋", "001", 20) == []
    assert index.find("5栋", DISTRICT_PATH, 20) != []


@pytest.mark.parametrize("asked", ["", "   ", "\n", "\t\t", "%", "_", "'; drop table areas; --", "甲" * 60])
def test_odd_questions_find_nothing_and_break_nothing(index: SearchIndex, asked: str) -> None:
    assert index.find(asked, "", 20) == []


def test_names_are_read_again_when_the_data_has_changed(index: SearchIndex, database: Database) -> None:
    index.warm()
    with database.writing() as session:
        session.query(BuildingRow).one().name = "凤凰阁"
        reload.bump(session)
    assert (HitKind.BUILDING, "凤凰阁") in names(index.find("凤凰", "", 20))
    assert index.find("5栋", "", 20) == []
