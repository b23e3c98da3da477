"""Scenarios: the same seed tells the same story, and each raises what its name says."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from data_access.demo.fleet import Fleet
from data_access.demo.holds import Holds
from data_access.demo.publisher import Said
from data_access.demo.scenarios import SCENARIOS, Appeal, Scenario, Step, fire, kitchen, outage, play, rainstorm
from data_access.domain.alarms import Severity
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.devices import DeviceKind
from data_access.domain.errors import InvalidInput
from tests.unit.demo.fleets import small

FLEET = small()
RULES = {model.kind: model.rules for model in DEFAULT_MODELS}


def raised(scenario: Scenario) -> set[str]:
    return {
        rule.alarm
        for step in scenario.steps
        for rule in RULES[step.device.kind]
        if rule.metric in step.values and rule.severity_of(step.values[rule.metric]) > Severity.NORMAL
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_seed_tells_the_same_story(name: str) -> None:
    first, second = SCENARIOS[name](FLEET, 5, None), SCENARIOS[name](small(), 5, None)
    assert first == second
    assert first.name == name
    assert first.devices


@pytest.mark.parametrize(
    ("name", "alarms"),
    [
        ("kitchen", {"smoke"}),
        ("fire", {"smoke", "overheat"}),
        ("gas", {"gas"}),
        ("hydrant", {"pressure_low"}),
        ("elder", {"fall", "sos", "heart_rate_high"}),
        ("rainstorm", {"waterlogging"}),
        ("chatter", {"intrusion"}),
    ],
)
def test_each_raises_what_its_name_says_and_leaves_it_cleared(name: str, alarms: set[str]) -> None:
    scenario = SCENARIOS[name](FLEET, 5, None)
    assert raised(scenario) == alarms
    last = {(s.device.id, metric): value for s in scenario.steps for metric, value in s.values.items()}
    for (device, metric), value in last.items():
        kind = next(d.kind for d in FLEET.devices if d.id == device)
        for rule in RULES[kind]:
            if rule.metric == metric:
                assert rule.is_back(value), (name, metric, value)


def test_fire_begins_at_its_seat_in_the_building_asked_for() -> None:
    scenario = fire(FLEET, 5, "B1")
    assert {s.device.building for s in scenario.steps} == {"B1"}
    order = [s.device.floor for s in scenario.steps if s.values == {"smoke": 1.0}][:3]
    away = [abs(floor - order[0]) for floor in order]
    assert away == sorted(away)


def test_an_outage_is_silence_of_the_largest_gateway() -> None:
    scenario = outage(FLEET, 5, None)
    assert scenario.steps == ()
    gateway, *devices = scenario.silent
    assert gateway.kind is DeviceKind.GATEWAY
    assert {d.gateway for d in devices} == {gateway.code}


def test_rain_brings_appeals_where_water_stands_high() -> None:
    storms = [rainstorm(FLEET, seed, None) for seed in range(5)]
    assert any(storm.appeals for storm in storms)


def test_what_cannot_be_played_says_why() -> None:
    with pytest.raises(InvalidInput, match="there is none in building X"):
        kitchen(FLEET, 5, "X")
    with pytest.raises(InvalidInput, match="needs a gateway"):
        outage(Fleet([]), 5, None)


def test_playing_follows_the_order_and_the_speed() -> None:
    now = [0]
    device = FLEET.devices[5]
    heard: list[object] = []

    class Waiting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            now[0] += round((timeout or 0) * 1000)
            return False

    scenario = Scenario(
        name="x",
        about="",
        steps=(Step(0, device, {"a": 1}), Step(60, device, {"a": 0})),
        appeals=(Appeal(30, "积水", 114.1, 22.5),),
        lasts_s=90,
    )

    def send(said: list[Said]) -> None:
        heard.extend((one.at_ms, one.values) for one in said)

    play(scenario, speed=10, clock_ms=lambda: now[0], send=send, report=lambda a: heard.append(a.title), stop=Waiting())
    assert heard == [(0, {"a": 1}), "积水", (6000, {"a": 0})]
    assert now[0] == 9000


def test_a_hold_lasts_until_released_or_run_out(tmp_path: Path) -> None:
    holds = Holds(tmp_path)
    assert holds.now(0) == (set(), False)
    holds.place([3, 4], until_ms=1000, calm=True)
    assert holds.now(999) == ({3, 4}, True)
    assert holds.now(1000) == (set(), False)
    holds.place([3], until_ms=1000)
    holds.release()
    assert holds.now(0) == (set(), False)
