"""Two weeks of past alarms, all closed, with what was done about them (source `demo`)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from data_access.db.tables import to_ms
from data_access.demo.buildings import Buildings
from data_access.demo.chance import Chance
from data_access.demo.devices import Devices
from data_access.demo.frame import Columns, Community
from data_access.demo.system import DEMO
from data_access.domain.alarm_rules import Above, AlarmRule
from data_access.domain.alarms import AlarmAction, AlarmState, CloseReason, Severity, needs_reason
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.devices import METRIC_UNITS, DeviceKind

_SPAN_MS: Final = 14 * 86_400_000
_QUIET_MS: Final = 3_600_000  # the last hour before the epoch: everything has been dealt with
K = DeviceKind
_LIKELY: Final = {
    K.POOL: 8.0,
    K.VIDEO_AI: 16.0,
    K.SMOKE: 0.12,
    K.WATCH: 1.6,
    K.GAS: 0.6,
    K.HYDRANT: 2.0,
    K.MANHOLE: 1.0,
    K.LIFT: 0.6,
    K.ELECTRICAL: 0.8,
    K.FIRE_LANE: 1.4,
    K.PERIMETER: 1.6,
    K.WATERLOGGING: 1.0,
    K.DRONE: 3.0,
}
"""How often a device of the kind speaks up, against the others."""
_RULES: Final = {
    model.kind: tuple(rule for rule in model.rules if rule.alarm not in {"low_battery", "tamper"})
    for model in DEFAULT_MODELS
}


_REASONS: Final = {
    CloseReason.FALSE: 0.31,
    CloseReason.DEVICE_FAULT: 0.36,
    CloseReason.MAINTENANCE: 0.40,
    CloseReason.TEST: 0.45,
    CloseReason.REAL: 1.0,
}
"""What past alarms turned out to be: shares added up."""


def alarm_rows(community: Community, within: Buildings, devices: Devices) -> tuple[Columns, Columns]:
    """Rows of `alarms` and of `alarm_history`."""
    chance = Chance(community.seed, "alarms", community.plan.code)
    count = community.plan.alarms
    chosen = np.sort(chance.pick(count, [_LIKELY.get(kind, 0.0) for kind in devices.kinds]))
    draws = chance.uniform(count * 6).reshape(count, 6).tolist()
    ids = community.numbers.take("alarms", count).tolist()
    start = to_ms(community.epoch) - _SPAN_MS
    lines, history = [], []
    for number, device, draw in zip(ids, chosen.tolist(), draws, strict=True):
        rules = _RULES[devices.kinds[device]]
        rule = rules[int(draw[0] * len(rules))]
        threshold, severity = rule.levels[0 if draw[1] < 0.7 else -1]
        raised = start + int(draw[2] * (_SPAN_MS - 2 * _QUIET_MS))
        acknowledged = raised + 15_000 + int(draw[3] ** 3 * 1_200_000)
        cleared = raised + 60_000 + int(draw[4] ** 2 * _QUIET_MS)
        grid = community.grids[int(devices.grid[device])]
        actor = f"坐席 {1 + int(draw[5] * 6):02d}"
        judged = _judged(rule, int(severity), draw, max(acknowledged, cleared))
        lines.append(
            {
                "id": number,
                "device_id": int(devices.ids[device]),
                "kind": rule.alarm,
                "severity": int(severity),
                "life_safety": int(rule.life_safety),
                "state": AlarmState.CLOSED.value,
                "occurrences": 1,
                "area_id": grid.id,
                "area_path": grid.path,
                "building_id": int(within.ids[devices.building[device]]),
                "place": within.names[int(devices.building[device])],
                "lng": float(devices.lng[device]),
                "lat": float(devices.lat[device]),
                "value": _value(rule, threshold, draw[5]),
                "threshold": threshold,
                "unit": METRIC_UNITS.get(rule.metric),
                "raised_at": raised,
                "last_at": raised,
                "cleared_at": cleared,
                "acknowledged_at": acknowledged,
                "acknowledged_by": actor,
                "seen_severity": int(severity),
                "needs_reason": int(judged is not None),
                "close_reason": judged[0].value if judged else None,
                "closed_at": judged[1] if judged else max(acknowledged, cleared),
                "closed_by": actor,
                "source": DEMO,
                "version": 4 if judged else 3,
            }
        )
        history += _steps(number, int(severity), raised, (acknowledged, actor), cleared, judged)
    numbers = community.numbers.take("alarm_history", len(history)).tolist()
    for number, line in zip(numbers, history, strict=True):
        line["id"] = number
    return _columns(lines), _columns(history)


def _value(rule: AlarmRule, threshold: float, draw: float) -> float:
    """A reading that reaches `threshold`."""
    if threshold == 1.0:
        return 1.0 if rule.side is Above.HIGH else 0.0
    off = threshold * 0.08 * draw
    return round(threshold + off if rule.side is Above.HIGH else threshold - off - 0.001, 3)


def _judged(rule: AlarmRule, severity: int, draw: list[float], over: int) -> tuple[CloseReason, int] | None:
    """What it turned out to be and when somebody said so; None for a kind that closes without a word."""
    if not needs_reason(Severity(severity), life_safety=rule.life_safety):
        return None
    reason = next(r for r, share in _REASONS.items() if draw[3] < share)
    return reason, over + 30_000 + int(draw[4] * 600_000)


def _steps(
    alarm: int,
    severity: int,
    raised: int,
    seen: tuple[int, str],
    cleared: int,
    judged: tuple[CloseReason, int] | None,
) -> list[dict[str, Any]]:
    acknowledged, actor = seen
    first, then = sorted(
        [(acknowledged, actor, AlarmAction.ACKNOWLEDGE), (cleared, "ingest", AlarmAction.CLEAR)],
        key=lambda step: step[0],
    )
    between = AlarmState.ACTIVE_ACKED if first[2] is AlarmAction.ACKNOWLEDGE else AlarmState.CLEARED_UNACKED
    steps = (
        (raised, "ingest", "raise", AlarmState.ACTIVE_UNACKED),
        (*first, between),
        (*then, AlarmState.CLEARED_ACKED if judged else AlarmState.CLOSED),
    )
    lines = [
        {"alarm_id": alarm, "at": at, "actor": who, "action": str(action), "state": state.value, "severity": severity}
        for at, who, action, state in steps
    ]
    if judged:
        word = {"action": AlarmAction.CLOSE.value, "state": AlarmState.CLOSED.value}
        lines.append({**lines[-1], **word, "at": judged[1], "actor": actor})
    return lines


def _columns(lines: list[dict[str, Any]]) -> Columns:
    return {key: [line[key] for line in lines] for key in lines[0]} if lines else {}
