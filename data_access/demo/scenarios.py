"""Things that happen, by name: what each device says and when. Deterministic: the same seed, the same story.

A scenario is a list of steps; playing it is somebody else's work (`play`), so that tests read it without waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Final

from data_access.demo.fleet import Device, Fleet, unit
from data_access.demo.publisher import Said
from data_access.demo.signals import Values
from data_access.domain.devices import DeviceKind
from data_access.domain.errors import InvalidInput

K = DeviceKind
OUTAGE_DEVICES: Final = 500
_NEIGHBOURS: Final = 8
_RAIN_MIN: Final = (0, 2, 4, 6, 9, 12, 16, 20, 24, 28, 32, 36)
_RAIN_LEVEL: Final = (0.1, 0.25, 0.5, 0.75, 1.0, 1.0, 0.9, 0.7, 0.45, 0.25, 0.1, 0.03)


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """At `at_s` seconds from the start `device` says `values`."""

    at_s: float
    device: Device = field(compare=False)
    values: Values = field(compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Appeal:
    """At `at_s` seconds from the start somebody reports something near a place."""

    at_s: float
    title: str = field(compare=False)
    lng: float = field(compare=False)
    lat: float = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What happens, said in one line, and who keeps silent meanwhile."""

    name: str
    about: str
    steps: tuple[Step, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    silent: tuple[Device, ...] = ()
    lasts_s: float = 0.0

    @property
    def devices(self) -> set[int]:
        """Devices that the background must not speak for."""
        return {s.device.id for s in self.steps} | {d.id for d in self.silent}


def kitchen(fleet: Fleet, seed: int, building: str | None) -> Scenario:
    """One smoke alarm that clears after a minute and a half."""
    device = _pick(_of(fleet, K.SMOKE, building), seed)
    steps = (Step(0, device, {"smoke": 1.0}), Step(90, device, {"smoke": 0.0}))
    return _scenario("kitchen", f"smoke at {device.code}, gone after 90 s", steps)


def fire(fleet: Fleet, seed: int, building: str | None) -> Scenario:
    """Smoke detectors of one building in sequence, the seat of the fire first, then floor by floor away from it."""
    chosen = building or _most(fleet, K.SMOKE, seed)
    detectors = _of(fleet, K.SMOKE, chosen)
    seat = _pick(detectors, seed)
    order = sorted(detectors, key=lambda d: (d.id != seat.id, abs(d.floor - seat.floor), d.floor < seat.floor, d.id))
    begun = [(n * 8.0, d) for n, d in enumerate(order[:12])]
    out = max(at for at, _ in begun) + 240
    steps = [Step(at, d, {"smoke": 1.0}) for at, d in begun]
    steps += [Step(at + 60, d, {"smoke": 1.0}) for at, d in begun]
    steps += [Step(out + n * 5, d, {"smoke": 0.0}) for n, (_, d) in enumerate(reversed(begun))]
    wires = [d for d in fleet.by_building.get(chosen, ()) if d.kind is K.ELECTRICAL]
    for device in wires[:2]:
        steps += [Step(5 + 10 * n, device, {"temp_c": 48.0 + 12 * n}) for n in range(5)]
        steps.append(Step(out + 30, device, {"temp_c": 31.0}))
        steps.append(Step(out + 60, device, {"temp_c": 30.0}))
    return _scenario("fire", f"{len(begun)} detectors of building {chosen} in sequence, from {seat.code}", steps)


def gas(fleet: Fleet, seed: int, building: str | None) -> Scenario:
    """A leak: the concentration rises past both alarm points, somebody airs the room, it falls."""
    device = _pick(_of(fleet, K.GAS, building), seed)
    levels = (1.0, 3.5, 6.0, 11.0, 18.0, 26.5, 31.0, 24.0, 12.0, 5.5, 2.0, 1.0, 1.0)
    steps = [Step(15.0 * n, device, {"gas_lel": level}) for n, level in enumerate(levels)]
    steps.append(Step(15.0 * len(levels) + 35, device, {"gas_lel": 0.8}))
    return _scenario("gas", f"leak at {device.code}", steps)


def hydrant(fleet: Fleet, seed: int, building: str | None) -> Scenario:
    """Pressure falls in one main: a hydrant and its nearest neighbours, one after the other."""
    first = _pick(_of(fleet, K.HYDRANT, building), seed)
    main = sorted(fleet.by_kind[K.HYDRANT], key=lambda d: (hypot(d.lng - first.lng, d.lat - first.lat), d.id))
    pressures = (0.27, 0.21, 0.16, 0.13, 0.11, 0.09, 0.08, 0.08, 0.12, 0.19, 0.26, 0.28, 0.28)
    steps = [
        Step(20.0 * n + 6 * place, device, {"pressure_mpa": pressure})
        for place, device in enumerate(main[:_NEIGHBOURS])
        for n, pressure in enumerate(pressures)
    ]
    return _scenario("hydrant", f"pressure falls at {min(_NEIGHBOURS, len(main))} hydrants around {first.code}", steps)


def elder(fleet: Fleet, seed: int, building: str | None) -> Scenario:
    """An old person falls; the heart races; the button is pressed; help comes."""
    watch = _pick(_of(fleet, K.WATCH, building), seed)
    calm = {"sos": 0.0, "fall": 0.0, "worn": 1.0, "spo2": 97.0}
    steps = [Step(0, watch, {**calm, "fall": 1.0, "heart_rate": 96.0})]
    steps += [Step(10 + 6 * n, watch, {**calm, "fall": 1.0, "heart_rate": 122.0 + 3 * n}) for n in range(6)]
    steps += [Step(52 + 10 * n, watch, {**calm, "sos": 1.0, "fall": 1.0, "heart_rate": 131.0}) for n in range(3)]
    steps += [Step(240 + 30 * n, watch, {**calm, "heart_rate": 92.0 - 4 * n}) for n in range(5)]
    return _scenario("elder", f"fall, racing heart and SOS at {watch.code}", steps)


def rainstorm(fleet: Fleet, seed: int, building: str | None) -> Scenario:  # noqa: ARG001  # rain falls everywhere
    """Water rises at every waterlogging point, at some above the road's edge; appeals come in; it drains."""
    points = fleet.by_kind.get(K.WATERLOGGING, [])
    if not points:
        raise InvalidInput("This scenario needs waterlogging points, and there are none here.")
    steps, appeals = [], []
    for point in points:
        peak = 8 + 52 * unit(seed, point.id, 21) ** 2
        late = 40 * unit(seed, point.id, 22)
        for n, (minute, share) in enumerate(zip(_RAIN_MIN, _RAIN_LEVEL, strict=True)):
            level = round(peak * share, 1)
            steps += [Step(60 * minute + late + 15 * again, point, {"water_level_cm": level}) for again in range(2)]
            if share >= 0.75 and peak > 25 and unit(seed, point.id, n, 23) < 0.6:
                appeals.append(Appeal(60 * minute + late + 30, "路面积水,车辆行人难以通行", point.lng, point.lat))
    return _scenario("rainstorm", f"water rises at {len(points)} points; {len(appeals)} appeals", steps, tuple(appeals))


def outage(fleet: Fleet, seed: int, building: str | None) -> Scenario:  # noqa: ARG001  # a gateway serves many buildings
    """A gateway fails, and with it up to 500 devices fall silent for a quarter of an hour.

    The gateway is known to be offline after three of its own periods; its devices only after three of theirs.
    """
    most = max((len(d) for d in fleet.by_gateway.values()), default=0)
    largest = sorted(g for g, d in fleet.by_gateway.items() if len(d) == most and g in fleet.by_code)
    if not largest:
        raise InvalidInput("This scenario needs a gateway with devices, and there is none here.")
    code = largest[int(unit(seed, 31) * len(largest))]
    silent = (fleet.by_code[code], *fleet.by_gateway[code][:OUTAGE_DEVICES])
    about = f"gateway {code} and {len(silent) - 1} devices fall silent"
    return Scenario(name="outage", about=about, silent=silent, lasts_s=900.0)


def chatter(fleet: Fleet, seed: int, building: str | None) -> Scenario:
    """A detector that cannot make up its mind: twelve alarms and clearances within three minutes."""
    device = _pick(_of(fleet, K.PERIMETER, building), seed)
    steps = [Step(7.5 * n, device, {"intrusion": float(n % 2 == 0)}) for n in range(24)]
    return _scenario("chatter", f"{device.code} comes and goes 12 times", steps)


SCENARIOS: Final[dict[str, Callable[[Fleet, int, str | None], Scenario]]] = {
    made.__name__: made for made in (kitchen, fire, gas, hydrant, elder, rainstorm, outage, chatter)
}
"""By name. Each takes the fleet, a seed and the code of a building (None: it chooses); `InvalidInput` if impossible."""


def play(
    scenario: Scenario,
    *,
    speed: float,
    clock_ms: Callable[[], int],
    send: Callable[[list[Said]], object],
    report: Callable[[Appeal], object],
    stop: threading.Event,
) -> None:
    """Play it `speed` times as fast; what is said carries the present time. Returns at its end or at `stop`."""
    begun = clock_ms()
    happenings: list[Step | Appeal] = sorted([*scenario.steps, *scenario.appeals], key=lambda h: h.at_s)
    for happening in happenings:
        due = begun + happening.at_s * 1000 / speed
        if stop.wait(max(0.0, (due - clock_ms()) / 1000)):
            return
        if isinstance(happening, Step):
            send([Said(happening.device, clock_ms(), happening.values)])
        else:
            report(happening)
    stop.wait(max(0.0, (begun + scenario.lasts_s * 1000 / speed - clock_ms()) / 1000))


def _scenario(name: str, about: str, steps: Sequence[Step], appeals: tuple[Appeal, ...] = ()) -> Scenario:
    ordered = tuple(sorted(steps))
    return Scenario(name=name, about=about, steps=ordered, appeals=appeals, lasts_s=ordered[-1].at_s)


def _of(fleet: Fleet, kind: DeviceKind, building: str | None) -> list[Device]:
    found = fleet.by_kind.get(kind, [])
    if building is not None:
        found = [d for d in found if d.building == building]
    if not found:
        where = f" in building {building}" if building else ""
        raise InvalidInput(f"This scenario needs a device of kind {kind}, and there is none{where}.")
    return found


def _pick(devices: Sequence[Device], seed: int) -> Device:
    return devices[int(unit(seed, len(devices)) * len(devices))]


def _most(fleet: Fleet, kind: DeviceKind, seed: int) -> str:
    """One of the ten buildings with the most devices of `kind`."""
    counts = {code: sum(d.kind is kind for d in devices) for code, devices in fleet.by_building.items()}
    ranked = sorted((code for code, count in counts.items() if count), key=lambda code: (-counts[code], code))[:10]
    if not ranked:
        raise InvalidInput(f"This scenario needs a building with devices of kind {kind}, and there is none.")
    return ranked[int(unit(seed, 11) * len(ranked))]
