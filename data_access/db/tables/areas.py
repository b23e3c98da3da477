"""Areas and who answers for them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data_access.db.tables.base import AreaPath, Base, Code, IdKey, Name, Small


class AreaRow(Base):
    """区域: one node of the tree. `code` is the official code where there is one, else a local code."""

    __tablename__ = "areas"
    __table_args__ = (Index("ix_areas_parent_id", "parent_id"),)

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    official_code: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[Name]
    name_en: Mapped[str | None] = mapped_column(String(200))
    aliases: Mapped[list[str]] = mapped_column(default=list)
    kind: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    path: Mapped[AreaPath] = mapped_column(unique=True)
    depth: Mapped[Small]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    lng: Mapped[float | None]
    lat: Mapped[float | None]


class AreaBoundaryRow(Base):
    """边界: GeoJSON geometry in WGS-84. `schematic` ones are labelled 示意边界 wherever they are drawn."""

    __tablename__ = "area_boundaries"

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True)
    geometry: Mapped[str] = mapped_column(Text)
    schematic: Mapped[bool] = mapped_column(default=True)
    source: Mapped[Name]


class AreaFactRow(Base):
    """Aggregates of an area (its whole subtree), one row a metric and month: what screens read instead of people.

    Metrics are the keys of `data_access.domain.facts`; `month` is the first day's date. The newest month is current.
    """

    __tablename__ = "area_facts"

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]


class AreaDayRow(Base):
    """What was running in an area (its whole subtree) on a day: the last figure seen of the day, kept by the worker.

    Metrics are the keys of `data_access.domain.facts.Daily`.
    """

    __tablename__ = "area_days"

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]


class OrganisationRow(Base):
    """组织: an office, property company, social organisation or team's home."""

    __tablename__ = "organisations"

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    kind: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(40))


class TeamRow(Base):
    """队伍: people who act together (微型消防站, 党建领航 team, 一长三员一队)."""

    __tablename__ = "teams"
    __table_args__ = (Index("ix_teams_area_path", "area_path"),)

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    kind: Mapped[str] = mapped_column(String(40))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    lng: Mapped[float | None]
    lat: Mapped[float | None]


class ResponsibleRow(Base):
    """责任人: a person who answers for an area or a building, in a role, reachable by phone (masked unless on duty)."""

    __tablename__ = "responsibles"
    __table_args__ = (
        Index("ix_responsibles_area_path", "area_path"),
        Index("ix_responsibles_building_id", "building_id"),
    )

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    role: Mapped[str] = mapped_column(
        String(40)
    )  # grid_chief, grid_worker, building_head, police, property, street_chief
    phone: Mapped[str | None] = mapped_column(String(40))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))


class DutyRow(Base):
    """值班: who of those responsible is on shift from when to when."""

    __tablename__ = "duty_rota"
    __table_args__ = (Index("ix_duty_rota_area_path_starts_at", "area_path", "starts_at"),)

    id: Mapped[IdKey]
    responsible_id: Mapped[int] = mapped_column(ForeignKey("responsibles.id"))
    area_path: Mapped[AreaPath]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
