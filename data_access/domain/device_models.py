"""Device models: how often a make of device speaks, and the rules it comes with.

Sources of the default thresholds are in docs/alarms.md; all are configurable per device model and per device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from data_access.domain.alarm_rules import Above, AlarmRule
from data_access.domain.alarms import Severity
from data_access.domain.devices import AWAY, LOW_BATTERY_PCT, DeviceKind

NEVER_BY_COUNT: Final = 1_000_000
"""Readings in a row: so many that only the delay counts."""


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


def _lasting(alarm: str, metric: str, severity: Severity, seconds: float) -> AlarmRule:
    """A 0/1 state that is an alarm once it has lasted so long, however often it is reported meanwhile."""
    return replace(_on(alarm, metric, severity, raise_delay_s=seconds), raise_count=NEVER_BY_COUNT)


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
                raise_count=NEVER_BY_COUNT,
            ),
            AlarmRule(
                alarm="geofence",
                metric=AWAY,
                side=_H,
                levels=((1000.0, Severity.MINOR), (3000.0, Severity.MAJOR)),
                hysteresis=100.0,
                raise_count=2,
                raise_delay_s=600.0,
            ),
            AlarmRule(
                alarm="no_movement",
                metric="still_min",
                side=_H,
                levels=((240.0, Severity.MINOR), (300.0, Severity.MAJOR)),
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
                raise_count=NEVER_BY_COUNT,
            ),
            _lasting("fire_lane_blocked", "occupied", Severity.MAJOR, 1800.0),
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
    DeviceModel(
        code="parking-std",
        kind=DeviceKind.PARKING,
        name="车位",
        period_s=3600,
        rules=(_lasting("parking_overstay", "occupied", Severity.WARNING, 7 * 86_400.0),),
    ),
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
            _lasting("illegal_parking_long", "illegal_parking", Severity.MINOR, 1800.0),
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
