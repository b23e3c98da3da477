from typing import Any

from data_access.domain.alarm_rules import Above, AlarmRule
from data_access.domain.alarms import Severity
from data_access.domain.conditions import Condition, Event, Turn

S, A, G = Turn.STANDS, Turn.AGAIN, Turn.GONE


def rule(**more: Any) -> AlarmRule:
    base: dict[str, Any] = {
        "alarm": "hot",
        "metric": "temp_c",
        "side": Above.HIGH,
        "levels": ((70.0, Severity.MINOR), (90.0, Severity.MAJOR)),
    }
    return AlarmRule(**{**base, **more})


def follow(the_rule: AlarmRule, *readings: tuple[int, float], until: int | None = None) -> list[tuple[Turn, int]]:
    """Turns of readings (second, value), then the clock at second `until`."""
    condition = Condition()
    events: list[Event] = []
    for second, value in readings:
        events += condition.read(the_rule, second * 1000, value, the_rule.severity_of(value))
    if until is not None:
        events += condition.expire(the_rule, until * 1000)
    return [(e.turn, e.at // 1000) for e in events]


def test_without_delay_it_stands_and_goes_with_the_reading() -> None:
    assert follow(rule(), (0, 71), (1, 69)) == [(S, 0), (G, 1)]


def test_a_standing_analogue_value_is_not_reported_again_unless_worse_or_after_a_dip() -> None:
    assert follow(rule(hysteresis=5.0), (0, 71), (1, 72), (2, 95), (3, 94), (4, 95)) == [(S, 0), (A, 2)]
    assert follow(rule(hysteresis=5.0), (0, 71), (1, 68), (2, 71)) == [(S, 0), (A, 2)]


def test_each_report_of_a_standing_state_counts() -> None:
    smoke = rule(metric="smoke", levels=((1.0, Severity.CRITICAL),))
    assert follow(smoke, (0, 1), (5, 1), (9, 0)) == [(S, 0), (A, 5), (G, 9)]


def test_within_the_hysteresis_it_still_stands() -> None:
    assert follow(rule(hysteresis=5.0), (0, 71), (1, 66), (2, 64)) == [(S, 0), (G, 2)]
    low = rule(side=Above.LOW, levels=((0.14, Severity.MINOR),), hysteresis=0.01)
    assert follow(low, (0, 0.13), (1, 0.145), (2, 0.15)) == [(S, 0), (G, 2)]


def test_count_or_delay_whichever_comes_first() -> None:
    slow = rule(raise_count=3, raise_delay_s=10.0)
    assert follow(slow, (0, 71), (1, 71), (2, 71)) == [(S, 2)]
    assert follow(slow, (0, 71), until=9) == []
    assert follow(slow, (0, 71), until=10) == [(S, 10)]
    assert follow(slow, (0, 71), (5, 60), until=60) == []


def test_a_count_without_delay_waits_for_its_readings() -> None:
    assert follow(rule(raise_count=2), (0, 71), until=3600) == []


def test_a_delay_ends_at_its_own_moment_whoever_notices() -> None:
    slow = rule(raise_count=1_000, raise_delay_s=10.0, clear_delay_s=10.0)
    assert follow(slow, (0, 71), (30, 71)) == [(S, 10)]
    assert follow(slow, (0, 71), (30, 60)) == [(S, 10)]  # nobody saw it end before: it did stand
    assert follow(slow, (0, 71), (30, 60), until=41) == [(S, 10), (G, 40)]
    assert follow(slow, (0, 71), (30, 60), (35, 71), until=60) == [(S, 10), (A, 35)]


def test_the_worst_value_while_pending_decides_the_severity() -> None:
    condition, slow = Condition(), rule(raise_count=3)
    events = [e for v in (71.0, 95.0, 72.0) for e in condition.read(slow, 0, v, slow.severity_of(v))]
    assert [(e.severity, e.value) for e in events] == [(Severity.MAJOR, 95.0)]


def test_memory_survives_a_restart() -> None:
    slow = rule(raise_count=9, raise_delay_s=10.0)
    condition = Condition()
    list(condition.read(slow, 1000, 95.0, Severity.MAJOR))
    assert Condition.from_json(condition.to_json(), standing=False) == condition
    assert not condition.quiet
