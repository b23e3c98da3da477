"""Incidents (事件), the catalogue they are classed by, the units that handle them, and their history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from data_access.db.tables.base import AreaPath, Base, Code, Id, IdKey, Name, Path, Small

_OPEN = text("stage NOT IN ('closed', 'void')")
_WATCHED = text("clock_at IS NOT NULL")
_IN_FORCE = text("retired_at IS NULL")
_ZERO = text("0")
_MERGED = text("merged_into IS NOT NULL")


class IncidentTypeRow(Base):
    """事项目录: top → main → sub class. Ids identify within a `source`; names are labels."""

    __tablename__ = "incident_types"
    __table_args__ = (UniqueConstraint("source", "ref", "level"),)

    id: Mapped[IdKey]
    source: Mapped[str] = mapped_column(String(40))
    ref: Mapped[str] = mapped_column(String(40))
    level: Mapped[Small]  # 1 top, 2 main, 3 sub
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("incident_types.id"))
    name: Mapped[Name]


class ItemRow(Base):
    """事项: a version of what holds for cases of a class in the subtree of `area_path`; append-only.

    A change retires the row and adds one with the next `version`: cases keep the one they came in under.
    """

    __tablename__ = "incident_items"
    __table_args__ = (
        UniqueConstraint("area_path", "number", "version"),
        Index("ix_incident_items_type_id", "type_id", sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
        # Of each number one version is in force.
        Index(
            "uq_incident_items_in_force",
            "area_path",
            "number",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )

    id: Mapped[IdKey]
    number: Mapped[str] = mapped_column(String(20))
    version: Mapped[Small]
    type_id: Mapped[int] = mapped_column(ForeignKey("incident_types.id"))
    area_path: Mapped[AreaPath]  # "": everywhere
    name: Mapped[Name]
    category: Mapped[str] = mapped_column(String(1))  # domain.catalogue.Category
    level: Mapped[Small]  # domain.escalation.Level
    urgency: Mapped[Small]
    working: Mapped[bool]
    workflow: Mapped[str] = mapped_column(String(20))  # its code: the newest version when a case comes in
    limit_ms: Mapped[int] = mapped_column(BigInteger)
    limits_ms: Mapped[dict[str, Any]]
    sample: Mapped[bool]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    retired_at: Mapped[datetime | None]


class WorkflowRow(Base):
    """流程: a version of a workflow that was changed here; append-only. What ships is version 0 and has no row."""

    __tablename__ = "workflow_versions"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[IdKey]
    code: Mapped[str] = mapped_column(String(14))
    version: Mapped[Small]
    body: Mapped[dict[str, Any]]  # domain.workflows.to_json
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))


class UnitRow(Base):
    """处置单位. The id of its source identifies it; the same name may belong to two, and names change."""

    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("source", "ref"),)

    id: Mapped[IdKey]
    source: Mapped[str] = mapped_column(String(40))
    ref: Mapped[str] = mapped_column(String(40))
    name: Mapped[Name]
    aliases: Mapped[list[str]] = mapped_column(default=list)


class ChannelRow(Base):
    """来源渠道: where incidents come in, with its owner."""

    __tablename__ = "channels"
    __table_args__ = (UniqueConstraint("source", "ref"),)

    id: Mapped[IdKey]
    source: Mapped[str] = mapped_column(String(40))
    ref: Mapped[str] = mapped_column(String(40))
    name: Mapped[Name]
    owner: Mapped[str | None] = mapped_column(String(100))


class IncidentRow(Base):
    """事件/案卷. Identified by (source, source_ref).

    `area_path` is that of the smallest known area; a row that names no street hangs on the district and is shown as
    未归属. `outcome` is an imported fact (on_time, overdue) where the source has no times; where it is null, times and
    `due_at` decide. `run` is set for replayed rows, which never enter official figures.

    What comes after `version` is where the case stands in its workflow (`domain.cases.Case`); of a case that came with
    its history from elsewhere it is null until somebody here does something to it, and the stage stands for the step.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("source", "source_ref"),
        Index("ix_incidents_area_path_created_at", "area_path", "created_at"),
        # Holds all that the indicators of a period read, however grouped, so that they never touch the rows.
        Index(
            "ix_incidents_closing",
            "created_at",
            "area_path",
            "run",
            "outcome",
            "stage",
            "due_at",
            "closed_at",
            "voided_at",
            "registered_at",
            "dispatched_at",
            "handled_at",
            "register_due_at",
            "dispatch_due_at",
            "handle_due_at",
            "returned_at",
            "reworked_at",
            "extended_at",
            "channel_id",
            "top_type_id",
            "main_type_id",
            "sub_type_id",
            "unit_id",
        ),
        Index(
            "ix_incidents_open",
            "area_path",
            "stage",
            "due_at",
            "run",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_incidents_closed_at", "closed_at"),
        Index("ix_incidents_building_id", "building_id"),
        Index("ix_incidents_clock_at", "clock_at", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
        # The board's columns and the list by clock, a page at a time.
        Index("ix_incidents_due", "due_at", "id", "area_path", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_incidents_stage_due", "stage", "due_at", "id", "area_path", sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        Index("ix_incidents_merged_into", "merged_into", sqlite_where=_MERGED, postgresql_where=_MERGED),
    )

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    source: Mapped[str] = mapped_column(String(40))
    source_ref: Mapped[str] = mapped_column(String(64))
    title: Mapped[Name]
    description: Mapped[str | None] = mapped_column(Text)
    nature: Mapped[str | None] = mapped_column(String(20))  # 求决 投诉 咨询 建议 感谢 其他
    top_type_id: Mapped[int | None] = mapped_column(ForeignKey("incident_types.id"))
    main_type_id: Mapped[int | None] = mapped_column(ForeignKey("incident_types.id"))
    sub_type_id: Mapped[int | None] = mapped_column(ForeignKey("incident_types.id"))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channels.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    place: Mapped[str | None] = mapped_column(String(200))
    lng: Mapped[float | None]
    lat: Mapped[float | None]
    stage: Mapped[str] = mapped_column(String(20))  # domain.incidents.Stage
    created_at: Mapped[datetime]
    registered_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(10))
    reworks: Mapped[Small] = mapped_column(default=0)
    extensions: Mapped[Small] = mapped_column(default=0)
    satisfaction: Mapped[int | None]
    run: Mapped[str | None] = mapped_column(String(40))
    original_created_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    workflow: Mapped[str | None] = mapped_column(String(20))
    step: Mapped[str | None] = mapped_column(String(20))
    urgency: Mapped[int | None]
    step_due_at: Mapped[datetime | None]
    register_due_at: Mapped[datetime | None]
    dispatch_due_at: Mapped[datetime | None]
    handle_due_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(String(60))
    level: Mapped[int | None]
    post: Mapped[str | None] = mapped_column(Path)
    turn_until: Mapped[datetime | None]
    clock_at: Mapped[datetime | None]
    late: Mapped[bool | None]
    suspended_at: Mapped[datetime | None]
    left_ms: Mapped[int | None] = mapped_column(BigInteger)
    step_left_ms: Mapped[int | None] = mapped_column(BigInteger)
    asked_until: Mapped[datetime | None]
    asked_by: Mapped[str | None] = mapped_column(String(60))
    extended_at: Mapped[datetime | None]
    reworked_at: Mapped[datetime | None]
    urged: Mapped[int | None]
    merged_into: Mapped[int | None] = mapped_column(Id)
    item_id: Mapped[int | None] = mapped_column(Id)


class CalendarDayRow(Base):
    """A day that the calendar of the year, as we have it, does not tell right: worked, or free."""

    __tablename__ = "calendar_days"

    id: Mapped[IdKey]
    day: Mapped[date] = mapped_column(unique=True)
    working: Mapped[bool]
    name: Mapped[str | None] = mapped_column(String(60))


class ClosingMonthRow(Base):
    """A calendar month (Asia/Shanghai) and when its closing figures were counted; null: they are not kept.

    All months there will ever be are rows from the beginning, so that a change and a count of the same month always
    meet in one row. `good_until` is when time alone would change a figure. See `db/closing.py`.
    """

    __tablename__ = "closing_months"

    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    built_at: Mapped[datetime | None]
    good_until: Mapped[datetime | None]


class ClosingFigureRow(Base):
    """What the incidents of a month that is kept amount to, for an area and a label."""

    __tablename__ = "closing_figures"

    by: Mapped[str] = mapped_column(String(10), primary_key=True)
    area_path: Mapped[AreaPath] = mapped_column(primary_key=True)
    month: Mapped[datetime] = mapped_column(primary_key=True)
    key: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    created: Mapped[int]
    due: Mapped[int]
    closed: Mapped[int]
    closed_on_time: Mapped[int]
    registered: Mapped[int] = mapped_column(server_default=_ZERO)
    registered_on_time: Mapped[int] = mapped_column(server_default=_ZERO)
    due_dispatch: Mapped[int] = mapped_column(server_default=_ZERO)
    dispatched: Mapped[int] = mapped_column(server_default=_ZERO)
    dispatched_on_time: Mapped[int] = mapped_column(server_default=_ZERO)
    dispatched_right: Mapped[int] = mapped_column(server_default=_ZERO)
    due_handling: Mapped[int] = mapped_column(server_default=_ZERO)
    handled: Mapped[int] = mapped_column(server_default=_ZERO)
    handled_on_time: Mapped[int] = mapped_column(server_default=_ZERO)
    overdue_unhandled: Mapped[int] = mapped_column(server_default=_ZERO)
    extended: Mapped[int] = mapped_column(server_default=_ZERO)
    reworked: Mapped[int] = mapped_column(server_default=_ZERO)


class AttachmentRow(Base):
    """附件: a photo, clip or voice of a case. What it holds lies in a file under `digest` (`db.files`).

    `lng`, `lat` is where a photo's file said it was taken; the file kept says so no more. `key` is the sender's own.
    """

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_incident_id", "incident_id"), Index("ix_attachments_digest", "digest"))

    id: Mapped[IdKey]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    key: Mapped[Code] = mapped_column(unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))  # domain.attachments.AttachmentKind
    phase: Mapped[str] = mapped_column(String(10))  # domain.attachments.Phase
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    lng: Mapped[float | None]
    lat: Mapped[float | None]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))


class PatrolPointRow(Base):
    """点位: a place with a QR code: citizens report there, grid workers check in."""

    __tablename__ = "patrol_points"
    __table_args__ = (Index("ix_patrol_points_area_path", "area_path"),)

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    lng: Mapped[float]
    lat: Mapped[float]


class PatrolVisitRow(Base):
    """打卡: somebody stood at a point. `distance_m` is how far off his telephone thought he was, if it said."""

    __tablename__ = "patrol_visits"
    __table_args__ = (Index("ix_patrol_visits_point_id_at", "point_id", "at"),)

    id: Mapped[IdKey]
    point_id: Mapped[int] = mapped_column(ForeignKey("patrol_points.id"))
    key: Mapped[Code] = mapped_column(unique=True)
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]  # when he stood there, where it was sent later
    actor: Mapped[str] = mapped_column(String(60))
    distance_m: Mapped[float | None]
    accuracy_m: Mapped[float | None]


class SentActRow(Base):
    """What a telephone sent under a key of its own has been done: it may say so again, and nothing more happens."""

    __tablename__ = "sent_acts"
    __table_args__ = (Index("ix_sent_acts_at", "at"),)

    key: Mapped[Code] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class RepeatRow(Base):
    """隐患: a complaint that, with others like it, makes a hidden danger; of one danger at most."""

    __tablename__ = "repeats"
    __table_args__ = (Index("ix_repeats_danger_id", "danger_id"),)

    id: Mapped[IdKey]
    danger_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    complaint_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"), unique=True)


class CaseLinkRow(Base):
    """关联: the home or the legal entity that a case is about; one of the two columns is given."""

    __tablename__ = "incident_links"
    __table_args__ = (
        UniqueConstraint("incident_id", "dwelling_id"),
        UniqueConstraint("incident_id", "entity_id"),
        Index("ix_incident_links_dwelling_id", "dwelling_id"),
        Index("ix_incident_links_entity_id", "entity_id"),
    )

    id: Mapped[IdKey]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    dwelling_id: Mapped[int | None] = mapped_column(ForeignKey("dwellings.id"))
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("legal_entities.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))


class ReportRow(Base):
    """随手拍: what only the citizen who reported and those on duty may know of a case.

    `secret` is the SHA-256 of the link by which he follows it. The telephone number is personal data: shown masked, in
    the clear one at a time, with a reason, audited.
    """

    __tablename__ = "reports"

    id: Mapped[IdKey]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"), unique=True)
    secret: Mapped[str] = mapped_column(String(64), unique=True)
    point: Mapped[str | None] = mapped_column(String(64))  # code of the point or building whose QR code was scanned
    phone: Mapped[str | None] = mapped_column(String(20))


class IncidentHistoryRow(Base):
    """案卷履历: every step, append-only."""

    __tablename__ = "incident_history"
    __table_args__ = (Index("ix_incident_history_incident_id", "incident_id"),)

    id: Mapped[IdKey]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[dict[str, Any] | None]
