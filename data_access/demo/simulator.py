"""The background of the demo: every device speaks at its period, and now and then something small happens.

Each device reports at least once in its period, a little early and never late; when the fleet is small, more often,
so that `rate` readings a second come together. When the simulator was off, it does not invent what would have been:
each device reports once within `CATCH_UP_S` seconds (gateways sooner), the gap stays a gap, and of the small things
that go on only those are taken up that the product has heard of: a first start begins calm.
"""

from __future__ import annotations

import heapq
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from data_access.demo import signals
from data_access.demo.fleet import Device, Fleet, unit
from data_access.demo.publisher import Said
from data_access.demo.signals import Values
from data_access.domain.devices import DeviceKind

logger = logging.getLogger(__name__)

CATCH_UP_S: Final = 120.0
TICK_S: Final = 0.25
_CONDITION_EVERY: Final = 12  # messages between two with battery and signal
_LONGEST_S: Final = 1800  # how long a small thing may last
_EARLY: Final = 0.9  # share of its period after which a device speaks again
K = DeviceKind


@dataclass(frozen=True, slots=True)
class Kind:
    """A small thing that may happen: to which devices, what they then say, for how many seconds."""

    device: DeviceKind
    values: Values
    low_s: int
    high_s: int


@dataclass(frozen=True, slots=True)
class Level:
    """How lively the background is: in each slot of seconds, the chance of each group of things."""

    slot_s: float
    warning: float
    minor: float
    major: float
    speed: float = 1.0  # what lasts a minute at 1 lasts three seconds at 20

    def faster(self, speed: float) -> Level:
        """The same at `speed` times the pace: more often, each for a shorter time."""
        return replace(self, slot_s=self.slot_s / speed, speed=self.speed * speed)


LEVELS: Final = {
    "quiet": Level(180, 0.0, 0.0, 0.0),
    "background": Level(180, 0.6, 0.3, 0.01),
    "busy": Level(30, 0.5, 0.4, 0.06),
}
_WARNINGS: Final = (
    Kind(K.VIDEO_AI, {"litter": 1.0}, 600, 1800),
    Kind(K.VIDEO_AI, {"illegal_parking": 1.0}, 600, 1800),
    Kind(K.VIDEO_AI, {"graffiti": 1.0}, 600, 1800),
    Kind(K.DRONE, {"finding": 1.0}, 600, 1800),
)
_MINORS: Final = (
    Kind(K.PERIMETER, {"intrusion": 1.0}, 120, 600),
    Kind(K.VIDEO_AI, {"crowd": 1.0}, 300, 900),
    Kind(K.FIRE_LANE, {"occupied": 1.0}, 600, 1200),
    Kind(K.MANHOLE, {"water_level_cm": 88.0}, 600, 1200),
)
_MAJORS: Final = (
    Kind(K.LIFT, {"fault": 1.0}, 300, 900),
    Kind(K.GAS, {"gas_lel": 8.5}, 60, 240),
    Kind(K.VIDEO_AI, {"ebike_in_lift": 1.0}, 60, 180),
)


@dataclass(frozen=True, slots=True)
class Episode:
    """A small thing that happens to one device from one moment to another."""

    device: Device
    values: Values
    start_ms: int
    end_ms: int


def episodes(fleet: Fleet, level: Level, seed: int, slot: int) -> Iterator[Episode]:
    """What begins in the slot number `slot` since 1970: the same for the same seed."""
    groups = ((_WARNINGS, level.warning), (_MINORS, level.minor), (_MAJORS, level.major))
    for number, (kinds, chance) in enumerate(groups):
        present = [kind for kind in kinds if fleet.by_kind.get(kind.device)]
        if not present or unit(seed, slot, number, 1) >= chance:
            continue
        kind = present[int(unit(seed, slot, number, 2) * len(present))]
        devices = fleet.by_kind[kind.device]
        start = int((slot + unit(seed, slot, number, 4)) * level.slot_s * 1000)
        length = (kind.low_s + unit(seed, slot, number, 5) * (kind.high_s - kind.low_s)) / level.speed
        device = devices[int(unit(seed, slot, number, 3) * len(devices))]
        yield Episode(device, kind.values, start, start + int(length * 1000))


class Simulator:
    """Decides who says what at each tick; `run` sends it. Time is passed in, so that tests need no waiting.

    Without `reports` only the small things are played, beside another simulator that does the rest.
    """

    def __init__(
        self, fleet: Fleet, *, level: Level, rate: float, seed: int, now_ms: int, reports: bool = True
    ) -> None:
        self._fleet = fleet
        self._level = level
        self._seed = seed
        self._speed = max(1.0, rate / natural_rate(fleet))
        self._due = [(self._first(device, now_ms), n) for n, device in enumerate(fleet.devices)] if reports else []
        heapq.heapify(self._due)
        self._messages = [int(unit(seed, d.id, 7) * _CONDITION_EVERY) for d in fleet.devices]
        self._active: dict[int, Episode] = {}
        self._ends: list[tuple[int, int]] = []
        self._waiting: list[tuple[int, int, Episode]] = []
        self._slot = self._slot_of(now_ms) - ceil(
            _LONGEST_S / (level.slot_s * level.speed)
        )  # what began before may still go on
        self._unheard = (fleet.heard_ms, now_ms)

    def due(self, now_ms: int, held: set[int], *, calm: bool) -> list[Said]:
        """What is said at `now_ms`: regular reports, and the beginning and end of small things."""
        said = [] if calm else self._begin(now_ms, held)
        said += self._end(now_ms)
        while self._due and self._due[0][0] <= now_ms:
            _, n = heapq.heappop(self._due)
            device = self._fleet.devices[n]
            heapq.heappush(self._due, (now_ms + self._wait(device, now_ms), n))
            if device.id not in held:
                said.append(self._report(n, device, now_ms))
        return said

    def _report(self, n: int, device: Device, now_ms: int) -> Said:
        values = signals.values(device, now_ms, self._seed)
        self._messages[n] += 1
        if not values or self._messages[n] % _CONDITION_EVERY == 0:
            values |= signals.condition(device, now_ms, self._seed)
        if (episode := self._active.get(device.id)) is not None:
            values |= episode.values
        return Said(device, now_ms, values)

    def _begin(self, now_ms: int, held: set[int]) -> list[Said]:
        while self._slot <= self._slot_of(now_ms):
            for number, episode in enumerate(episodes(self._fleet, self._level, self._seed, self._slot)):
                unheard = self._unheard[0] < episode.start_ms < self._unheard[1]
                if episode.end_ms > now_ms and not unheard:
                    heapq.heappush(self._waiting, (episode.start_ms, self._slot * 4 + number, episode))
            self._slot += 1
        said = []
        while self._waiting and self._waiting[0][0] <= now_ms:
            _, _, episode = heapq.heappop(self._waiting)
            device = episode.device
            if device.id in self._active or device.id in held:
                continue
            self._active[device.id] = episode
            heapq.heappush(self._ends, (episode.end_ms, device.id))
            logger.debug("%s says %s", device.code, episode.values)
            said.append(Said(device, now_ms, signals.values(device, now_ms, self._seed) | episode.values))
        return said

    def _end(self, now_ms: int) -> list[Said]:
        said = []
        while self._ends and self._ends[0][0] <= now_ms:
            _, device_id = heapq.heappop(self._ends)
            device = self._active.pop(device_id).device
            said.append(Said(device, now_ms, signals.values(device, now_ms, self._seed)))
        return said

    def _first(self, device: Device, now_ms: int) -> int:
        return now_ms + int(min(CATCH_UP_S, device.period_s) * 1000 * unit(self._seed, device.id, 8))

    def _wait(self, device: Device, now_ms: int) -> int:
        spread = _EARLY + (1 - _EARLY) * unit(self._seed, device.id, now_ms)
        return int(device.period_s * 1000 * spread / self._speed)

    def _slot_of(self, now_ms: int) -> int:
        return int(now_ms // (self._level.slot_s * 1000))


def natural_rate(fleet: Fleet) -> float:
    """Readings a second when every device speaks at its own period."""
    found = sum(
        (len(signals.values(device, 0, 0)) + 2 / _CONDITION_EVERY) / (device.period_s * _EARLY)
        for device in fleet.devices
    )
    return max(found, 0.001)


def run(
    simulator: Simulator,
    send: Callable[[list[Said]], object],
    *,
    clock_ms: Callable[[], int],
    holds: Callable[[int], tuple[set[int], bool]],
    stop: threading.Event,
) -> None:
    """Send what is due, tick after tick, until `stop`."""
    held, calm, looked = *holds(clock_ms()), clock_ms()
    while not stop.wait(TICK_S):
        now_ms = clock_ms()
        if now_ms - looked >= 1000:
            (held, calm), looked = holds(now_ms), now_ms
        said = simulator.due(now_ms, held, calm=calm)
        if said:
            send(said)
