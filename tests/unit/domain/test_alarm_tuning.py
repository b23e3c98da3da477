"""What may be set of a rule, what a device keeps for itself, and how a rule would have gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from data_access.domain.alarm_rules import AlarmRule, rule_to_json, with_overrides
from data_access.domain.alarm_tuning import BY_TIME_ALONE, Tuning, override, tuned, tuning_of, version_of
from data_access.domain.alarms import Severity
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.errors import InvalidInput
from data_access.domain.rehearsal import HOUR_MS, Episode, Hour, rehearse, unmatched

RULES = {rule.alarm: rule for model in DEFAULT_MODELS for rule in model.rules}
LOW, SMOKE, GAS, LANE = (RULES[name] for name in ("level_low", "smoke", "gas", "fire_lane_occupied"))


def numbers(rule: AlarmRule, **more: Any) -> Tuning:
    return replace(tuning_of(rule), **more)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.alarm)
def test_the_numbers_that_rules_come_with_may_be_set(rule: AlarmRule) -> None:
    assert tuned(rule, tuning_of(rule)) == rule


@pytest.mark.parametrize(
    ("rule", "more", "why"),
    [
        (LOW, {"thresholds": (50.0, 80.0)}, "越低"),
        (LOW, {"thresholds": (80.0, 80.0)}, "越低"),
        (GAS, {"thresholds": (25.0, 5.0)}, "越高"),
        (LOW, {"thresholds": (80.0,)}, "2 级"),
        (LOW, {"thresholds": (float("nan"), 50.0)}, "数字"),
        (LOW, {"hysteresis": 81.0}, "回差"),
        (LOW, {"hysteresis": -1.0}, "回差"),
        (LOW, {"clear_delay_s": 2_592_001.0}, "30 天"),
        (LOW, {"raise_delay_s": -1.0}, "30 天"),
        (LOW, {"raise_count": 0}, "100"),
        (LOW, {"raise_count": 1}, "不起作用"),
        (LANE, {"raise_delay_s": 0.0}, "永远"),
        (SMOKE, {"thresholds": (0.5,)}, "状态量"),
        (SMOKE, {"raise_count": 2}, "涉及生命"),
        (GAS, {"raise_count": BY_TIME_ALONE, "raise_delay_s": 10.0}, "涉及生命"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(rule: AlarmRule, more: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        tuned(rule, numbers(rule, **more))


def test_a_device_keeps_only_what_differs_and_nothing_once_it_is_as_its_model() -> None:
    changed = tuned(LOW, numbers(LOW, thresholds=(78.0, 50.0)))
    own = override(LOW, changed, None)
    assert own == {"levels": [[78.0, 2], [50.0, 3]]}
    assert with_overrides((LOW,), {"level_low": own}) == (changed,)
    assert override(LOW, LOW, own) is None
    assert override(LOW, LOW, {"life_safety": True}) == {"life_safety": True}


def test_a_version_follows_rules_and_overrides() -> None:
    kept = [rule_to_json(LOW)]
    assert version_of(kept) == version_of(kept, None) == version_of(kept, {})
    assert version_of(kept) != version_of(kept, {"level_low": {"hysteresis": 3.0}})


def told(
    rule: AlarmRule, hours: list[tuple[float, float]], raw: list[tuple[int, float]] | None = None
) -> list[Episode]:
    lines = [Hour(n * HOUR_MS, low, high) for n, (low, high) in enumerate(hours)]
    return rehearse(rule, lines, raw or [], period_s=1800, until=100 * HOUR_MS)


def test_an_hour_whose_worst_value_is_abnormal_is_an_alarm_and_hours_that_follow_each_other_are_one() -> None:
    found = told(LOW, [(90, 95), (79, 90), (78, 81), (90, 95), (45, 90), (90, 95)])
    assert [(e.raised_at // HOUR_MS, e.severity, e.raw) for e in found] == [
        (1, Severity.MINOR, False),
        (4, Severity.MAJOR, False),
    ]
    assert all(e.cleared_at is not None for e in found)


def test_hourly_extremes_know_no_delay_below_an_hour_and_keep_a_longer_one() -> None:
    slow = replace(LOW, raise_count=BY_TIME_ALONE, raise_delay_s=1800.0)
    assert len(told(slow, [(79, 90)])) == 1
    hours = replace(LOW, raise_count=BY_TIME_ALONE, raise_delay_s=7200.0)
    assert told(hours, [(79, 90), (79, 90)]) == []
    assert [e.raised_at for e in told(hours, [(70, 75), (70, 75), (70, 75), (90, 95)])] == [2 * HOUR_MS]
    assert len(told(replace(LOW, raise_count=3, raise_delay_s=0.0), [(79, 90)])) == 0  # three readings take an hour


def test_raw_readings_keep_delays_hysteresis_and_the_return_within_five_minutes() -> None:
    start = 10 * HOUR_MS
    raw = [(start, 79.0), (start + 10_000, 79.0), (start + 20_000, 83.0), (start + 60_000, 83.0)]
    raw += [(start + 120_000, 79.0), (start + 121_000, 78.0), (start + 200_000, 90.0)]
    (found,) = told(LOW, [], raw)
    assert (found.raised_at, found.occurrences, found.raw) == (start + 10_000, 2, True)
    assert found.cleared_at == start + 230_000


def test_what_no_longer_stands_at_the_same_time_has_no_match() -> None:
    one, two = Episode(0, 10, Severity.MINOR, 1.0, 1, True), Episode(20, None, Severity.MINOR, 1.0, 1, True)
    assert unmatched([one, two], [Episode(25, 30, Severity.MINOR, 1.0, 1, True)]) == [one]
    assert unmatched([two], [one]) == [two]
