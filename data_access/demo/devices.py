"""Devices with their last word, and cameras. Every device starts seen, online and normal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import numpy as np

from data_access.db.tables import to_ms
from data_access.demo.buildings import Buildings, Dwellings
from data_access.demo.chance import Chance, Floats, Ints, choose, share_out
from data_access.demo.frame import Columns, Community, texts
from data_access.demo.people import People
from data_access.demo.plan import SHUIBEI, communities
from data_access.demo.system import model_ids
from data_access.domain.device_models import DEFAULT_MODELS
from data_access.domain.devices import DeviceKind

K = DeviceKind
TOTALS: Final = {
    K.SMOKE: 17_760,
    K.GAS: 2_610,
    K.HYDRANT: 1_890,
    K.POOL: 862,
    K.WATCH: 978,
    K.LIFT: 1_904,
    K.MANHOLE: 1_250,
    K.PERIMETER: 330,
    K.FIRE_LANE: 418,
    K.ELECTRICAL: 1_150,
    K.PARKING: 640,
    K.WATERLOGGING: 64,
    K.VIDEO_AI: 520,
    K.DRONE: 12,
    K.FLOW: 26,
}
"""Devices of the district by kind, gateways apart."""
SHUIBEI_DEVICES: Final = {K.SMOKE: 747, K.GAS: 93, K.HYDRANT: 83, K.POOL: 41, K.WATCH: 41}
"""水贝社区's 1,005 endpoints, exactly; its gateways hang on the street."""
GATEWAY_SERVES: Final = 500
CLIPS: Final = ("junction", "corridor", "water", "gate")
"""Demo clips in `media/`; a camera's `stream` of `demo:junction` plays `media/junction.m3u8`."""

_DIRECT: Final = (K.WATCH, K.VIDEO_AI, K.DRONE)  # these speak for themselves, without a gateway
_MAINS: Final = (K.LIFT, K.VIDEO_AI, K.ELECTRICAL, K.FLOW, K.DRONE)  # no battery
_INDOORS: Final = (K.SMOKE, K.GAS, K.POOL, K.WATCH, K.LIFT, K.ELECTRICAL)  # on a floor; all others stand outside
_OWNERS: Final = (("公共安全", 3_604), ("社区物业", 1_172), ("校园周边", 440))
_VIEWS: Final = ("路口", "出入口", "消防通道", "电梯厅", "背街")
_DELIVERING: Final = 0.985
_NAMES: Final = {model.kind: model.name for model in DEFAULT_MODELS}
_PERIODS: Final = {model.kind: model.period_s for model in DEFAULT_MODELS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """A community's devices without its gateways, in path order."""

    gateway_rows: Columns
    rows: Columns
    state_rows: Columns
    ids: Ints
    kinds: tuple[DeviceKind, ...]
    building: Ints
    grid: Ints
    lng: Floats
    lat: Floats


def counts(community: Community) -> dict[DeviceKind, int]:
    """How many devices of each kind the community has; over the district they add up to `TOTALS`."""
    plans = communities(community.seed)
    chance = Chance(community.seed, "device counts")
    here = community.plan.ordinal
    special = next(p.ordinal for p in plans if p.code == SHUIBEI)
    found = {}
    for kind, usual in TOTALS.items():
        total = round(usual * community.device_factor)
        sizes = [p.elderly_alone if kind is K.WATCH else p.residents for p in plans]
        weights = np.array(sizes, dtype=float) * chance.uniform(len(plans), 0.75, 1.25)
        weights[special] = 0
        known = SHUIBEI_DEVICES.get(kind, 0)
        found[kind] = known if here == special else int(share_out(total - known, weights)[here])
    return found


def devices(community: Community, within: Buildings, homes: Dwellings, residents: People) -> Devices:
    """Gateways on the street, devices in buildings, watches with old people who live alone."""
    chance = Chance(community.seed, "devices", community.plan.code)
    kinds = [kind for kind, count in counts(community).items() for _ in range(count)]
    building = chance.whole(len(kinds), 0, len(within.ids))
    watches = np.flatnonzero(np.array([kind is K.WATCH for kind in kinds]))
    elders = residents.elders_alone[chance.order(len(residents.elders_alone))]
    wearers = np.resize(elders, len(watches))
    building[watches] = homes.building[residents.household_dwelling[wearers]]
    household = np.zeros(len(kinds), dtype=np.int64)
    household[watches] = residents.household_ids[wearers]
    order = np.argsort(within.grid[building], kind="stable")
    building, household = building[order], household[order]
    kinds = [kinds[n] for n in order.tolist()]
    grid = within.grid[building]
    gateway_rows, gateway = _gateways(community, within, kinds, chance)
    lng = np.round(within.lng[building] + chance.uniform(len(kinds), -0.00006, 0.00006), 6)
    lat = np.round(within.lat[building] + chance.uniform(len(kinds), -0.00006, 0.00006), 6)
    ids = community.numbers.take("devices", len(kinds))
    serial = _serials(kinds)
    codes = [f"{kind}-{community.plan.code}-{n:04d}" for kind, n in zip(kinds, serial, strict=True)]
    models = model_ids()
    floors = 1 + np.floor(chance.uniform(len(kinds)) * within.floors[building]).astype(np.int64)
    grids = community.grids
    rows: Columns = {
        "id": ids.tolist(),
        "code": codes,
        "token": [_token(community.seed, code) for code in codes],
        "kind": [kind.value for kind in kinds],
        "model_id": [models[kind.value] for kind in kinds],
        "name": [f"{_NAMES[k]} {within.names[b]}" for k, b in zip(kinds, building.tolist(), strict=True)],
        "area_id": texts(choose([a.id for a in grids], grid)),
        "area_path": texts(choose([a.path for a in grids], grid)),
        "building_id": within.ids[building].tolist(),
        "household_id": texts(household, household == 0),
        "gateway_id": texts(gateway, gateway == 0),
        "floor": texts(floors, np.array([kind not in _INDOORS for kind in kinds], dtype=bool)),
        "lng": lng.tolist(),
        "lat": lat.tolist(),
        "replay": [0] * len(kinds),
    }
    every = [*([K.GATEWAY] * len(gateway_rows["id"])), *kinds]
    state_rows = _states(
        community,
        every,
        [*gateway_rows["id"], *rows["id"]],
        [*gateway_rows["area_path"], *rows["area_path"]],
        [*zip(gateway_rows["lng"], gateway_rows["lat"], strict=True), *zip(rows["lng"], rows["lat"], strict=True)],
        chance,
    )
    return Devices(
        gateway_rows=gateway_rows,
        rows=rows,
        state_rows=state_rows,
        ids=ids,
        kinds=tuple(kinds),
        building=building,
        grid=grid,
        lng=lng,
        lat=lat,
    )


def camera_rows(community: Community, within: Buildings) -> tuple[Columns, Ints]:
    """Rows of `cameras`, and for counting the grid of each. Those that deliver play one of our own clips."""
    plan, chance = community.plan, Chance(community.seed, "cameras", community.plan.code)
    count = plan.cameras
    building = np.sort(chance.whole(count, 0, len(within.ids)))
    grid = within.grid[building]
    delivering = chance.uniform(count) < _DELIVERING
    clip = choose([f"demo:{clip}" for clip in CLIPS], chance.whole(count, 0, len(CLIPS)))
    view = choose(_VIEWS, chance.whole(count, 0, len(_VIEWS)))
    ids = community.numbers.take("cameras", count)
    last = to_ms(community.epoch) - chance.whole(count, 500, 20_000)
    last[~delivering] -= chance.whole(int((~delivering).sum()), 3_600_000, 280_000_000)
    rows: Columns = {
        "id": ids.tolist(),
        "code": [f"C{plan.code}{n:03d}" for n in range(1, count + 1)],
        "gb_code": [f"44030300001320{n:06d}" for n in ids.tolist()],
        "name": [f"{within.names[b]} {v}" for b, v in zip(building.tolist(), view.tolist(), strict=True)],
        "kind": texts(choose(("fixed", "ptz"), chance.pick(count, (0.72, 0.28)))),
        "owner": texts(choose([name for name, _ in _OWNERS], chance.pick(count, [w for _, w in _OWNERS]))),
        "area_id": texts(choose([a.id for a in community.grids], grid)),
        "area_path": texts(choose([a.path for a in community.grids], grid)),
        "building_id": within.ids[building].tolist(),
        "lng": np.round(within.lng[building] + chance.uniform(count, -0.00006, 0.00006), 6).tolist(),
        "lat": np.round(within.lat[building] + chance.uniform(count, -0.00006, 0.00006), 6).tolist(),
        "stream": texts(clip, ~delivering),
        "delivering": delivering.astype(np.int64).tolist(),
        "last_frame_at": last.tolist(),
    }
    return rows, grid


def _gateways(
    community: Community, within: Buildings, kinds: list[DeviceKind], chance: Chance
) -> tuple[dict[str, list[Any]], Ints]:
    """The gateways that serve the community, and the gateway id of each device (0 for none)."""
    served = np.flatnonzero(np.array([kind not in _DIRECT for kind in kinds]))
    count = -(-len(served) // GATEWAY_SERVES)
    ids = community.numbers.take("devices", count)
    gateway = np.zeros(len(kinds), dtype=np.int64)
    gateway[served] = ids[np.arange(len(served)) // GATEWAY_SERVES]
    building = chance.whole(count, 0, len(within.ids))
    codes = [f"gateway-{community.plan.code}-{n:04d}" for n in range(1, count + 1)]
    rows: dict[str, list[Any]] = {
        "id": ids.tolist(),
        "code": codes,
        "token": [_token(community.seed, code) for code in codes],
        "kind": [K.GATEWAY.value] * count,
        "model_id": [model_ids()[K.GATEWAY.value]] * count,
        "name": [f"{_NAMES[K.GATEWAY]} {community.plan.name}{n}" for n in range(1, count + 1)],
        "area_id": [community.street.id] * count,
        "area_path": [community.street.path] * count,
        "lng": within.lng[building].tolist(),
        "lat": within.lat[building].tolist(),
        "replay": [0] * count,
    }
    return rows, gateway


def _states(
    community: Community,
    kinds: list[DeviceKind],
    ids: list[int],
    paths: list[str],
    spots: list[tuple[float, float]],
    chance: Chance,
) -> Columns:
    count = len(kinds)
    periods = np.array([_PERIODS[kind] for kind in kinds]) * 1000
    last = to_ms(community.epoch) - np.floor(chance.uniform(count) * periods * 0.9).astype(np.int64)
    draws = chance.uniform(count * 4).reshape(count, 4).tolist()
    values = [
        json.dumps(_values(kind, draw, spot), separators=(",", ":"))
        for kind, draw, spot in zip(kinds, draws, spots, strict=True)
    ]
    return {
        "device_id": ids,
        "area_path": paths,
        "status": [0] * count,
        "version": [1] * count,
        "last_ts": last.tolist(),
        "last_seen": last.tolist(),
        "values": values,
    }


_TYPICAL: Final[dict[DeviceKind, Callable[[list[float]], dict[str, float]]]] = {
    K.SMOKE: lambda _: {"smoke": 0},
    K.GAS: lambda u: {"gas_lel": round(u[0] * 1.8, 1)},
    K.HYDRANT: lambda u: {"pressure_mpa": round(0.24 + u[0] * 0.14, 3)},
    K.POOL: lambda u: {"level_pct": round(88 + u[0] * 9, 1)},
    K.WATCH: lambda u: {
        "sos": 0,
        "fall": 0,
        "heart_rate": 62 + int(u[0] * 26),
        "spo2": 95 + int(u[1] * 5),
        "worn": 1,
    },
    K.LIFT: lambda _: {"fault": 0, "trapped": 0},
    K.MANHOLE: lambda u: {"tilt_deg": round(u[0] * 3, 1), "water_level_cm": round(u[1] * 25, 1)},
    K.PERIMETER: lambda _: {"intrusion": 0},
    K.FIRE_LANE: lambda _: {"occupied": 0},
    K.ELECTRICAL: lambda u: {"residual_ma": round(20 + u[0] * 110, 1), "temp_c": round(26 + u[1] * 18, 1)},
    K.PARKING: lambda u: {"occupied": int(u[0] < 0.7)},
    K.WATERLOGGING: lambda u: {"water_level_cm": round(u[0] * 2.5, 1)},
    K.VIDEO_AI: lambda _: dict.fromkeys(
        ("litter", "illegal_parking", "graffiti", "thrown_object", "crowd", "ebike_in_lift"), 0
    ),
    K.DRONE: lambda _: {"finding": 0},
    K.FLOW: lambda u: {"flow_lps": round(95 + u[0] * 12, 2)},
    K.GATEWAY: lambda _: {},
}


def _values(kind: DeviceKind, draw: list[float], spot: tuple[float, float]) -> dict[str, float]:
    """What a healthy device of the kind last said."""
    found = _TYPICAL[kind](draw)
    if kind is K.WATCH:
        found |= {"lng": spot[0], "lat": spot[1]}
    if kind not in _MAINS and kind is not K.GATEWAY:
        found["battery_pct"] = 30 + int(draw[2] * 70)
    return found | {"rssi_dbm": -58 - int(draw[3] * 42)}


def _serials(kinds: list[DeviceKind]) -> list[int]:
    """Number each device within its kind, from 1."""
    seen: dict[DeviceKind, int] = {}
    numbers = []
    for kind in kinds:
        seen[kind] = seen.get(kind, 0) + 1
        numbers.append(seen[kind])
    return numbers


def _token(seed: int, code: str) -> str:
    """A token of the demo; whoever knows the seed can work it out, so it is no secret."""
    return sha256(f"{seed}/token/{code}".encode()).hexdigest()[:20]
