"""What screens show of one device. No token, no household, nothing of a person's health or whereabouts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The newest value of a metric."""

    value: Any
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """A device, where it is and what it last said. `status` is the `DeviceStatus` byte."""

    id: int
    code: str
    name: str
    kind: str
    model: str
    area_name: str
    building_code: str | None
    place: str
    lng: float
    lat: float
    status: int
    version: int
    last_ts: datetime | None
    last_seen: datetime | None
    replay: bool
    values: Mapping[str, Value]
