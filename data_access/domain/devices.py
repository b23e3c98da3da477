"""Devices (终端): kinds, the metrics they report, and the rules that turn a reading into an alarm.

Kinds and metric keys are the codes used in imports, exports, MQTT and the API. Default thresholds and their sources
are in docs/alarms.md; all are configurable per device model and per device.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import IntFlag, StrEnum
from typing import Any, Final

from data_access.domain.alarms import Severity
from data_access.domain.errors import InvalidInput

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


class Above(StrEnum):
    """Which side of a threshold is abnormal."""

    HIGH = "high"  # value >= threshold
    LOW = "low"  # value < threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """When readings of one metric raise, worsen and clear one kind of alarm.

    `levels` are (threshold, severity), mildest first. With `side` high a value at or above the threshold is abnormal,
    with low a value below it. `hysteresis` (metric's unit) is how far a value must come back past the mildest
    threshold before the condition counts as gone; `clear_delay_s` how long it must stay there. The condition must
    hold for `raise_delay_s` seconds or `raise_count` readings in a row, whichever comes first; 0 and 1 raise at once.
    """

    alarm: str
    metric: str
    side: Above
    levels: tuple[tuple[float, Severity], ...]
    hysteresis: float = 0.0
    raise_delay_s: float = 0.0
    raise_count: int = 1
    clear_delay_s: float = 0.0
    life_safety: bool = False

    @property
    def is_state(self) -> bool:
        """Tell whether the metric is a 0/1 state; then each further report of the alarm counts up."""
        return self.metric not in METRIC_UNITS

    def threshold_of(self, severity: Severity) -> float:
        """The threshold that stands for `severity` (the mildest when none does)."""
        return next((t for t, s in self.levels if s is severity), self.levels[0][0])

    def severity_of(self, value: float) -> Severity:
        """The worst level that `value` reaches; NORMAL when none."""
        reached = [
            s for threshold, s in self.levels if (value >= threshold if self.side is Above.HIGH else value < threshold)
        ]
        return max(reached, default=Severity.NORMAL)

    def is_back(self, value: float) -> bool:
        """Tell whether `value` is normal again, hysteresis included."""
        mildest = self.levels[0][0]
        if self.side is Above.HIGH:
            return value < round(mildest - self.hysteresis, 9)
        return value >= round(mildest + self.hysteresis, 9)  # 0.14 + 0.01 is to be 0.15


MAX_KEY: Final = 40
MAX_NUMBER: Final = 31_536_000  # a year in seconds
OFFLINE: Final = "offline"
"""The alarm kind of a silent device. It has no rule: the clock raises it, any reading clears it."""


def rule_to_json(rule: AlarmRule) -> dict[str, Any]:
    """Return `rule` as it is kept in `device_models.rules`."""
    return asdict(rule) | {"side": rule.side.value, "levels": [[t, int(s)] for t, s in rule.levels]}


def rule_from_json(kept: Mapping[str, Any]) -> AlarmRule:
    """Return the rule kept as `kept`; raise `InvalidInput` naming what does not fit."""
    if not isinstance(kept, Mapping):
        raise InvalidInput("an alarm rule is an object")
    known = {f.name for f in fields(AlarmRule)}
    if unknown := sorted(set(kept) - known):
        raise InvalidInput(f"an alarm rule has no {', '.join(unknown)}")
    try:
        levels = tuple((float(t), Severity(int(s))) for t, s in kept["levels"])
        rule = AlarmRule(**{**kept, "side": Above(kept["side"]), "levels": levels})
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"an alarm rule is not complete: {error}") from None
    _check(rule)
    ordered = sorted(levels, reverse=rule.side is Above.LOW)
    if not levels or list(levels) != ordered:
        raise InvalidInput(f"the levels of {rule.alarm} must be listed, mildest first")
    return rule


def _check(rule: AlarmRule) -> None:
    """Raise `InvalidInput` for a field that readings could not be held against."""
    for name in ("alarm", "metric"):
        value = getattr(rule, name)
        if not isinstance(value, str) or not 0 < len(value) <= MAX_KEY:
            raise InvalidInput(f"{name} of an alarm rule is a text of at most {MAX_KEY} characters")
    for name in ("hysteresis", "raise_delay_s", "clear_delay_s", "raise_count"):
        value = getattr(rule, name)
        if type(value) not in (int, float) or not 0 <= value <= MAX_NUMBER:
            raise InvalidInput(f"{name} of the rule {rule.alarm} is a number from 0 to {MAX_NUMBER:,}")
    if not all(math.isfinite(threshold) for threshold, _ in rule.levels):
        raise InvalidInput(f"the thresholds of {rule.alarm} are finite numbers")


def with_overrides(rules: tuple[AlarmRule, ...], overrides: Mapping[str, Any] | None) -> tuple[AlarmRule, ...]:
    """Return `rules` as a device's own `overrides` change them.

    `overrides` maps an alarm kind to the fields that differ, to null to switch that rule off, or to a whole rule
    that the model does not have. Raises `InvalidInput` for a rule that would not be complete.
    """
    if not overrides:
        return rules
    if not isinstance(overrides, Mapping) or not all(c is None or isinstance(c, Mapping) for c in overrides.values()):
        raise InvalidInput("overrides map an alarm kind to the fields that differ, or to null")
    merged = {rule.alarm: rule_to_json(rule) for rule in rules}
    for alarm, changes in overrides.items():
        if changes is None:
            merged.pop(alarm, None)
        else:
            merged[alarm] = merged.get(alarm, {}) | {"alarm": alarm} | dict(changes)
    return tuple(rule_from_json(kept) for kept in merged.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceModel:
    """A make of device: how often it speaks and what its readings mean."""

    code: str
    kind: DeviceKind
    name: str
    period_s: int
    rules: tuple[AlarmRule, ...] = ()
    offline_severity: Severity = Severity.WARNING
    units: Mapping[str, str] = field(default_factory=dict)


class DeviceStatus(IntFlag):
    """A device's state in one byte, as the map feed sends it: severity in the low three bits, then flags."""

    SEVERITY_MASK = 0b0000_0111
    OFFLINE = 0b0000_1000
    LOW_BATTERY = 0b0001_0000
    NEVER_SEEN = 0b0010_0000
    LIFE_SAFETY = 0b0100_0000


METRIC_UNITS: Final[Mapping[str, str]] = {
    "gas_lel": "%LEL",
    "pressure_mpa": "MPa",
    "level_pct": "%",
    "heart_rate": "bpm",
    "spo2": "%",
    "lng": "°",
    "lat": "°",
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
    DeviceKind.WATCH: ("sos", "fall", "heart_rate", "spo2", "worn", "lng", "lat"),
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


def _on(
    alarm: str, metric: str, severity: Severity, *, life_safety: bool = False, raise_delay_s: float = 0.0
) -> AlarmRule:
    """A 0/1 state whose 1 is the alarm."""
    return AlarmRule(
        alarm=alarm,
        metric=metric,
        side=Above.HIGH,
        levels=((1.0, severity),),
        life_safety=life_safety,
        raise_delay_s=raise_delay_s,
    )


_LOW_BATTERY = AlarmRule(
    alarm="low_battery",
    metric="battery_pct",
    side=Above.LOW,
    levels=((LOW_BATTERY_PCT, Severity.WARNING),),
    hysteresis=5.0,
    raise_count=3,
    raise_delay_s=86_400.0,
)
_TAMPER = _on("tamper", "tamper", Severity.MINOR)
_H, _L = Above.HIGH, Above.LOW

DEFAULT_MODELS: Final[tuple[DeviceModel, ...]] = (
    DeviceModel(
        code="smoke-std",
        kind=DeviceKind.SMOKE,
        name="红外烟感",
        period_s=3600,
        rules=(_on("smoke", "smoke", Severity.CRITICAL, life_safety=True), _LOW_BATTERY, _TAMPER),
    ),
    DeviceModel(
        code="gas-std",
        kind=DeviceKind.GAS,
        name="燃气检测",
        period_s=1800,
        rules=(
            AlarmRule(
                alarm="gas",
                metric="gas_lel",
                side=_H,
                levels=((5.0, Severity.MAJOR), (25.0, Severity.CRITICAL)),
                hysteresis=1.0,
                clear_delay_s=30.0,
                life_safety=True,
            ),
            _LOW_BATTERY,
            _TAMPER,
        ),
    ),
    DeviceModel(
        code="hydrant-std",
        kind=DeviceKind.HYDRANT,
        name="消防栓水压",
        period_s=1800,
        rules=(
            AlarmRule(
                alarm="pressure_low",
                metric="pressure_mpa",
                side=_L,
                levels=((0.14, Severity.MINOR), (0.10, Severity.MAJOR)),
                hysteresis=0.01,
                raise_count=2,
                raise_delay_s=10.0,
                clear_delay_s=30.0,
            ),
            AlarmRule(
                alarm="pressure_high",
                metric="pressure_mpa",
                side=_H,
                levels=((0.50, Severity.MINOR),),
                hysteresis=0.02,
                raise_count=2,
                raise_delay_s=10.0,
                clear_delay_s=30.0,
            ),
            _LOW_BATTERY,
            _TAMPER,
        ),
    ),
    DeviceModel(
        code="pool-std",
        kind=DeviceKind.POOL,
        name="消防水池水位",
        period_s=1800,
        rules=(
            AlarmRule(
                alarm="level_low",
                metric="level_pct",
                side=_L,
                levels=((80.0, Severity.MINOR), (50.0, Severity.MAJOR)),
                hysteresis=2.0,
                raise_count=2,
                raise_delay_s=10.0,
                clear_delay_s=30.0,
            ),
            AlarmRule(
                alarm="overflow", metric="level_pct", side=_H, levels=((100.0, Severity.WARNING),), hysteresis=1.0
            ),
            _LOW_BATTERY,
            _TAMPER,
        ),
    ),
    DeviceModel(
        code="watch-std",
        kind=DeviceKind.WATCH,
        name="老人手表",
        period_s=600,
        rules=(
            _on("sos", "sos", Severity.CRITICAL, life_safety=True),
            _on("fall", "fall", Severity.CRITICAL, life_safety=True),
            AlarmRule(
                alarm="heart_rate_high",
                metric="heart_rate",
                side=_H,
                levels=((120.0, Severity.MAJOR),),
                hysteresis=5.0,
                raise_count=5,
                raise_delay_s=10.0,
                clear_delay_s=60.0,
            ),
            AlarmRule(
                alarm="heart_rate_low",
                metric="heart_rate",
                side=_L,
                levels=((50.0, Severity.MAJOR),),
                hysteresis=3.0,
                raise_count=5,
                raise_delay_s=10.0,
                clear_delay_s=60.0,
            ),
            AlarmRule(
                alarm="spo2_low",
                metric="spo2",
                side=_L,
                levels=((90.0, Severity.MAJOR),),
                hysteresis=2.0,
                raise_count=5,
                raise_delay_s=10.0,
                clear_delay_s=60.0,
            ),
            AlarmRule(
                alarm="not_worn",
                metric="worn",
                side=_L,
                levels=((1.0, Severity.WARNING),),
                raise_delay_s=1800.0,
                raise_count=1_000_000,
            ),
            _LOW_BATTERY,
        ),
    ),
    DeviceModel(
        code="lift-std",
        kind=DeviceKind.LIFT,
        name="电梯",
        period_s=600,
        rules=(
            _on("lift_trapped", "trapped", Severity.CRITICAL, life_safety=True),
            _on("lift_fault", "fault", Severity.MAJOR),
        ),
    ),
    DeviceModel(
        code="manhole-std",
        kind=DeviceKind.MANHOLE,
        name="井盖",
        period_s=7200,
        rules=(
            AlarmRule(
                alarm="manhole_tilt",
                metric="tilt_deg",
                side=_H,
                levels=((15.0, Severity.MAJOR),),
                hysteresis=5.0,
                life_safety=False,
            ),
            AlarmRule(
                alarm="manhole_water",
                metric="water_level_cm",
                side=_H,
                levels=((80.0, Severity.MINOR),),
                hysteresis=10.0,
            ),
            _LOW_BATTERY,
            _TAMPER,
        ),
    ),
    DeviceModel(
        code="perimeter-std",
        kind=DeviceKind.PERIMETER,
        name="周界",
        period_s=1800,
        rules=(_on("intrusion", "intrusion", Severity.MINOR),),
    ),
    DeviceModel(
        code="fire-lane-std",
        kind=DeviceKind.FIRE_LANE,
        name="消防通道",
        period_s=1800,
        rules=(
            AlarmRule(
                alarm="fire_lane_occupied",
                metric="occupied",
                side=_H,
                levels=((1.0, Severity.MINOR),),
                raise_delay_s=300.0,
                raise_count=1_000_000,
            ),
        ),
    ),
    DeviceModel(
        code="electrical-std",
        kind=DeviceKind.ELECTRICAL,
        name="电气",
        period_s=1800,
        rules=(
            AlarmRule(
                alarm="residual_current",
                metric="residual_ma",
                side=_H,
                levels=((300.0, Severity.MINOR), (500.0, Severity.MAJOR)),
                hysteresis=20.0,
                raise_count=2,
                raise_delay_s=10.0,
            ),
            AlarmRule(
                alarm="overheat",
                metric="temp_c",
                side=_H,
                levels=((70.0, Severity.MAJOR), (90.0, Severity.CRITICAL)),
                hysteresis=5.0,
                raise_count=2,
                raise_delay_s=10.0,
            ),
        ),
    ),
    DeviceModel(code="parking-std", kind=DeviceKind.PARKING, name="车位", period_s=3600),
    DeviceModel(
        code="waterlogging-std",
        kind=DeviceKind.WATERLOGGING,
        name="内涝点",
        period_s=600,
        rules=(
            AlarmRule(
                alarm="waterlogging",
                metric="water_level_cm",
                side=_H,
                levels=((15.0, Severity.MINOR), (30.0, Severity.MAJOR), (50.0, Severity.CRITICAL)),
                hysteresis=3.0,
                raise_count=2,
                raise_delay_s=10.0,
                clear_delay_s=60.0,
            ),
        ),
    ),
    DeviceModel(
        code="video-ai-std",
        kind=DeviceKind.VIDEO_AI,
        name="视频识别",
        period_s=3600,
        rules=(
            _on("thrown_object", "thrown_object", Severity.MAJOR),
            _on("ebike_in_lift", "ebike_in_lift", Severity.MAJOR),
            _on("crowd", "crowd", Severity.MINOR),
            _on("illegal_parking", "illegal_parking", Severity.WARNING),
            _on("graffiti", "graffiti", Severity.WARNING),
            _on("litter", "litter", Severity.WARNING),
        ),
    ),
    DeviceModel(
        code="drone-std",
        kind=DeviceKind.DRONE,
        name="无人机巡查",
        period_s=86_400,
        rules=(_on("drone_finding", "finding", Severity.WARNING),),
    ),
    DeviceModel(code="flow-std", kind=DeviceKind.FLOW, name="水流量", period_s=3600),
    DeviceModel(code="gateway-std", kind=DeviceKind.GATEWAY, name="网关", period_s=60, offline_severity=Severity.MAJOR),
)
