"""Devices (终端): their kinds, the metrics they report and their state in one byte.

Kinds and metric keys are the codes used in imports, exports, MQTT and the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag, StrEnum
from typing import Final

MISSED_PERIODS: Final = 3
"""A device is offline after this many missed periods of its model."""

LOW_BATTERY_PCT: Final = 20.0


class DeviceKind(StrEnum):
    """What a device is."""

    SMOKE = "smoke"  # 红外烟感
    GAS = "gas"  # 燃气检测
    HYDRANT = "hydrant"  # 消防栓水压
    POOL = "pool"  # 消防水池水位
    WATCH = "watch"  # 老人手表
    LIFT = "lift"  # 电梯
    MANHOLE = "manhole"  # 井盖
    PERIMETER = "perimeter"  # 周界
    FIRE_LANE = "fire_lane"  # 消防通道
    ELECTRICAL = "electrical"  # 电气
    PARKING = "parking"  # 车位
    WATERLOGGING = "waterlogging"  # 内涝点
    VIDEO_AI = "video_ai"  # 视频识别
    DRONE = "drone"  # 无人机巡查
    FLOW = "flow"  # 水流量
    GATEWAY = "gateway"  # 网关


class DeviceStatus(IntFlag):
    """A device's state in one byte, as the map feed sends it: severity in the low three bits, then flags."""

    SEVERITY_MASK = 0b0000_0111
    OFFLINE = 0b0000_1000
    LOW_BATTERY = 0b0001_0000
    NEVER_SEEN = 0b0010_0000
    LIFE_SAFETY = 0b0100_0000


AWAY: Final = "away_m"
"""How far a device that tells its position (`lng`, `lat`) is from its place: worked out where a rule asks for it."""

METRIC_UNITS: Final[Mapping[str, str]] = {
    "gas_lel": "%LEL",
    "pressure_mpa": "MPa",
    "level_pct": "%",
    "heart_rate": "bpm",
    "spo2": "%",
    "lng": "°",
    "lat": "°",
    "still_min": "min",
    AWAY: "m",
    "tilt_deg": "°",
    "water_level_cm": "cm",
    "residual_ma": "mA",
    "temp_c": "°C",
    "flow_lps": "L/s",
    "battery_pct": "%",
    "rssi_dbm": "dBm",
}
"""Units of the numeric metrics; the others are states 0/1."""

KIND_METRICS: Final[Mapping[DeviceKind, tuple[str, ...]]] = {
    DeviceKind.SMOKE: ("smoke",),
    DeviceKind.GAS: ("gas_lel",),
    DeviceKind.HYDRANT: ("pressure_mpa",),
    DeviceKind.POOL: ("level_pct",),
    DeviceKind.WATCH: ("sos", "fall", "heart_rate", "spo2", "worn", "lng", "lat", "still_min"),
    DeviceKind.LIFT: ("fault", "trapped"),
    DeviceKind.MANHOLE: ("tilt_deg", "water_level_cm"),
    DeviceKind.PERIMETER: ("intrusion",),
    DeviceKind.FIRE_LANE: ("occupied",),
    DeviceKind.ELECTRICAL: ("residual_ma", "temp_c"),
    DeviceKind.PARKING: ("occupied",),
    DeviceKind.WATERLOGGING: ("water_level_cm",),
    DeviceKind.VIDEO_AI: ("litter", "illegal_parking", "graffiti", "thrown_object", "crowd", "ebike_in_lift"),
    DeviceKind.DRONE: ("finding",),
    DeviceKind.FLOW: ("flow_lps",),
    DeviceKind.GATEWAY: (),
}
COMMON_METRICS: Final = ("battery_pct", "rssi_dbm", "tamper")
