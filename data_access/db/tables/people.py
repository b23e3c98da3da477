"""Housing and people: buildings, dwellings, households, residents, legal entities, resources."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from data_access.db.tables.base import AreaPath, Base, Code, IdKey, Name, Small


class BuildingRow(Base):
    """楼栋."""

    __tablename__ = "buildings"
    __table_args__ = (Index("ix_buildings_area_path", "area_path"),)

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    address: Mapped[str | None] = mapped_column(String(200))
    estate: Mapped[str | None] = mapped_column(String(100))  # 小区
    kind: Mapped[str] = mapped_column(String(20))  # residential, urban_village, commercial, industrial, public
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    lng: Mapped[float]
    lat: Mapped[float]
    floors: Mapped[Small]
    units: Mapped[Small]
    built_year: Mapped[int | None]


class DwellingRow(Base):
    """房屋(套). `use`: owner, rented, vacant, other; `grade` of a rental: light, watched, strict, banned."""

    __tablename__ = "dwellings"
    __table_args__ = (Index("ix_dwellings_area_path", "area_path"), Index("ix_dwellings_building_id", "building_id"))

    id: Mapped[IdKey]
    code: Mapped[Code]
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id"))
    area_path: Mapped[AreaPath]
    unit: Mapped[Small]
    floor: Mapped[Small]
    room: Mapped[str] = mapped_column(String(20))
    use: Mapped[str] = mapped_column(String(10))
    grade: Mapped[str | None] = mapped_column(String(10))
    area_m2: Mapped[float | None]


class HouseholdRow(Base):
    """户."""

    __tablename__ = "households"
    __table_args__ = (Index("ix_households_area_path", "area_path"), Index("ix_households_dwelling_id", "dwelling_id"))

    id: Mapped[IdKey]
    dwelling_id: Mapped[int] = mapped_column(ForeignKey("dwellings.id"))
    area_path: Mapped[AreaPath]
    size: Mapped[Small]


class ResidentRow(Base):
    """实有人口. Personal data: never leaves a query unmasked except one record at a time, with a reason, audited."""

    __tablename__ = "residents"
    __table_args__ = (Index("ix_residents_area_path", "area_path"), Index("ix_residents_household_id", "household_id"))

    id: Mapped[IdKey]
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"))
    area_path: Mapped[AreaPath]
    name: Mapped[Name]
    id_number: Mapped[str | None] = mapped_column(String(18))
    phone: Mapped[str | None] = mapped_column(String(20))
    sex: Mapped[str] = mapped_column(String(1))  # M, F
    born: Mapped[date]
    residency: Mapped[str] = mapped_column(String(10))  # registered 户籍, floating 流动, overseas 境外
    lives_alone: Mapped[bool] = mapped_column(default=False)
    disabled: Mapped[bool] = mapped_column(default=False)


class LegalEntityRow(Base):
    """法人. `above_scale` is 规上; `small_place` marks a 三小 place (shop, workshop, eatery…)."""

    __tablename__ = "legal_entities"
    __table_args__ = (
        Index("ix_legal_entities_area_path", "area_path"),
        Index("ix_legal_entities_building_id", "building_id"),
    )

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    credit_code: Mapped[str | None] = mapped_column(String(18))
    name: Mapped[Name]
    kind: Mapped[str] = mapped_column(String(40))  # company, individual, joint_stock, school, kindergarten, …
    industry: Mapped[str | None] = mapped_column(String(40))
    above_scale: Mapped[bool] = mapped_column(default=False)
    small_place: Mapped[str | None] = mapped_column(String(20))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    lng: Mapped[float | None]
    lat: Mapped[float | None]


class ResourceRow(Base):
    """资源: a facility that helps (fire post, AED, shelter, clinic, care centre, canteen, police post…)."""

    __tablename__ = "resources"
    __table_args__ = (Index("ix_resources_area_path", "area_path"),)

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    kind: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(40))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    lng: Mapped[float]
    lat: Mapped[float]
