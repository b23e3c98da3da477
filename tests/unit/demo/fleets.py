"""A small fleet for tests of the simulator."""

from __future__ import annotations

from data_access.demo.fleet import Device, Fleet
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.devices import DeviceKind

PERIODS = {model.kind: model.period_s for model in DEFAULT_MODELS}


def small() -> Fleet:
    """Two gateways; every kind six times, in two buildings."""
    devices = [device(1, DeviceKind.GATEWAY, None), device(2, DeviceKind.GATEWAY, None)]
    kinds = [kind for kind in DeviceKind if kind is not DeviceKind.GATEWAY for _ in range(6)]
    devices += [device(n, kind, f"gateway-{1 + n % 2}") for n, kind in enumerate(kinds, start=3)]
    return Fleet(devices)


def device(number: int, kind: DeviceKind, gateway: str | None) -> Device:
    return Device(
        id=number,
        code=f"gateway-{number}" if kind is DeviceKind.GATEWAY else f"{kind}-{number}",
        kind=kind,
        token=f"t{number}",
        area="440303004011001",
        building=None if kind is DeviceKind.GATEWAY else f"B{number // 3 % 2}",
        gateway=gateway,
        floor=1 + number % 9,
        lng=114.13 + number / 10_000,
        lat=22.57,
        period_s=PERIODS[kind],
    )
