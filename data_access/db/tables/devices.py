"""Devices, what they last said, and cameras. Raw readings live in one table a day: see `data_access.db.readings`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Double, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from data_access.db.tables.base import AreaPath, Base, Code, Id, IdKey, Json, Name, Small


class DeviceModelRow(Base):
    """终端型号: a kind, how often it speaks, and its alarm rules (JSON of `domain.devices.AlarmRule`)."""

    __tablename__ = "device_models"

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[Name]
    period_s: Mapped[int]
    offline_severity: Mapped[Small]
    rules: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    what_to_do: Mapped[str | None] = mapped_column(Text)  # in place of the kinds' text, markdown
    what_to_do_en: Mapped[str | None] = mapped_column(Text)


class DeviceRow(Base):
    """终端. `token` is its MQTT user and HTTP key: a secret. `overrides` changes rules of the model by alarm kind."""

    __tablename__ = "devices"
    __table_args__ = (
        Index("ix_devices_area_path_kind", "area_path", "kind", "replay"),
        Index("ix_devices_building_id", "building_id"),
        Index("ix_devices_gateway_id", "gateway_id"),
    )

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    model_id: Mapped[int] = mapped_column(ForeignKey("device_models.id"))
    name: Mapped[Name]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    household_id: Mapped[int | None] = mapped_column(Id)  # whom a watch belongs to
    gateway_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    floor: Mapped[int | None]
    lng: Mapped[float]
    lat: Mapped[float]
    overrides: Mapped[dict[str, Any] | None]
    replay: Mapped[bool] = mapped_column(default=False)  # fed by `yiping replay`: labelled, never offline
    what_to_do: Mapped[str | None] = mapped_column(Text)  # in place of the model's text
    what_to_do_en: Mapped[str | None] = mapped_column(Text)


class DeviceStateRow(Base):
    """最新状态: one row a device, written by ingest and by the offline clock.

    `status` is the `DeviceStatus` byte; `version` grows with every change of it; `last_ts` is the newest reading's
    source time, `last_seen` when we last heard anything. `values` is the newest value of each metric. `rule_state`
    is the evaluation memory (pending delays, counts) so that a restarted process carries on.
    """

    __tablename__ = "device_states"
    __table_args__ = (
        Index(
            "ix_device_states_abnormal",
            "area_path",
            sqlite_where=text("status <> 0"),
            postgresql_where=text("status <> 0"),
        ),
    )

    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"), primary_key=True, autoincrement=False)
    area_path: Mapped[AreaPath]
    status: Mapped[Small]
    version: Mapped[int]
    last_ts: Mapped[datetime | None]
    last_seen: Mapped[datetime | None]
    values: Mapped[dict[str, Any]]
    rule_state: Mapped[dict[str, Any] | None]


class MetricRow(Base):
    """Numbers for metric keys, so that a reading is small."""

    __tablename__ = "metrics"

    id: Mapped[IdKey]
    key: Mapped[str] = mapped_column(String(40), unique=True)
    unit: Mapped[str | None] = mapped_column(String(20))


class ReadingHourRow(Base):
    """Hourly minimum, mean and maximum of a metric, kept longer than the readings."""

    __tablename__ = "readings_hourly"
    __table_args__ = (Index("ix_readings_hourly_hour", "hour"),)

    device_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    metric_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]
    minimum: Mapped[float] = mapped_column(Double)
    mean: Mapped[float] = mapped_column(Double)
    maximum: Mapped[float] = mapped_column(Double)


class CameraRow(Base):
    """视频点位. `stream` is where our server fetches it: never handed to a browser."""

    __tablename__ = "cameras"
    __table_args__ = (Index("ix_cameras_area_path", "area_path"),)

    id: Mapped[IdKey]
    code: Mapped[Code] = mapped_column(unique=True)
    gb_code: Mapped[str | None] = mapped_column(String(20))
    name: Mapped[Name]
    kind: Mapped[str] = mapped_column(String(20))
    owner: Mapped[str | None] = mapped_column(String(60))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"))
    area_path: Mapped[AreaPath]
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    lng: Mapped[float]
    lat: Mapped[float]
    stream: Mapped[str | None] = mapped_column(String(400))
    delivering: Mapped[bool] = mapped_column(default=False)  # 有画面
    last_frame_at: Mapped[datetime | None]
