"""The devices that the simulator plays, as `yiping export devices` lists them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.devices import DeviceKind

_PERIODS: Final = {model.kind: model.period_s for model in DEFAULT_MODELS}
_MASK: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device. `gateway` is the code of the one it speaks through, None when it speaks for itself."""

    id: int
    code: str
    kind: DeviceKind
    token: str
    area: str
    building: str | None
    gateway: str | None
    floor: int
    lng: float
    lat: float
    period_s: int
    heard_ms: int = 0  # when the product last heard of it


class Fleet:
    """All devices, and the ways to pick among them. Order is that of their ids, so that a seed picks the same ones."""

    def __init__(self, devices: Iterable[Device]) -> None:
        self.devices: Sequence[Device] = sorted(devices, key=lambda d: d.id)
        self.by_code = {d.code: d for d in self.devices}
        self.heard_ms = max((d.heard_ms for d in self.devices), default=0)
        self.by_kind: dict[DeviceKind, list[Device]] = defaultdict(list)
        self.by_building: dict[str, list[Device]] = defaultdict(list)
        self.by_gateway: dict[str, list[Device]] = defaultdict(list)
        for device in self.devices:
            self.by_kind[device.kind].append(device)
            if device.building:
                self.by_building[device.building].append(device)
            if device.gateway:
                self.by_gateway[device.gateway].append(device)

    def __len__(self) -> int:
        return len(self.devices)

    @classmethod
    def read(cls, rows: Iterable[Mapping[str, Any]]) -> Fleet:
        """The fleet from exported rows; devices of replays are not ours to play."""
        return cls(_device(row) for row in rows if not row.get("replay"))

    def within(self, area: str) -> Fleet:
        """The devices in the area with code `area`."""
        return Fleet(d for d in self.devices if d.area.startswith(area))


def unit(*parts: int) -> float:
    """A number in [0, 1) that depends on `parts` alone, and looks like chance."""
    found = 0x9E3779B97F4A7C15
    for part in parts:
        found = ((found ^ (part & _MASK)) * 0xBF58476D1CE4E5B9) & _MASK
        found = ((found ^ (found >> 30)) * 0x94D049BB133111EB) & _MASK
        found ^= found >> 31
    return found / (1 << 64)


def _device(row: Mapping[str, Any]) -> Device:
    kind, heard = DeviceKind(row["kind"]), row.get("last_seen")
    return Device(
        id=int(row["id"]),
        code=row["code"],
        kind=kind,
        token=row["token"],
        area=row["area"],
        building=row.get("building") or None,
        gateway=row.get("gateway") or None,
        floor=int(row.get("floor") or 1),
        lng=float(row["lng"]),
        lat=float(row["lat"]),
        period_s=int(row.get("period_s") or _PERIODS[kind]),
        heard_ms=int(datetime.fromisoformat(heard).timestamp() * 1000) if heard else 0,
    )
