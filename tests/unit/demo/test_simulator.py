"""The background of the demo: healthy values, everybody in time, small things that come and go, nothing at random."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.demo import signals
from data_access.demo.fleet import Device, Fleet
from data_access.demo.publisher import Said
from data_access.demo.simulator import CATCH_UP_S, LEVELS, Simulator, episodes, natural_rate
from data_access.domain.alarms import Severity
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.devices import COMMON_METRICS, KIND_METRICS, DeviceKind
from tests.unit.demo.fleets import small

START = 1_780_000_000_000
RULES = {model.kind: model.rules for model in DEFAULT_MODELS}
FLEET = small()


def played(simulator: Simulator, minutes: float, *, held: set[int] | None = None, calm: bool = False) -> list[Said]:
    ticks = range(START, START + int(minutes * 60_000), 1000)
    return [said for at in ticks for said in simulator.due(at, held or set(), calm=calm)]


def quiet(fleet: Fleet = FLEET, rate: float = 0.001) -> Simulator:
    return Simulator(fleet, level=LEVELS["quiet"], rate=rate, seed=1, now_ms=START)


@given(device=st.sampled_from(FLEET.devices), at=st.integers(0, 4_000_000_000_000), seed=st.integers(0, 99))
@settings(max_examples=400)
def test_a_healthy_device_never_reaches_a_threshold(device: Device, at: int, seed: int) -> None:
    values = signals.values(device, at, seed)
    assert set(values) == set(KIND_METRICS[device.kind])
    for rule in RULES[device.kind]:
        if rule.metric in values and rule.raise_delay_s < 86_400:  # a bay may be occupied, for less than days
            assert rule.severity_of(values[rule.metric]) is Severity.NORMAL, (rule.alarm, values)
    condition = signals.condition(device, at, seed)
    assert set(condition) <= set(COMMON_METRICS)
    assert 0 < condition.get("battery_pct", 50) <= 100


def test_everybody_speaks_at_once_after_a_start_and_then_never_later_than_its_period() -> None:
    said = played(quiet(), 130)
    last: dict[int, int] = {}
    for one in said:
        if one.device.id in last:
            assert one.at_ms - last[one.device.id] <= one.device.period_s * 1000 + 1000
        else:
            assert one.at_ms - START <= CATCH_UP_S * 1000 + 1000
        last[one.device.id] = one.at_ms
    assert set(last) == {d.id for d in FLEET.devices}


def test_a_small_fleet_speaks_more_often_to_reach_the_rate() -> None:
    assert natural_rate(FLEET) < 5
    said = [s for s in played(quiet(rate=30.0), 10) if s.at_ms > START + CATCH_UP_S * 1000]
    readings = sum(len(s.values) for s in said) / (8 * 60)
    assert readings == pytest.approx(30, rel=0.25)


def test_held_devices_are_not_spoken_for() -> None:
    held = {d.id for d in FLEET.devices[:20]}
    assert not held & {s.device.id for s in played(quiet(), 70, held=held)}


def test_the_background_has_few_small_alarms_and_busy_has_more() -> None:
    def raised(level: str) -> Counter[Severity]:
        day = range(
            int(START // (LEVELS[level].slot_s * 1000)), int((START + 86_400_000) // (LEVELS[level].slot_s * 1000))
        )
        found: Counter[Severity] = Counter()
        for slot in day:
            for episode in episodes(FLEET, LEVELS[level], 1, slot):
                worst = max(
                    rule.severity_of(value)
                    for metric, value in episode.values.items()
                    for rule in RULES[episode.device.kind]
                    if rule.metric == metric and rule.raise_delay_s * 1000 <= episode.end_ms - episode.start_ms
                )
                found[worst] += 1
        return found

    calm, busy = raised("background"), raised("busy")
    assert raised("quiet").total() == 0
    assert 240 <= calm[Severity.WARNING] <= 340  # about twelve an hour
    assert 100 <= calm[Severity.MINOR] <= 190
    assert calm[Severity.CRITICAL] == 0
    assert busy.total() > 5 * calm.total()
    assert list(episodes(FLEET, LEVELS["busy"], 1, 7)) == list(episodes(FLEET, LEVELS["busy"], 1, 7))


def test_a_first_start_is_calm_and_a_new_start_takes_up_what_the_product_knows() -> None:
    def started(heard_ms: int) -> list[Said]:
        fleet = Fleet(replace(d, heard_ms=heard_ms) for d in FLEET.devices)
        simulator = Simulator(fleet, level=LEVELS["background"], rate=0.001, seed=1, now_ms=START, reports=False)
        return simulator.due(START, set(), calm=False)

    assert started(0) == []
    assert len(started(START - 10_000)) > 3
    assert len(started(START - 900_000)) < len(started(START - 10_000))
    assert started(START - 3_600_000) == []


def test_weak_batteries_do_not_all_speak_up_at_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "_WEAK", 1.0)
    said = played(quiet(), 2)
    with_battery = [s for s in said if "battery_pct" in s.values]
    assert 0 < len(with_battery) < len(said) / 5


def test_gateways_speak_within_a_period_of_a_start_so_that_none_is_called_silent() -> None:
    first = {s.device.id for s in played(quiet(), 1.02)}
    assert {d.id for d in FLEET.devices if d.kind is DeviceKind.GATEWAY} <= first


def test_small_things_are_spread_over_the_hour() -> None:
    level, hour = LEVELS["background"], 3_600_000
    begin = [
        e.start_ms
        for slot in range(int(START // (level.slot_s * 1000)), int((START + 24 * hour) // (level.slot_s * 1000)))
        for e in episodes(FLEET, level, 1, slot)
    ]
    assert len(begin) / 24 == pytest.approx(18, abs=2)
    assert max(sum(at <= other < at + 600_000 for other in begin) for at in begin) < 10  # below the flood limit


def test_what_begins_also_ends_and_keep_calm_means_calm() -> None:
    busy = Simulator(FLEET, level=LEVELS["busy"], rate=0.001, seed=1, now_ms=START, reports=False)
    said = played(busy, 60)
    starts = [
        s
        for s in said
        if any(
            r.severity_of(s.values.get(r.metric, r.levels[0][0] + (1 if r.side == "low" else -1)))
            for r in RULES[s.device.kind]
        )
    ]
    assert len(starts) > 20
    assert len(said) > 1.5 * len(starts)  # nearly every one has ended within the hour
    calm = Simulator(FLEET, level=LEVELS["busy"], rate=0.001, seed=1, now_ms=START, reports=False)
    assert played(calm, 60, calm=True) == []
