"""A case is linked to a home and a company: one transaction each, inside scope and building, rooms for hands alone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from data_access.db.tables import (
    AreaRow,
    AuditRow,
    BuildingRow,
    CaseLinkRow,
    DwellingRow,
    HouseholdRow,
    IncidentRow,
    LegalEntityRow,
    ResidentRow,
)
from data_access.domain.accounts import Role
from tests.integration.api.test_incident_acts import Client, report
from tests.small import COMMUNITY, GRID
from tests.web import Web

BESIDE = "440303004012"
"""The community beside that of the case."""


class Street:
    """Two buildings with a home each, a company in the first and one in the next community, a case in the first."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.officer = Client(web)
        self.case = report(self.officer)
        with web.database.writing() as session:
            grid = session.scalars(select(AreaRow).where(AreaRow.code == GRID)).one()
            far = session.scalars(select(AreaRow).where(AreaRow.code == f"{BESIDE}001")).one()
            first = session.scalars(select(BuildingRow).where(BuildingRow.code == "B1")).one()
            other = session.scalar(select(BuildingRow).where(BuildingRow.code == "B2"))
            if other is None:
                other = _building(grid)
                session.add(other)
                session.flush()
            homes = [_home(building, room) for building, room in ((first, "502"), (first, "503"), (other, "502"))]
            firms = [_firm(grid, "春风餐饮", first.id), _firm(far, "远山五金", None)]
            session.add_all([*homes, *firms])
            session.flush()
            session.get_one(IncidentRow, self.case).building_id = first.id
            household = HouseholdRow(dwelling_id=homes[0].id, area_path=grid.path, size=1)
            session.add(household)
            session.flush()
            person = ResidentRow(household_id=household.id, area_path=grid.path, name="钱多多", phone="13911112222")
            person.sex, person.born, person.residency = "F", web.now().date(), "floating"
            session.add(person)
            self.home, self.next, self.elsewhere = (home.id for home in homes)
            self.firm, self.far = (firm.id for firm in firms)

    def say(self, verb: str, kind: str, number: int, status: int = 200, by: Client | None = None) -> Any:
        said = {"version": self.seen()["incident"]["version"], "kind": kind, "id": number}
        return (by or self.officer).post(f"/{self.case}/{verb}", said, status)

    def seen(self, by: Client | None = None) -> Any:
        return (by or self.officer).get(f"/{self.case}")

    def counted(self) -> tuple[int, int]:
        with self.web.database.reading() as session:
            links = session.scalar(select(func.count()).where(CaseLinkRow.incident_id == self.case)) or 0
            acts = session.scalars(select(AuditRow.detail).where(AuditRow.action.startswith("case_"))).all()
            return links, len(acts)


def _building(grid: AreaRow) -> BuildingRow:
    return BuildingRow(
        code="B2", name="6栋", kind="residential", area_id=grid.id, area_path=grid.path, lng=114.13, lat=22.55,
        floors=7, units=2,
    )  # fmt: skip


def _home(building: BuildingRow, room: str) -> DwellingRow:
    return DwellingRow(
        code=f"{building.code}-{room}", building_id=building.id, area_path=building.area_path, unit=1, floor=5,
        room=room, use="rented",
    )  # fmt: skip


def _firm(area: AreaRow, name: str, building: int | None) -> LegalEntityRow:
    row = LegalEntityRow(code=f"E-{name}", name=name, kind="company", area_id=area.id, area_path=area.path)
    row.building_id = building
    return row


@pytest.fixture
def street(web: Web) -> Street:
    with web.database.writing() as session:
        for row in session.scalars(select(LegalEntityRow)).all():
            row.code = f"old-{row.id}"
    return Street(web)


def test_a_link_is_a_row_a_line_and_an_audit_and_so_is_taking_it_back(street: Street) -> None:
    links, acts = street.counted()
    found = street.say("link", "dwelling", street.home)
    assert street.counted() == (links + 1, acts + 1)
    (link,) = found["links"]
    assert (link["name"], link["unit"], link["floor"], link["room"], link["open"]) == ("5栋", 1, 5, "502", 1)
    assert link["building"][0] == "B1"
    last = found["history"][-1]
    assert (last["action"], last["detail"]["thing"]["room"]) == ("link", "502")
    street.say("link", "dwelling", street.home, 409)  # there already
    found = street.say("unlink", "dwelling", street.home)
    assert found["links"] == []
    assert [step["action"] for step in found["history"]][-2:] == ["link", "unlink"]
    street.say("unlink", "dwelling", street.home, 409)
    assert street.counted() == (links, acts + 2)


def test_only_homes_of_its_building_and_what_lies_in_ones_area(street: Street) -> None:
    street.say("link", "dwelling", street.elsewhere, 400)  # another building
    grid = Client(street.web, Role.GRID_WORKER, GRID)
    street.say("link", "entity", street.far, 400, by=grid)  # another community
    street.say("link", "entity", 10**9, 400)
    assert street.seen()["links"] == []
    street.say("link", "entity", street.firm, by=grid)
    assert [link["name"] for link in street.seen()["links"]] == ["春风餐饮"]


def test_who_may_not_act_there_links_nothing_and_is_told_no_room(street: Street) -> None:
    street.say("link", "dwelling", street.home)
    leader, outside = Client(street.web, Role.LEADER, COMMUNITY), Client(street.web, Role.OFFICER, BESIDE)
    street.say("link", "dwelling", street.next, 403, by=leader)
    street.say("unlink", "dwelling", street.home, 404, by=outside)
    leader.get(f"/{street.case}/linkable", 403)
    outside.get(f"/{street.case}/linkable", 404)
    seen = street.seen(leader)
    assert seen["links"][0]["room"] == "5**"
    assert seen["history"][-1]["detail"]["thing"]["room"] == "5**"
    assert "502" not in str(seen)


def test_what_lies_outside_ones_area_is_not_told(street: Street) -> None:
    street.say("link", "entity", street.far)
    assert [link["name"] for link in street.seen()["links"]] == ["远山五金"]
    inside = street.seen(Client(street.web, Role.OFFICER, COMMUNITY))
    assert inside["links"] == []
    assert inside["history"][-1]["detail"]["thing"] is None
    assert "远山" not in str(inside)


def test_offers_are_of_the_building_by_room_and_name_and_name_no_person(street: Street) -> None:
    def offered(kind: str, text: str = "") -> list[Any]:
        found: list[Any] = street.officer.get(f"/{street.case}/linkable?kind={kind}&q={text}")["linkable"]
        return found

    assert {street.home, street.next} <= {one["id"] for one in offered("dwelling")}
    assert street.elsewhere not in {one["id"] for one in offered("dwelling")}
    assert {one["room"] for one in offered("dwelling", "503")} == {"503"}
    assert {one["name"] for one in offered("entity")} == {"春风餐饮"}
    assert street.far in {one["id"] for one in offered("entity", "五金")}
    assert "钱" not in str(offered("dwelling"))
    assert "1391111" not in str(offered("dwelling"))
    street.say("link", "dwelling", street.next)
    assert street.next not in {one["id"] for one in offered("dwelling", "503")}
    street.officer.get(f"/{street.case}/linkable?kind=person", 400)


def test_without_a_building_a_home_is_looked_for_by_its_building(street: Street) -> None:
    with street.web.database.writing() as session:
        session.get_one(IncidentRow, street.case).building_id = None
    path = f"/{street.case}/linkable?kind=dwelling&q="
    assert street.officer.get(path)["linkable"] == []
    found = street.officer.get(f"{path}6栋 502")["linkable"]
    assert street.elsewhere in {one["id"] for one in found}
    assert {one["name"] for one in found} == {"6栋"}
    street.say("link", "dwelling", street.elsewhere)


def test_the_cases_of_a_home_and_of_a_company_are_listed_and_stand_in_the_drawer(street: Street) -> None:
    street.say("link", "entity", street.firm)
    with street.web.database.writing() as session:
        session.get_one(IncidentRow, street.case).building_id = None  # what it is about says where, not its place
    officer = street.officer
    assert [one["id"] for one in officer.get(f"?entity={street.firm}")["incidents"]] == [street.case]
    assert officer.get(f"?entity={street.far}")["incidents"] == []
    assert officer.get(f"?dwelling={street.home}")["incidents"] == []
    assert street.seen()["links"][0]["open"] == 1
    drawer = officer.get("/../buildings/B1")
    (line,) = [one for one in drawer["incidents"] if one["id"] == street.case]
    assert [link["name"] for link in line["links"]] == ["春风餐饮"]


def test_the_page_says_what_it_is_about_with_the_way_to_the_building(street: Street) -> None:
    street.say("link", "entity", street.firm)
    code = street.seen()["incident"]["code"]
    page = street.web.get(f"/incidents/case/parts?code={code}", headers=street.officer.headers).json()["parts"]
    assert "春风餐饮" in page["acts"]
    assert "building=B1" in page["acts"]
    assert "已关联" in page["story"]
    assert "entity=" not in page["acts"]  # it is the only one
    other = report(street.officer)
    street.officer.post(f"/{other}/link", {"version": 1, "kind": "entity", "id": street.firm})
    page = street.web.get(f"/incidents/case/parts?code={code}", headers=street.officer.headers).json()["parts"]
    assert f"entity={street.firm}" in page["acts"]
