"""Residents (实有人口), with the dwellings and households they live in. Personal data: nothing of it is ever logged.

A dwelling is (building, unit, room) and is made when a row first names it; it holds one household. A resident is known
again by the ID number, wherever he moved, or without one by household, name and date of birth.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from data_access.commands.facts import Group
from data_access.commands.imports import Record, Target, by_slices
from data_access.db.tables import DwellingRow, HouseholdRow, ResidentRow
from data_access.domain.identity import born_of, sex_of, valid_id_number
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.housing import table
from data_access.ingest.imports.kind import Kind

_USES: Final = {"自住": "owner", "自用": "owner", "出租": "rented", "空置": "vacant", "其他": "other"}
_GRADES: Final = {"宽管": "light", "关注": "watched", "严管": "strict", "禁止": "banned"}
_RESIDENCIES: Final = {"户籍": "registered", "流动": "floating", "境外": "overseas"}
_SEXES: Final = {"男": "M", "女": "F"}
_SLICE: Final = 900  # SQLite's oldest limit on bound values in one statement is 999
_Home = tuple[int, int, str]  # building id, unit, room


class Residents(Kind):
    """People with the dwelling they live in."""

    name: ClassVar[str] = "residents"
    about: ClassVar[str] = "people and their dwellings (personal data)"
    facts: ClassVar[tuple[Group, ...]] = (Group.PEOPLE, Group.HOUSING)
    delivers: ClassVar[tuple[str, str, str] | None] = ("population", "人口数据", "Population")
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "building", "Code of the building", "4403030040110010001", required=True, also=("building_code", "楼栋")
        ),
        Column("unit", "Number of the unit (单元); default 1", "1", also=("单元",)),
        Column("room", "Room", "501", required=True, also=("房号",)),
        Column("floor", "Floor; default: from the room", "5", also=("楼层",)),
        Column("use", "Use of the dwelling: owner, rented, vacant or other", "owner", also=("房屋用途",)),
        Column("grade", "Grade of a rental: light, watched, strict or banned", "", also=("出租屋等级",)),
        Column("name", "Name", "张三", required=True, also=("姓名",)),
        Column(
            "id_number",
            "ID number, 18 characters; its check digit is verified",
            "11010519491231002X",
            also=("身份证号",),
        ),
        Column("born", "Date of birth; default: from the ID number", "1949-12-31", also=("出生日期",)),
        Column("sex", "M or F; default: from the ID number", "F", also=("性别",)),
        Column("phone", "Phone", "13812341234", also=("电话", "手机")),
        Column("residency", "registered, floating or overseas", "registered", also=("人口类型",)),
        Column("lives_alone", "1: lives alone", "0", also=("独居",)),
        Column("disabled", "1: disabled", "0", also=("残疾",)),
    )

    @property
    def target(self) -> Target:
        return Target(table=table(ResidentRow), key="id")

    def prepare(self, session: Session) -> None:
        self.places.load_houses(session)
        self._homes: dict[_Home, Record] = {}
        self._households: dict[_Home, int] = {}
        people = session.execute(
            select(ResidentRow.id, ResidentRow.id_number, ResidentRow.household_id, ResidentRow.name, ResidentRow.born)
        )
        self._known: dict[str, int] = {_identity(p.id_number, p.household_id, p.name, p.born): p.id for p in people}

    def record(self, cells: Cells) -> Record | None:
        house = self.places.house(cells.need("building", longest=64))
        home = (house.id, cells.whole("unit", low=1, high=99) or 1, cells.need("room", longest=20))
        self._note_home(cells, home, house.code, house.area_path)
        born, sex, number = self._person(cells)
        self.touched.add(house.area_path)
        return {
            "id": None,
            "home": home,
            "area_path": house.area_path,
            "name": cells.need("name", longest=60),
            "id_number": number,
            "phone": cells.text("phone", longest=20),
            "sex": sex,
            "born": born,
            "residency": cells.choice("residency", _RESIDENCIES.values(), _RESIDENCIES) or "registered",
            "lives_alone": cells.flag("lives_alone") or False,
            "disabled": cells.flag("disabled") or False,
        }

    def identity(self, record: Record) -> str:
        return _identity(record["id_number"], record["home"], record["name"], record["born"])

    def told(self, record: Record) -> str:  # noqa: ARG002  # says nothing of it on purpose
        return "this person"

    def before_writing(self, records: Iterable[Record]) -> None:  # noqa: ARG002  # homes were gathered while reading
        for session, homes in by_slices(self.context.database, sorted(self._homes), _SLICE):
            self._save_homes(session, homes)

    def resolve(self, records: Sequence[Record]) -> list[Record]:
        found = []
        for record in records:
            household = self._households[record["home"]]
            identity = _identity(record["id_number"], household, record["name"], record["born"])
            resolved = record | {"household_id": household, "id": self._known.get(identity)}
            del resolved["home"]
            found.append(resolved)
        return found

    def after_writing(self) -> None:
        """Household sizes follow the people in them."""
        living = select(func.count()).where(ResidentRow.household_id == HouseholdRow.id).correlate(HouseholdRow)
        counted = update(HouseholdRow).values(size=living.scalar_subquery())
        for session, ids in by_slices(self.context.database, sorted(self._households.values()), _SLICE):
            own = counted.where(HouseholdRow.id.in_(ids))
            session.execute(own.execution_options(synchronize_session=False))

    def _person(self, cells: Cells) -> tuple[date, str, str | None]:
        number = cells.text("id_number", longest=18)
        born = cells.day("born")
        sex = cells.choice("sex", ("M", "F"), _SEXES)
        if number is not None:
            number = number.upper()
            if not valid_id_number(number):
                raise Refused("id_number: its check digit or date does not fit")
            inside = born_of(number)
            if born is not None and born != inside:
                raise Refused("born differs from the date in id_number")
            born, sex = inside, sex or sex_of(number)
        if born is None:
            raise Refused("born is missing, and there is no id_number to take it from")
        if born > self.context.now.date():
            raise Refused("born lies in the future")
        if sex is None:
            raise Refused("sex is missing, and there is no id_number to take it from")
        return born, sex, number

    def _note_home(self, cells: Cells, home: _Home, building: str, path: str) -> None:
        room = home[2]
        floor = cells.whole("floor", low=-9, high=200)
        if floor is None:
            floor = int(room[:-2]) if room.isdecimal() and len(room) in (3, 4) else 1
        said: Record = {
            "code": f"{building}-{home[1]}-{room}"[:64],
            "building_id": home[0],
            "area_path": path,
            "unit": home[1],
            "floor": floor,
            "room": room,
        }
        use = cells.choice("use", _USES.values(), _USES)
        grade = cells.choice("grade", _GRADES.values(), _GRADES)
        if use is not None:
            said["use"] = use
        if grade is not None:
            said["grade"] = grade
        self._homes.setdefault(home, {}).update(said)

    def _save_homes(self, session: Session, homes: Sequence[_Home]) -> None:
        buildings = {home[0] for home in homes}
        rows = session.scalars(select(DwellingRow).where(DwellingRow.building_id.in_(buildings)))
        known = {(row.building_id, row.unit, row.room): row for row in rows}
        for home in homes:
            row = known.get(home)
            if row is None:
                row = known[home] = DwellingRow(**({"use": "owner"} | self._homes[home]))
                session.add(row)
            else:
                for name in ("use", "grade"):
                    if name in self._homes[home] and getattr(row, name) != self._homes[home][name]:
                        setattr(row, name, self._homes[home][name])
        session.flush()
        dwellings = {known[home].id: home for home in homes}
        living = session.execute(
            select(HouseholdRow.dwelling_id, func.min(HouseholdRow.id))
            .where(HouseholdRow.dwelling_id.in_(dwellings))
            .group_by(HouseholdRow.dwelling_id)
        )
        for dwelling, household in living:
            self._households[dwellings[dwelling]] = household
        made = {
            home: HouseholdRow(dwelling_id=dwelling, area_path=self._homes[home]["area_path"], size=0)
            for dwelling, home in dwellings.items()
            if home not in self._households
        }
        session.add_all(made.values())
        session.flush()
        self._households |= {home: row.id for home, row in made.items()}


def _identity(number: str | None, home: object, name: str, born: date) -> str:
    """What a person is known again by."""
    return number or json.dumps([str(home), name, born.isoformat()], ensure_ascii=False)
