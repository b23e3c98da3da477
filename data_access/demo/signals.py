"""What a healthy device of each kind measures at a moment: plausible daily curves, the same for the same seed.

Every value is a function of seed, device and time, so that a simulator which starts again goes on where it would have
been. Nothing here ever reaches an alarm threshold of the default models; what does is played by `scenarios`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from data_access.demo.fleet import Device, unit
from data_access.domain.devices import KIND_METRICS, DeviceKind

K = DeviceKind
Values = dict[str, float]

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
_SHANGHAI_H: Final = 8
_MAINS: Final = (K.LIFT, K.VIDEO_AI, K.ELECTRICAL, K.FLOW, K.DRONE, K.GATEWAY)  # no battery
_WEAK: Final = 0.0005
"""Share of batteries that are nearly empty."""


def values(device: Device, at_ms: int, seed: int) -> Values:
    """What `device` measures at `at_ms`, without battery and signal."""
    return _CURVES[device.kind](device, at_ms, seed)


def condition(device: Device, at_ms: int, seed: int) -> Values:
    """Battery (where there is one) and signal of `device` at `at_ms`."""
    noise = unit(seed, device.id, at_ms // _HOUR_MS)
    found = {"rssi_dbm": float(round(-58 - 42 * unit(seed, device.id, 3) + 4 * (noise - 0.5)))}
    if device.kind not in _MAINS:
        if weak_battery(device, seed):
            found["battery_pct"] = float(11 + round(8 * unit(seed, device.id, 5)))
        else:
            # It loses a quarter over the year, and is changed before it is empty.
            lost = (unit(seed, device.id, 4) + at_ms / (365 * _DAY_MS)) * 4 % 1
            found["battery_pct"] = float(round(100 - 70 * lost))
    return found


def weak_battery(device: Device, seed: int) -> bool:
    """Tell whether the device is one of the few whose battery is nearly empty."""
    return device.kind not in _MAINS and unit(seed, device.id, 6) < _WEAK


def local_hour(at_ms: int) -> float:
    """Hour of the day in Shanghai, 0 … 24."""
    return (at_ms / _HOUR_MS + _SHANGHAI_H) % 24


def _bump(hour: float, peak: float, width: float) -> float:
    """1 at the hour `peak`, falling off over `width` hours on both sides, around midnight too."""
    away = min(abs(hour - peak), 24 - abs(hour - peak))
    return math.exp(-((away / width) ** 2))


def _meals(hour: float) -> float:
    return max(_bump(hour, 7.2, 1.0), _bump(hour, 11.8, 1.2), _bump(hour, 18.3, 1.5))


def _noise(device: Device, at_ms: int, seed: int) -> float:
    """Between -1 and 1, changing every ten minutes."""
    return 2 * unit(seed, device.id, at_ms // 600_000) - 1


def _own(device: Device, seed: int) -> float:
    """What makes this device differ from its neighbours, 0 … 1."""
    return unit(seed, device.id, 1)


def _zeros(device: Device, _at_ms: int, _seed: int) -> Values:
    return dict.fromkeys(KIND_METRICS[device.kind], 0.0)


def _gas(device: Device, at_ms: int, seed: int) -> Values:
    cooking = _meals(local_hour(at_ms)) * max(0.0, _noise(device, at_ms, seed))
    return {"gas_lel": round(1.6 * _own(device, seed) + 1.5 * cooking, 1)}


def _hydrant(device: Device, at_ms: int, seed: int) -> Values:
    drawn = 0.03 * _meals(local_hour(at_ms))
    return {"pressure_mpa": round(0.25 + 0.13 * _own(device, seed) - drawn + 0.006 * _noise(device, at_ms, seed), 3)}


def _pool(device: Device, at_ms: int, seed: int) -> Values:
    return {"level_pct": round(88 + 9 * _own(device, seed) + 0.8 * _noise(device, at_ms, seed), 1)}


def _watch(device: Device, at_ms: int, seed: int) -> Values:
    hour = local_hour(at_ms)
    asleep = _bump(hour, 2.5, 3.5)
    out = _bump(hour, 9.0, 1.5) * (_own(device, seed) > 0.5)
    beat = 66 + 18 * _own(device, seed) - 7 * asleep + 10 * out + 4 * _noise(device, at_ms, seed)
    away = 0.002 * out
    return {
        "sos": 0.0,
        "fall": 0.0,
        "heart_rate": float(round(beat)),
        "spo2": float(round(97 + _noise(device, at_ms, seed))),
        "worn": 1.0,
        "lng": round(device.lng + away * _noise(device, at_ms, seed), 6),
        "lat": round(device.lat + away * _noise(device, at_ms + 1_200_000, seed), 6),
        "still_min": float(round(20 + 60 * asleep + 12 * _noise(device, at_ms, seed))),
    }


def _manhole(device: Device, at_ms: int, seed: int) -> Values:
    level = 22 * _own(device, seed) + 3 * _noise(device, at_ms, seed)
    return {"tilt_deg": round(3 * unit(seed, device.id, 2), 1), "water_level_cm": round(max(0.0, level), 1)}


def _electrical(device: Device, at_ms: int, seed: int) -> Values:
    load = 0.4 + 0.6 * max(_bump(local_hour(at_ms), 15.0, 4.0), _bump(local_hour(at_ms), 20.0, 2.5))
    return {
        "residual_ma": round(20 + 100 * _own(device, seed) * load + 6 * abs(_noise(device, at_ms, seed)), 1),
        "temp_c": round(25 + 16 * unit(seed, device.id, 2) * load + 2 * _noise(device, at_ms, seed), 1),
    }


def _parking(device: Device, at_ms: int, seed: int) -> Values:
    taken = 0.45 + 0.45 * _bump(local_hour(at_ms), 1.0, 7.0)
    return {"occupied": float(unit(seed, device.id, at_ms // _HOUR_MS) < taken)}


def _waterlogging(device: Device, at_ms: int, seed: int) -> Values:
    return {"water_level_cm": round(max(0.0, 1.2 * _own(device, seed) + 0.6 * _noise(device, at_ms, seed)), 1)}


def _flow(device: Device, at_ms: int, seed: int) -> Values:
    drawn = 14 * _meals(local_hour(at_ms)) - 8 * _bump(local_hour(at_ms), 3.0, 3.0)
    return {"flow_lps": round(100 + 8 * _own(device, seed) + drawn + 2 * _noise(device, at_ms, seed), 2)}


_CURVES: Final[dict[DeviceKind, Callable[[Device, int, int], Values]]] = {
    K.SMOKE: _zeros,
    K.GAS: _gas,
    K.HYDRANT: _hydrant,
    K.POOL: _pool,
    K.WATCH: _watch,
    K.LIFT: _zeros,
    K.MANHOLE: _manhole,
    K.PERIMETER: _zeros,
    K.FIRE_LANE: _zeros,
    K.ELECTRICAL: _electrical,
    K.PARKING: _parking,
    K.WATERLOGGING: _waterlogging,
    K.VIDEO_AI: _zeros,
    K.DRONE: _zeros,
    K.FLOW: _flow,
    K.GATEWAY: _zeros,
}
