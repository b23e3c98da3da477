"""Two months of past alarms, all closed, with what was done about them (source `demo`): a month and the one before."""

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

_SPAN_MS: Final = 60 * 86_400_000
_QUIET_MS: Final = 3_600_000  # the last hour before the epoch: everything has been dealt with
_CYCLE_MS: Final = 12_000  # of one that goes to and fro
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


_FALSE: Final = {K.PERIMETER: 0.34, K.VIDEO_AI: 0.21, K.GAS: 0.19, K.LIFT: 0.16, K.SMOKE: 0.13, K.WATCH: 0.11}
"""How much of what a kind tells is no alarm; of the others 7 %."""
_OTHER_REASONS: Final = {CloseReason.DEVICE_FAULT: 0.06, CloseReason.MAINTENANCE: 0.11, CloseReason.TEST: 0.17}
"""Of what is left: what else it turned out to be, shares added up; the rest was real."""
_UNEVEN: Final = 0.7
"""How unevenly alarms fall on devices: a few bad actors make most of them."""
_CHATTERS, _STAYS = 0.006, 0.012
"""Shares of alarms that go to and fro within a minute, and that stand for days."""
_BURSTS: Final = 8
"""One community in so many has had an hour in which its hydrants lost pressure together."""


def alarm_rows(community: Community, within: Buildings, devices: Devices) -> tuple[Columns, Columns]:
    """Rows of `alarms` and of `alarm_history`."""
    chance = Chance(community.seed, "alarms", community.plan.code)
    count = community.plan.alarms
    weights = np.array([_LIKELY.get(kind, 0.0) for kind in devices.kinds])
    weights *= np.maximum(chance.uniform(len(weights)), 1e-4) ** -_UNEVEN
    chosen = np.sort(chance.pick(count, weights))
    draws = chance.uniform(count * 8).reshape(count, 8).tolist()
    ids = community.numbers.take("alarms", count).tolist()
    start = to_ms(community.epoch) - _SPAN_MS
    burst = _burst(community, chance, start)
    lines, history = [], []
    for number, device, draw in zip(ids, chosen.tolist(), draws, strict=True):
        kind = devices.kinds[device]
        rule = _RULES[kind][int(draw[0] * len(_RULES[kind]))]
        threshold, severity = rule.levels[0 if draw[1] < 0.7 else -1]
        lasting = 60_000 + int(draw[4] ** 2 * _QUIET_MS)
        stays = draw[6] < _STAYS and not rule.life_safety
        if stays:
            lasting = int((26 + 60 * draw[4]) * 3_600_000)
        raised = start + int(draw[2] * (_SPAN_MS - _QUIET_MS - lasting - 900_000))
        if burst and kind is K.HYDRANT and draw[7] < 0.75 and not stays:
            raised = burst + int(draw[2] * 1_500_000)
        cycles = 3 + int(draw[5] * 5) if draw[6] > 1 - _CHATTERS else 1
        acknowledged = raised + 15_000 + cycles // 3 * 90_000 + int(draw[3] ** 3 * 1_200_000)
        cleared = raised + lasting + cycles // 3 * 90_000  # it goes to and fro before anybody looks
        grid = community.grids[int(devices.grid[device])]
        actor = f"坐席 {1 + int(draw[5] * 6):02d}"
        judged = _judged(rule, kind, int(severity), draw, max(acknowledged, cleared))
        lines.append(
            {
                "id": number,
                "device_id": int(devices.ids[device]),
                "kind": rule.alarm,
                "severity": int(severity),
                "life_safety": int(rule.life_safety),
                "state": AlarmState.CLOSED.value,
                "occurrences": cycles,
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
                "last_at": raised + (cycles - 1) * _CYCLE_MS,
                "cleared_at": cleared,
                "acknowledged_at": acknowledged,
                "acknowledged_by": actor,
                "seen_severity": int(severity),
                "needs_reason": int(judged is not None),
                "close_reason": judged[0].value if judged else None,
                "closed_at": judged[1] if judged else max(acknowledged, cleared),
                "closed_by": actor,
                "source": DEMO,
                "version": 2 + 2 * cycles if judged else 1 + 2 * cycles,
            }
        )
        history += _steps(number, int(severity), raised, (acknowledged, actor), cleared, judged, cycles)
    numbers = community.numbers.take("alarm_history", len(history)).tolist()
    for number, line in zip(numbers, history, strict=True):
        line["id"] = number
    return _columns(lines), _columns(history)


def _burst(community: Community, chance: Chance, start: int) -> int | None:
    """When the hydrants of the community lost pressure together; None where they never did."""
    when = chance.uniform(1)[0]
    return start + int(when * (_SPAN_MS - 86_400_000)) if community.plan.ordinal % _BURSTS == 0 else None


def _value(rule: AlarmRule, threshold: float, draw: float) -> float:
    """A reading that reaches `threshold`."""
    if threshold == 1.0:
        return 1.0 if rule.side is Above.HIGH else 0.0
    off = threshold * 0.08 * draw
    return round(threshold + off if rule.side is Above.HIGH else threshold - off - 0.001, 3)


def _judged(
    rule: AlarmRule, kind: DeviceKind, severity: int, draw: list[float], over: int
) -> tuple[CloseReason, int] | None:
    """What it turned out to be and when somebody said so; None for a kind that closes without a word."""
    if not needs_reason(Severity(severity), life_safety=rule.life_safety):
        return None
    wrong, what = _FALSE.get(kind, 0.07), draw[7]
    left = (what - wrong) / (1 - wrong)
    others = (other for other, share in _OTHER_REASONS.items() if left < share)
    reason = CloseReason.FALSE if left < 0 else next(others, CloseReason.REAL)
    return reason, over + 30_000 + int(draw[4] * 600_000)


def _steps(  # what a life is made of
    alarm: int,
    severity: int,
    raised: int,
    seen: tuple[int, str],
    cleared: int,
    judged: tuple[CloseReason, int] | None,
    cycles: int,
) -> list[dict[str, Any]]:
    acknowledged, actor = seen
    acts = [(raised, "ingest", "raise"), (acknowledged, actor, AlarmAction.ACKNOWLEDGE.value)]
    for n in range(1, cycles):
        at = raised + n * _CYCLE_MS
        acts += [(at - _CYCLE_MS // 2, "ingest", AlarmAction.CLEAR.value), (at, "ingest", AlarmAction.RETURN.value)]
    acts.append((cleared, "ingest", AlarmAction.CLEAR.value))
    stands, looked = True, False
    lines = []
    for at, who, action in sorted(acts, key=lambda act: act[0]):
        stands = action in {"raise", AlarmAction.RETURN} or (stands and action != AlarmAction.CLEAR)
        looked = action == AlarmAction.ACKNOWLEDGE or (looked and action != AlarmAction.RETURN)
        state = (
            (AlarmState.ACTIVE_ACKED if looked else AlarmState.ACTIVE_UNACKED) if stands else AlarmState.CLEARED_UNACKED
        )
        if looked and not stands:
            state = AlarmState.CLEARED_ACKED if judged else AlarmState.CLOSED
        lines.append({"alarm_id": alarm, "at": at, "actor": who, "action": action, "state": state.value})
    if judged:
        lines.append(
            {
                **lines[-1],
                "at": judged[1],
                "actor": actor,
                "action": AlarmAction.CLOSE.value,
                "state": AlarmState.CLOSED.value,
            }
        )
    return [{**line, "severity": severity} for line in lines]


def _columns(lines: list[dict[str, Any]]) -> Columns:
    return {key: [line[key] for line in lines] for key in lines[0]} if lines else {}
