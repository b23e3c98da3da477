"""The rules that turn a reading into an alarm: thresholds, hysteresis and delays, and how they are kept as JSON.

A model has default rules (`device_models`); a device may override them field by field.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Final

from data_access.domain.alarms import Severity
from data_access.domain.devices import AWAY, METRIC_UNITS
from data_access.domain.errors import InvalidInput
from data_access.domain.fences import Fence, fence_from_json, fence_to_json

MAX_KEY: Final = 40
MAX_NUMBER: Final = 31_536_000  # a year in seconds
OFFLINE: Final = "offline"
"""The alarm kind of a silent device. It has no rule: the clock raises it, any reading clears it."""


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
    fence: Fence | None = None  # what `away_m` is the distance from; None: the device's own place

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

    @property
    def clears(self) -> bool:
        """Whether a value can come back so far; below what is nothing already, it asks for what never comes."""
        return self.side is Above.LOW or self.hysteresis <= abs(self.levels[0][0])

    def is_back(self, value: float) -> bool:
        """Tell whether `value` is normal again, hysteresis included."""
        mildest = self.levels[0][0]
        if self.side is Above.HIGH:
            return value < round(mildest - self.hysteresis, 9)
        return value >= round(mildest + self.hysteresis, 9)  # 0.14 + 0.01 is to be 0.15


def rule_to_json(rule: AlarmRule) -> dict[str, Any]:
    """Return `rule` as it is kept in `device_models.rules`."""
    kept = asdict(rule) | {"side": rule.side.value, "levels": [[t, int(s)] for t, s in rule.levels]}
    del kept["fence"]
    return kept | ({"fence": fence_to_json(rule.fence)} if rule.fence else {})


def rule_from_json(kept: Mapping[str, Any]) -> AlarmRule:
    """Return the rule kept as `kept`; raise `InvalidInput` naming what does not fit."""
    if not isinstance(kept, Mapping):
        raise InvalidInput("an alarm rule is an object")
    known = {f.name for f in fields(AlarmRule)}
    if unknown := sorted(set(kept) - known):
        raise InvalidInput(f"an alarm rule has no {', '.join(unknown)}")
    try:
        levels = tuple((float(t), Severity(int(s))) for t, s in kept["levels"])
        fence = fence_from_json(kept.get("fence"))
        rule = AlarmRule(**{**kept, "side": Above(kept["side"]), "levels": levels, "fence": fence})
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
    if rule.fence is not None and rule.metric != AWAY:
        raise InvalidInput(f"{rule.alarm} does not look at {AWAY}: it can have no fence")
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
