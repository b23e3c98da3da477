"""A month of hourly extremes of the devices that raised most alarms: what the preview of a threshold replays.

They agree with the alarms that were seeded: the worst hour of each is as bad as the alarm says, and no other hour is.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np

from data_access.db.tables import to_ms
from data_access.demo.chance import Chance, Floats
from data_access.demo.devices import Devices
from data_access.demo.frame import Columns, Community
from data_access.demo.system import metric_ids
from data_access.domain.alarm_rules import Above, AlarmRule
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.devices import DeviceKind

HOUR_MS: Final = 3_600_000
HOURS: Final = 30 * 24
MOST: Final = 4
"""Devices of a community that have such a past."""
_RULES: Final = {(model.kind, rule.alarm): rule for model in DEFAULT_MODELS for rule in model.rules}
_USUAL: Final = {
    "level_pct": (86.0, 3.5),
    "pressure_mpa": (0.21, 0.03),
    "gas_lel": (1.6, 1.2),
    "residual_ma": (90.0, 50.0),
    "temp_c": (38.0, 10.0),
    "water_level_cm": (4.0, 3.0),
    "tilt_deg": (2.0, 0.8),
}
"""Where a metric usually is and how far it goes through the day, well away from the thresholds of the default rules."""
_PERIODS: Final = {model.kind: model.period_s for model in DEFAULT_MODELS}


def hour_rows(community: Community, devices: Devices, alarms: Columns) -> Columns:
    """Rows of `readings_hourly`."""
    kinds = dict(zip(devices.ids.tolist(), devices.kinds, strict=True))
    told: dict[tuple[int, str], list[tuple[int, int, float, AlarmRule]]] = {}
    lines = zip(*(alarms[name] for name in ("device_id", "kind", "raised_at", "cleared_at", "value")), strict=True)
    for device, alarm, raised, cleared, value in lines:
        rule = _RULES[kinds[device], alarm]
        if rule.metric in _USUAL:
            told.setdefault((device, rule.metric), []).append((raised, cleared, value, rule))
    most = Counter({key: len(found) for key, found in told.items()}).most_common(MOST)
    parts = [_of(community, kinds[key[0]], key, told[key]) for key, _ in sorted(most)]
    return {name: [value for part in parts for value in part[name]] for name in parts[0]} if parts else {}


def _of(
    community: Community,
    kind: DeviceKind,
    key: tuple[int, str],
    told: list[tuple[int, int, float, AlarmRule]],
) -> dict[str, list[Any]]:
    device, metric = key
    chance = Chance(community.seed, "hours", str(device), metric)
    usual, way = _USUAL[metric]
    end = to_ms(community.epoch) // HOUR_MS
    hours = np.arange(end - HOURS, end, dtype=np.int64)
    day = np.sin((hours % 24) / 24 * 2 * np.pi)
    mean: Floats = usual + way * (0.6 * day + 0.3 * chance.uniform(HOURS, -1, 1))
    spread = way * chance.uniform(HOURS, 0.02, 0.1)
    lowest, highest = np.maximum(mean - spread, 0), mean + spread
    for raised, cleared, value, rule in told:
        first, last = (int(at // HOUR_MS) - (end - HOURS) for at in (raised, cleared))
        if first < 0:
            continue
        during = slice(first, min(last, HOURS - 1) + 1)
        if rule.side is Above.HIGH:
            highest[during] = np.maximum(highest[during], value)
        else:
            lowest[during] = np.minimum(lowest[during], value)
    count = 3600 // min(_PERIODS[kind], 3600)
    return {
        "device_id": [device] * HOURS,
        "metric_id": [metric_ids()[metric]] * HOURS,
        "hour": (hours * HOUR_MS).tolist(),
        "count": [count] * HOURS,
        "minimum": np.round(lowest, 3).tolist(),
        "mean": np.round(np.clip(mean, lowest, highest), 3).tolist(),
        "maximum": np.round(highest, 3).tolist(),
    }
