"""What one kind of viewer receives: filtering by area, and the frames that go over the wire.

Viewers with the same scope, area and probe wish form one group. Each event is filtered and serialised once a group,
never once a viewer. Alarms and incidents go out at once; device states, counters and telemetry are merged for a
moment first, and always leave before an alarm that came after them, so that ids on the wire only grow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from data_access.domain.areas import PATH_STEP, lineage, within
from data_access.events import WINDOW_NOT_FOR_WALLS, for_wall

RING: Final = 512
"""Chunks kept for readers that are a little behind; who falls further behind is told to start again."""


_TAGS: Final = {
    "Plain": "",
    "Alarm": "alarm.changed",
    "Incident": "incident.changed",
    "Counters": "counters.changed",
    "Flood": "flood.changed",
    "Window": "window.changed",
    "Duty": "duty.changed",
    "Rules": "rules.changed",
    "Freshness": "freshness.changed",
    "Devices": "devices.changed",
    "Telemetry": "telemetry",
}


class Plain(msgspec.Struct, tag_field="type", tag=lambda name: _TAGS[name]):
    """An event of which only place and kind matter here; its JSON passes through untouched."""

    area: str


class Alarm(Plain):
    """`alarm.changed`."""


class Incident(Plain):
    """`incident.changed`."""


class Counters(Plain):
    """`counters.changed`."""


class Flood(Plain):
    """`flood.changed`."""


class Window(Plain):
    """`window.changed`."""


class Duty(Plain):
    """`duty.changed`."""


class Rules(Plain):
    """`rules.changed`."""


class Freshness(Plain):
    """`freshness.changed`."""


class Device(msgspec.Struct):
    """One device of `devices.changed`."""

    id: int
    area: str
    status: int
    version: int
    ts: int


class Devices(Plain):
    """`devices.changed`."""

    version: int
    at: str
    devices: list[Device]


class Telemetry(Plain):
    """`telemetry`."""

    version: int
    at: str
    readings: list[tuple[int, str, int, int]]


Wire = Alarm | Incident | Counters | Flood | Window | Duty | Rules | Freshness | Devices | Telemetry
DECODER: Final[msgspec.json.Decoder[Wire]] = msgspec.json.Decoder(Wire)
_ENCODE: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may see the subtree of `scope` and looks at the area `area` (both paths), with telemetry or without.

    A `wall` gets aggregates: no incidents, duty or rules, of alarms what anybody may read who passes, and no device
    that a person wears.
    """

    scope: str
    area: str
    probe: bool = False
    wall: bool = False

    def sees(self, path: str) -> bool:
        """Tell whether rows of the area at `path` are to be sent."""
        return within(path, self.area) and within(path, self.scope)

    def counts(self, path: str) -> bool:
        """Tell whether the figures of the area at `path` are on the page: its own, its ancestors', its children's."""
        if not within(path, self.scope):
            return False
        return within(self.area, path) or (within(path, self.area) and len(path) == len(self.area) + PATH_STEP)

    def shown(self, event: Plain, body: bytes) -> bytes | None:
        """`body` of an event that goes out at once, as this audience may have it; None when it may not."""
        match event:
            case _ if not self._receives(event):
                return None
            case Alarm() if self.wall:
                return _ENCODE(for_wall(msgspec.json.decode(body)))
            case Window() if self.wall:
                return _ENCODE({**msgspec.json.decode(body), **WINDOW_NOT_FOR_WALLS})
            case _:
                return body

    def _receives(self, event: Plain) -> bool:
        match event:
            case Freshness():
                return True
            case Incident() | Duty() | Rules() if self.wall:
                return False
            case Flood() | Window() | Duty() | Rules():  # whoever answers for the area, above or below
                return within(self.area, event.area) or self.sees(event.area)
            case _:
                return self.sees(event.area)


class Group:
    """Viewers of one audience: the ring of chunks they read from, and what is being merged for them."""

    def __init__(self, audience: Audience, is_worn: Callable[[int], bool]) -> None:
        self.audience = audience
        self._is_worn = is_worn
        self.end = 0  # number of the next chunk
        self._ring: deque[bytes] = deque(maxlen=RING)
        self._open: list[bytes] = []
        self._devices: dict[int, Device] = {}
        self._devices_at = ""
        self._counters: dict[str, bytes] = {}
        self._readings: list[tuple[int, str, int, int]] = []
        self._readings_at = ""
        self._merged_to = b""  # id of the newest event that is being merged

    @property
    def start(self) -> int:
        """Number of the oldest chunk still in the ring."""
        return self.end - len(self._ring)

    def since(self, cursor: int, most: int = 64) -> list[bytes]:
        """The chunks from `cursor` on, at most `most`."""
        begin = cursor - self.start
        return [self._ring[i] for i in range(begin, min(begin + most, len(self._ring)))]

    def offer(self, event: Wire, body: bytes, event_id: bytes) -> bool:
        """Take `event` if it is for this audience. True when it waits to be merged, so that a flush must follow."""
        audience = self.audience
        match event:
            case Devices():
                return self._merge_devices(event, event_id)
            case Telemetry():
                if audience.probe:
                    self._readings += [r for r in event.readings if self._shows(r[0], r[1])]
                    self._readings_at = event.at
                return bool(self._readings)
            case Counters():
                if audience.counts(event.area):
                    self._counters[event.area] = body
                    self._merged_to = event_id
                return bool(self._counters)
            case _:
                if (shown := audience.shown(event, body)) is not None:
                    self.flush()
                    self._open.append(frame(shown, event_id))
        return False

    def _merge_devices(self, event: Devices, event_id: bytes) -> bool:
        for device in event.devices:
            if self._shows(device.id, device.area):
                known = self._devices.get(device.id)
                if known is None or device.version >= known.version:
                    self._devices[device.id] = device
                self._merged_to = event_id
        self._devices_at = max(self._devices_at, event.at)
        return bool(self._devices)

    def _shows(self, device: int, path: str) -> bool:
        return self.audience.sees(path) and not (self.audience.wall and self._is_worn(device))

    def flush(self) -> None:
        """Turn what was merged into frames; only the last stored one carries the id, for all of them."""
        if self._readings:
            self._open.append(frame(_telemetry(self._readings, self._readings_at)))
            self._readings = []
        bodies = list(self._counters.values())
        if self._devices:
            bodies.append(_devices(list(self._devices.values()), self._devices_at))
        if bodies:
            self._open += [frame(body) for body in bodies[:-1]]
            self._open.append(frame(bodies[-1], self._merged_to))
            self._counters.clear()
            self._devices.clear()

    def say(self, special: bytes) -> None:
        """Send a special frame after everything before it."""
        self.flush()
        self._open.append(special)

    def forget(self) -> None:
        """Drop what has not gone out: a resync follows."""
        self._open.clear()
        self._devices.clear()
        self._counters.clear()
        self._readings.clear()

    def take_open(self) -> bytes:
        """What is ready to go, as one chunk; nothing of it remains."""
        chunk = b"".join(self._open)
        self._open.clear()
        return chunk

    def close_chunk(self) -> bool:
        """Put what is ready into the ring; False when there was nothing."""
        chunk = self.take_open()
        if chunk:
            self._ring.append(chunk)
            self.end += 1
        return bool(chunk)


def frame(body: bytes, event_id: bytes = b"", event: bytes = b"") -> bytes:
    """One server-sent event. `body` is JSON without line breaks."""
    head = b"event: " + event + b"\n" if event else b""
    if event_id:
        head += b"id: " + event_id + b"\n"
    return head + b"data: " + body + b"\n\n"


def _devices(devices: list[Device], at: str) -> bytes:
    return _ENCODE(
        {
            "area": common_area([d.area for d in devices]),
            "version": max(d.version for d in devices),
            "at": at,
            "type": "devices.changed",
            "devices": devices,
        }
    )


def _telemetry(readings: list[tuple[int, str, int, int]], at: str) -> bytes:
    area = common_area([r[1] for r in readings])
    fields: dict[str, Any] = {"area": area, "version": 0, "at": at, "type": "telemetry", "readings": readings}
    return _ENCODE(fields)


def common_area(paths: list[str]) -> str:
    """The path of the smallest area that holds all `paths`."""
    low, high = min(paths), max(paths)
    shared = ""
    for step in lineage(low):
        if not within(high, step):
            break
        shared = step
    return shared
