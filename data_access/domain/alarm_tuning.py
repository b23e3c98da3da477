"""Changing the numbers of an alarm rule: what may be set, what a device keeps for itself, which version it is.

Severities, sides and metrics stay as the rule has them; a rule is not switched off here, because a standing alarm would
then never clear.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from data_access.domain.alarm_rules import Above, AlarmRule, rule_to_json
from data_access.domain.errors import InvalidInput

LONGEST_DELAY_S: Final = 30 * 86_400
MOST_READINGS: Final = 100
BY_TIME_ALONE: Final = 1_000_000
"""A number of readings that says: only the delay counts."""
_TUNED: Final = ("levels", "hysteresis", "raise_delay_s", "raise_count", "clear_delay_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """The numbers of a rule, one threshold a level, mildest first."""

    thresholds: tuple[float, ...]
    hysteresis: float
    raise_delay_s: float
    raise_count: int
    clear_delay_s: float


def tuning_of(rule: AlarmRule) -> Tuning:
    """The numbers that `rule` has now."""
    return Tuning(
        thresholds=tuple(threshold for threshold, _ in rule.levels),
        hysteresis=rule.hysteresis,
        raise_delay_s=rule.raise_delay_s,
        raise_count=rule.raise_count,
        clear_delay_s=rule.clear_delay_s,
    )


def tuned(rule: AlarmRule, wanted: Tuning) -> AlarmRule:
    """`rule` with the numbers `wanted`. Raises `InvalidInput` with a sentence for what cannot be."""
    _check(rule, wanted)
    return replace(
        rule,
        levels=tuple((t, severity) for t, (_, severity) in zip(wanted.thresholds, rule.levels, strict=True)),
        hysteresis=wanted.hysteresis,
        raise_delay_s=wanted.raise_delay_s,
        raise_count=wanted.raise_count,
        clear_delay_s=wanted.clear_delay_s,
    )


def override(model: AlarmRule | None, rule: AlarmRule, before: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a device keeps so that its rule is `rule`: where its numbers differ from its model's; None for nothing.

    `before` is what it kept of this alarm; fields that are not set here stay.
    """
    kept = {name: value for name, value in (before or {}).items() if name not in (*_TUNED, "fence")}
    now = rule_to_json(rule)
    usual = rule_to_json(model) if model else {}
    fence = {"fence": now.get("fence")} if now.get("fence") != usual.get("fence") else {}
    return kept | fence | {name: now[name] for name in _TUNED if now[name] != usual.get(name)} or None


def version_of(rules: Sequence[Mapping[str, Any]], overrides: Mapping[str, Any] | None = None) -> str:
    """A name for the rules as they are kept: whoever has seen another one has seen something else."""
    told = json.dumps([list(rules), overrides or {}], sort_keys=True, separators=(",", ":"))
    return sha256(told.encode()).hexdigest()[:12]


def _check(rule: AlarmRule, wanted: Tuning) -> None:
    numbers = (*wanted.thresholds, wanted.hysteresis, wanted.raise_delay_s, wanted.clear_delay_s)
    if not all(math.isfinite(number) for number in numbers):
        raise InvalidInput("阈值、回差和时间都要是数字。")
    if len(wanted.thresholds) != len(rule.levels):
        raise InvalidInput("这条规则有 {n} 级阈值，每级填一个数。", n=str(len(rule.levels)))
    if rule.is_state and (wanted.thresholds != tuning_of(rule).thresholds or wanted.hysteresis != rule.hysteresis):
        raise InvalidInput("状态量只有 0 和 1，不设阈值和回差。")
    high = rule.side is Above.HIGH
    if list(wanted.thresholds) != sorted(set(wanted.thresholds), reverse=not high):
        raise InvalidInput("越严重的级别，阈值要越高。" if high else "越严重的级别，阈值要越低。")
    if not 0 <= wanted.hysteresis <= max(abs(wanted.thresholds[0]), rule.hysteresis):
        raise InvalidInput("恢复回差从 0 起，不能大于阈值本身，否则告警无法恢复。")
    _check_waiting(rule, wanted)


def _check_waiting(rule: AlarmRule, wanted: Tuning) -> None:
    if not all(0 <= seconds <= LONGEST_DELAY_S for seconds in (wanted.raise_delay_s, wanted.clear_delay_s)):
        raise InvalidInput("延时从 0 秒到 {n} 秒（30 天）。", n=f"{LONGEST_DELAY_S:,}")
    by_time = wanted.raise_count == BY_TIME_ALONE
    if not by_time and not 1 <= wanted.raise_count <= MOST_READINGS:
        raise InvalidInput("连续读数从 1 次到 {n} 次，留空则只看延时。", n=str(MOST_READINGS))
    if wanted.raise_count == 1 and wanted.raise_delay_s:
        raise InvalidInput("读数 1 次就报警，延时不起作用：请填 2 次以上，或留空只看延时。")
    if by_time and not wanted.raise_delay_s:
        raise InvalidInput("只看延时的规则，延时要大于 0 秒，否则永远不会报警。")
    if rule.life_safety and (wanted.raise_delay_s > rule.raise_delay_s or wanted.raise_count > rule.raise_count):
        raise InvalidInput("涉及生命的告警不能推迟：报警延时和连续读数不能比现在更多。")
