"""Buildings, legal entities, resources and people responsible: rows that hang on an area or a building."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlalchemy.orm import Session

from data_access.commands.facts import Group
from data_access.commands.imports import Record, Target
from data_access.db.tables import BuildingRow, LegalEntityRow, ResourceRow, ResponsibleRow
from data_access.domain.identity import valid_credit_code
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.kind import Kind

LNG: Final = Column("lng", "Longitude in degrees, in the coordinates named by --crs", "114.1315", also=("经度", "lon"))
LAT: Final = Column("lat", "Latitude in degrees", "22.5484", also=("纬度",))
AREA: Final = Column("area", "Code of the smallest area it belongs to", "440303004011001", also=("area_code", "网格"))
BUILDING: Final = Column("building", "Code of its building", "", also=("building_code", "楼栋"))

_BUILDING_WORDS: Final = {
    "住宅": "residential",
    "城中村": "urban_village",
    "商业": "commercial",
    "工业": "industrial",
    "公共": "public",
}
_ROLES: Final = {
    "网格长": "grid_chief",
    "网格员": "grid_worker",
    "楼栋长": "building_head",
    "民警": "police",
    "社区民警": "police",
    "物业经理": "property",
    "街长": "street_chief",
}


class Placed(Kind):
    """A kind whose rows name an area, or a building that stands in one."""

    def prepare(self, session: Session) -> None:
        self.places.load_houses(session)

    def where(self, cells: Cells) -> Record:
        """`area_id`, `area_path` and `building_id` of the row; remembers the area for the aggregates."""
        building = cells.text("building", longest=64)
        area = cells.text("area", longest=64)
        house = self.places.house(building) if building else None
        if area is not None:
            place = self.places.need(area)
            found: Record = {"area_id": place.id, "area_path": place.path}
        elif house is not None:
            found = {"area_id": house.area_id, "area_path": house.area_path}
        elif self.scope is not None:
            found = {"area_id": self.scope.id, "area_path": self.scope.path}
        else:
            raise Refused("neither an area nor a building is given")
        self.touched.add(found["area_path"])
        return found | {"building_id": house.id if house else None}

    def spot(self, cells: Cells) -> Record:
        """`lng` and `lat`: the row's own, or those of its building."""
        lng, lat = self.point(cells, required=False)
        if lng is None:
            building = cells.text("building", longest=64)
            if building is None:
                raise Refused("lng and lat are missing, and there is no building to stand in")
            house = self.places.house(building)
            lng, lat = house.lng, house.lat
        return {"lng": lng, "lat": lat}


class Buildings(Placed):
    """楼栋."""

    name: ClassVar[str] = "buildings"
    about: ClassVar[str] = "buildings with their place and size"
    facts: ClassVar[tuple[Group, ...]] = (Group.HOUSING,)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("code", "Code; identifies it", "4403030040110010001", required=True, also=("楼栋编码",)),
        Column("name", "Name", "水贝工业区3栋", required=True, also=("名称",)),
        AREA,
        Column("address", "Address", "翠竹路1001号", also=("地址",)),
        Column("estate", "Estate (小区)", "", also=("小区",)),
        Column("kind", "residential, urban_village, commercial, industrial or public", "residential", also=("类型",)),
        LNG,
        LAT,
        Column("floors", "Floors above ground", "18", also=("层数",)),
        Column("units", "Units (单元)", "2", also=("单元数",)),
        Column("built_year", "Year it was built", "1998", also=("建成年份",)),
    )

    @property
    def target(self) -> Target:
        return Target(table=table(BuildingRow), key="code")

    def prepare(self, session: Session) -> None:
        """Buildings do not stand in buildings."""

    def record(self, cells: Cells) -> Record | None:
        where = self.where(cells)
        del where["building_id"]
        lng, lat = self.point(cells)
        return where | {
            "code": cells.need("code", longest=64),
            "name": cells.need("name"),
            "address": cells.text("address"),
            "estate": cells.text("estate", longest=100),
            "kind": cells.choice("kind", _BUILDING_WORDS.values(), _BUILDING_WORDS) or "residential",
            "lng": lng,
            "lat": lat,
            "floors": cells.whole("floors", low=1, high=200) or 1,
            "units": cells.whole("units", low=1, high=50) or 1,
            "built_year": cells.whole("built_year", low=1800, high=2200),
        }


class LegalEntities(Placed):
    """法人."""

    name: ClassVar[str] = "legal-entities"
    about: ClassVar[str] = "companies, shops, schools and other legal entities"
    facts: ClassVar[tuple[Group, ...]] = (Group.ENTITIES,)
    delivers: ClassVar[tuple[str, str, str] | None] = ("entities", "法人数据", "Legal entities")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("code", "Code; identifies it; default: the credit code", "", also=("编码",)),
        Column(
            "credit_code", "Unified social credit code, 18 characters", "91350100M000100Y43", also=("统一社会信用代码",)
        ),
        Column("name", "Name", "水贝珠宝有限公司", required=True, also=("名称",)),
        Column("kind", "company, individual, joint_stock, school, kindergarten, …", "company", also=("类型",)),
        Column("industry", "Industry", "jewellery", also=("行业",)),
        Column("above_scale", "Above designated scale (规上): 1 or 0", "0", also=("规上",)),
        Column("small_place", "Kind of three-small place (三小); missing: none", "", also=("三小",)),
        AREA,
        BUILDING,
        LNG,
        LAT,
    )

    @property
    def target(self) -> Target:
        return Target(table=table(LegalEntityRow), key="code")

    def record(self, cells: Cells) -> Record | None:
        credit = cells.text("credit_code", longest=18)
        if credit is not None and not valid_credit_code(credit.upper()):
            raise Refused("credit_code: its check character does not fit")
        code = cells.text("code", longest=64) or credit
        if code is None:
            raise Refused("neither code nor credit_code is given")
        lng, lat = self.point(cells, required=False)
        return self.where(cells) | {
            "code": code,
            "credit_code": credit.upper() if credit else None,
            "name": cells.need("name"),
            "kind": cells.text("kind", longest=40) or "company",
            "industry": cells.text("industry", longest=40),
            "above_scale": cells.flag("above_scale") or False,
            "small_place": cells.text("small_place", longest=20),
            "lng": lng,
            "lat": lat,
        }


class Resources(Placed):
    """资源."""

    name: ClassVar[str] = "resources"
    about: ClassVar[str] = "facilities that help: fire posts, AEDs, shelters, clinics, care centres"
    facts: ClassVar[tuple[Group, ...]] = (Group.RESOURCES,)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("code", "Code; identifies it", "aed-0001", required=True, also=("编码",)),
        Column("name", "Name", "水贝地铁站 AED", required=True, also=("名称",)),
        Column("kind", "aed, fire_post, shelter, clinic, care_centre, canteen, police_post, …", "aed", required=True),
        Column("phone", "Phone", "", also=("电话",)),
        AREA,
        BUILDING,
        LNG,
        LAT,
    )

    @property
    def target(self) -> Target:
        return Target(table=table(ResourceRow), key="code")

    def record(self, cells: Cells) -> Record | None:
        where = self.where(cells)
        del where["building_id"]
        return (
            where
            | self.spot(cells)
            | {
                "code": cells.need("code", longest=64),
                "name": cells.need("name"),
                "kind": cells.need("kind", longest=40),
                "phone": cells.text("phone", longest=40),
            }
        )


class Responsibles(Placed):
    """责任人."""

    name: ClassVar[str] = "responsibles"
    about: ClassVar[str] = "people who answer for an area or a building (personal data)"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("code", "Code; identifies the person in this role", "gw-0001", required=True, also=("编码",)),
        Column("name", "Name", "张三", required=True, also=("姓名",)),
        Column(
            "role", f"One of {', '.join(sorted(set(_ROLES.values())))}", "grid_worker", required=True, also=("角色",)
        ),
        Column("phone", "Phone", "13812341234", also=("电话", "手机")),
        AREA,
        BUILDING,
    )

    @property
    def target(self) -> Target:
        return Target(table=table(ResponsibleRow), key="code")

    def record(self, cells: Cells) -> Record | None:
        return self.where(cells) | {
            "code": cells.need("code", longest=64),
            "name": cells.need("name", longest=60),
            "role": cells.choice("role", set(_ROLES.values()), _ROLES),
            "phone": cells.text("phone", longest=40),
        }


def table(row: Any) -> Any:
    """The table behind a mapped class."""
    return row.__table__
