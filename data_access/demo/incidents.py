"""Two years of incidents with their histories, up to the epoch, in the catalogue and rhythm of real appeals.

A case waits in its `stage`; `registered_at`, `dispatched_at`, `handled_at`, `verified_at` and `closed_at` say when
that step was done. What would lie after the epoch has not happened yet: those cases are open, some past their limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data_access.db.tables import to_ms
from data_access.demo import system
from data_access.demo.buildings import Buildings
from data_access.demo.chance import Chance, Floats, Ints, choose
from data_access.demo.frame import Columns, Community, texts
from data_access.demo.plan import CUIZHU, ON_TIME
from data_access.demo.vendored import incident_profile
from data_access.domain.areas import PATH_STEP
from data_access.domain.catalogue import default_classes
from data_access.domain.incidents import Stage
from data_access.domain.periods import SHANGHAI

DAYS: Final = 730
_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000
_LIMIT_HOURS: Final = {1: 24, 2: 24, 3: 96, 4: 168, 5: 72, 6: 120, 7: 96, 17: 72, 695: 72}
_USUAL_LIMIT_HOURS: Final = 168
_STEPS: Final = (0.02, 0.06, 0.72, 0.78, 0.9, 1.0)  # share of a case's life at which each step is done
_REGISTER, _DISPATCH, _HANDLE, _FEEDBACK, _VERIFY, _CLOSE = range(6)
_STAGES: Final = (
    Stage.REPORT,
    Stage.REGISTER,
    Stage.DISPATCH,
    Stage.HANDLE,
    Stage.FEEDBACK,
    Stage.VERIFY,
    Stage.CLOSED,
    Stage.VOID,
)
_VOID: Final = 7
_ACTIONS: Final = ("report", "register", "dispatch", "handle", "feedback", "verify", "close", "void")
_OWN_LIMITS: Final = (0.03, 0.1, 0.8)  # share of a case's limit within which it is registered, dispatched and handled
_RETURNED, _EXTENDED, _REWORKED = 0.017, 0.021, 0.028  # share of the cases dispatched, dispatched and given feedback
_VOID_SHARE: Final = 0.012
_DESKS: Final = {
    **dict.fromkeys(("register", "void"), "受理席"),
    **dict.fromkeys(("dispatch", "grant", "rework"), "调度席"),
    "close": "结案席",
}
_BY_UNITS: Final = ("handle", "feedback", "return", "ask")
_STAGE_AFTER: Final = {
    **dict(zip(_ACTIONS, _STAGES, strict=True)),
    "return": Stage.REGISTER,
    **dict.fromkeys(("ask", "grant", "rework"), Stage.DISPATCH),
}
_UNIT_OF: Final = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7, 9: 8, 10: 9, 11: 10, 12: 12, 13: 12, 14: 13, 15: 11}
_FURTHER_UNIT: Final = 14
_IMPROVES: Final = 0.025  # a year


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The default catalogue as arrays over its sub classes."""

    sub: Ints
    main: Ints
    top: Ints
    top_refs: Ints
    item: Ints  # the sample's, 0 where it has none
    level: Ints  # whose turn it is first
    names: NDArray[Any]
    weights: Floats


@dataclass(frozen=True, slots=True)
class _Way:
    """One thing that may happen to a case: when it would, and to which cases it did."""

    at: Ints
    took: NDArray[np.bool_]


@cache
def catalogue() -> Catalogue:
    """Database ids, names and weights of the sub classes that appeals name."""
    ids, profile, items = system.type_ids(), incident_profile(), system.item_ids()
    classes = {(c.level, c.ref): c for c in default_classes()}
    subs = [classes[3, ref] for ref in profile.subs]
    mains = [classes[2, str(c.parent)] for c in subs]
    tops = [classes[1, str(c.parent)] for c in mains]
    return Catalogue(
        sub=np.array([ids[3, c.ref] for c in subs]),
        main=np.array([ids[2, c.ref] for c in mains]),
        top=np.array([ids[1, c.ref] for c in tops]),
        top_refs=np.array([int(c.ref) for c in tops]),
        item=np.array([items.get(c.ref, (0, 0))[0] for c in subs]),
        level=np.array([items.get(c.ref, (0, 0))[1] for c in subs]),
        names=np.array([c.name for c in subs]),
        weights=np.array(profile.sub_weights),
    )


def incident_rows(community: Community, within: Buildings) -> tuple[Columns, Columns]:
    """Rows of `incidents` and of `incident_history`."""
    plan, known = community.plan, catalogue()
    chance = Chance(community.seed, "incidents", plan.code)
    count, epoch = plan.incidents, to_ms(community.epoch)
    building = np.sort(chance.whole(count, 0, len(within.ids)))  # path order
    grid = within.grid[building]
    created = _created(community.epoch, count, chance)
    kind = chance.pick(count, known.weights)
    limit = np.array([_LIMIT_HOURS.get(int(ref), _USUAL_LIMIT_HOURS) for ref in known.top_refs])[kind] * _HOUR_MS
    years_ago = (epoch - created) / (365 * _DAY_MS)
    in_time = chance.uniform(count) < ON_TIME[plan.street] + 0.012 - _IMPROVES * years_ago
    share = np.where(in_time, chance.uniform(count, 0.08, 0.95), 1.02 + 1.6 * chance.uniform(count) ** 2)
    life = limit * share
    jitter = chance.uniform(count * 6).reshape(6, count) * 0.02
    done = np.stack([created + life * (step - wobble) for step, wobble in zip(_STEPS, jitter, strict=True)])
    done = done.astype(np.int64)
    done[_CLOSE] = (created + life).astype(np.int64)
    void = (chance.uniform(count) < _VOID_SHARE) & (done[_REGISTER] <= epoch)
    reached = (done <= epoch).sum(axis=0)
    stage = np.where(void, _VOID, reached)
    happened = done <= epoch
    happened[_DISPATCH:] &= ~void
    channel = _channels(plan.street, count, chance)
    unit = np.array([_UNIT_OF.get(int(ref), _FURTHER_UNIT) for ref in known.top_refs])[kind] + 1
    rated = happened[_CLOSE] & (chance.uniform(count) < 0.34)
    ways = _ways(done, happened, epoch, chance)
    turn = happened[_DISPATCH] & ~happened[_CLOSE] & (known.item[kind] > 0)
    dues = [(created + limit * share).astype(np.int64) for share in _OWN_LIMITS]
    ids = community.numbers.take("incidents", count)
    days = _local_days(created)
    codes = [
        f"SJ{day}-{plan.code[6:]}-{n:04d}" for n, day in enumerate(np.char.replace(days, "-", "").tolist(), start=1)
    ]
    rows: Columns = {
        "id": ids.tolist(),
        "code": codes,
        "source": [system.DEMO] * count,
        "source_ref": codes,
        "title": texts(known.names[kind]),
        "nature": _natures(known.top_refs[kind], chance),
        "top_type_id": known.top[kind].tolist(),
        "main_type_id": known.main[kind].tolist(),
        "sub_type_id": known.sub[kind].tolist(),
        "channel_id": (channel + 1).tolist(),
        "unit_id": unit.tolist(),
        "area_id": texts(choose([a.id for a in community.grids], grid)),
        "area_path": texts(choose([a.path for a in community.grids], grid)),
        "building_id": within.ids[building].tolist(),
        "place": texts(choose(within.names, building)),
        "lng": within.lng[building].tolist(),
        "lat": within.lat[building].tolist(),
        "stage": texts(choose([s.value for s in _STAGES], stage)),
        "created_at": created.tolist(),
        "registered_at": texts(done[_REGISTER], ~happened[_REGISTER]),
        "dispatched_at": texts(done[_DISPATCH], ~happened[_DISPATCH]),
        "handled_at": texts(done[_HANDLE], ~happened[_HANDLE]),
        "verified_at": texts(done[_VERIFY], ~happened[_VERIFY]),
        "closed_at": texts(done[_CLOSE], ~happened[_CLOSE]),
        "due_at": (created + limit).tolist(),
        "register_due_at": dues[0].tolist(),
        "dispatch_due_at": texts(dues[1], ~happened[_REGISTER]),
        "handle_due_at": texts(dues[2], ~happened[_DISPATCH]),
        "returned_at": texts(ways["return"].at, ~ways["return"].took),
        "extended_at": texts(ways["grant"].at, ~ways["grant"].took),
        "reworked_at": texts(ways["rework"].at, ~ways["rework"].took),
        "reworks": ways["rework"].took.astype(np.int64).tolist(),
        "extensions": ways["grant"].took.astype(np.int64).tolist(),
        "item_id": texts(known.item[kind], known.item[kind] == 0),
        "level": texts(known.level[kind], ~turn),
        "post": _posts(community, grid, known.level[kind], turn),
        "satisfaction": texts(3 + chance.pick(count, (0.12, 0.3, 0.58)), ~rated),
        "version": (reached + 1).tolist(),
    }
    took = {"report": _Way(created, np.ones(count, dtype=bool))}
    took |= {name: _Way(at, yes) for name, at, yes in zip(_ACTIONS[1:], done, happened, strict=False)}
    took |= {"void": _Way(done[_REGISTER] + 60_000, void), **ways}
    return rows, _history(community, ids, took, channel, unit)


def _posts(community: Community, grid: Ints, level: Ints, turn: NDArray[np.bool_]) -> list[str | None]:
    """The area that answers: that of the level above the grid whose turn it is; of cases with a turn alone."""
    paths = [community.grids[g].path for g in grid.tolist()]
    up = (level * PATH_STEP).tolist()
    return [path[: len(path) - n] if yes else None for path, n, yes in zip(paths, up, turn.tolist(), strict=True)]


def _ways(done: Ints, happened: NDArray[np.bool_], epoch: int, chance: Chance) -> dict[str, _Way]:
    """What some cases go through beside their steps: sent back by a unit, given more time, done twice.

    Each lies between the steps around it, and nothing of it after the epoch.
    """
    count = done.shape[1]

    def between(first: int, second: int, share: float) -> Ints:
        found: Ints = (done[first] + (done[second] - done[first]) * share).astype(np.int64)
        return found

    def some(share: float, after: int) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (chance.uniform(count) < share) & happened[after]
        return found

    back, more, twice = some(_RETURNED, _DISPATCH), some(_EXTENDED, _DISPATCH), some(_REWORKED, _FEEDBACK)
    found = {
        "return": (between(_DISPATCH, _HANDLE, 0.15), back),
        "dispatch again": (between(_DISPATCH, _HANDLE, 0.2), back),
        "ask": (between(_DISPATCH, _HANDLE, 0.5), more),
        "grant": (between(_DISPATCH, _HANDLE, 0.6), more),
        "rework": (between(_FEEDBACK, _VERIFY, 0.2), twice),
        "handle again": (between(_FEEDBACK, _VERIFY, 0.7), twice),
        "feedback again": (between(_FEEDBACK, _VERIFY, 0.8), twice),
    }
    last = {"return": "dispatch again", "ask": "grant", "rework": "feedback again"}
    over = {first: found[then][0] <= epoch for first, then in last.items()}  # none of it is half done at the epoch
    whole = {"dispatch again": "return", "grant": "ask", "handle again": "rework", "feedback again": "rework"}
    return {name: _Way(at, yes & over[whole.get(name, name)]) for name, (at, yes) in found.items()}


def _history(community: Community, ids: Ints, took: Mapping[str, _Way], channel: Ints, unit: Ints) -> Columns:
    """Each thing that was done: who, when, and the stage the case went on to."""
    names = list(took)
    at = np.stack([took[name].at for name in names])
    kind, row = np.nonzero(np.stack([took[name].took for name in names]))
    order = np.lexsort((kind, at[kind, row], row))
    kind, row = kind[order], row[order]
    actions = [name.removesuffix(" again") for name in names]
    channels = np.array([name for _, name, _, _ in system.CHANNELS])[channel[row]]
    units = np.array([name for _, name in system.UNITS])[unit[row] - 1]
    grid = f"{community.plan.name}网格"
    desks = np.array([grid if action == "verify" else _DESKS.get(action, "") for action in actions])[kind]
    by_unit = np.isin(kind, [i for i, action in enumerate(actions) if action in _BY_UNITS])
    actor = np.where(kind == names.index("report"), channels, np.where(by_unit, units, desks))
    return {
        "id": community.numbers.take("incident_history", len(row)).tolist(),
        "incident_id": ids[row].tolist(),
        "at": at[kind, row].tolist(),
        "actor": texts(actor),
        "action": texts(choose(actions, kind)),
        "stage": texts(choose([_STAGE_AFTER[action].value for action in actions], kind)),
    }


def _created(epoch: datetime, count: int, chance: Chance) -> Ints:
    """When cases came in: by month, weekday and hour as real appeals do; ms, none after `epoch`."""
    profile = incident_profile()
    today = epoch.astimezone(SHANGHAI)
    days = [today.date() - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
    midnights = np.array([to_ms(datetime.combine(day, time(), SHANGHAI)) for day in days])
    passed = np.concatenate([[0.0], np.cumsum(profile.hour)]) / sum(profile.hour)
    edges = np.arange(25) * float(_HOUR_MS)
    so_far = float(np.interp(to_ms(epoch) - midnights[-1], edges, passed))
    weights = np.array([profile.month[d.month - 1] * profile.weekday[d.weekday()] for d in days])
    weights[-1] *= so_far
    day = chance.pick(count, weights)
    until = np.where(day == DAYS - 1, so_far, 1.0)
    of_day = np.interp(chance.uniform(count) * until, passed, edges)
    created: Ints = midnights[day] + np.floor(of_day / 1000).astype(np.int64) * 1000
    return created


def _channels(street: str, count: int, chance: Chance) -> Ints:
    """Index of each case's channel; i水贝 serves 翠竹 alone."""
    weights = [weight if ref != "ishuibei" or street == CUIZHU else 0 for ref, _, _, weight in system.CHANNELS]
    return chance.pick(count, weights)


def _natures(tops: Ints, chance: Chance) -> list[str]:
    """求决, 投诉 … as the top class has them."""
    profile, draws = incident_profile().nature, chance.uniform(len(tops)).tolist()
    cumulated = {int(ref): (list(shares), np.cumsum(list(shares.values())).tolist()) for ref, shares in profile.items()}
    found = []
    for top, draw in zip(tops.tolist(), draws, strict=True):
        words, sums = cumulated[top]
        found.append(next((w for w, s in zip(words, sums, strict=True) if draw < s), words[-1]))
    return found


def _local_days(at: Ints) -> NDArray[Any]:
    """The Shanghai days of instants in ms, as text."""
    shifted: NDArray[Any] = (at + 8 * _HOUR_MS).astype("datetime64[ms]").astype("datetime64[D]").astype("U10")
    return shifted
