"""Households and the people in them: who lives together decides ages, names and residency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data_access.demo import names
from data_access.demo.buildings import Dwellings
from data_access.demo.chance import Chance, Ints, choose
from data_access.demo.frame import Columns, Community, flags, texts
from data_access.domain.periods import local_day

_SIZES: Final = (0.18, 0.235, 0.27, 0.175, 0.09, 0.05)  # of 1 … 6 people
_YOUNG, _ELDERS, _SHARED, _FAMILY, _THREE_GENERATIONS, _SINGLE, _ELDER_ALONE = range(7)
_PAIRS: Final = (0.33, 0.47, 0.20)  # young couple, elder couple, shared
_LARGER: Final = (0.31, 0.37, 0.32)  # shared, family, three generations
_REGISTERED: Final = (0.87, 0.30)  # of households who own, who rent
_OVERSEAS: Final = 0.0114
_DISABLED: Final = 0.00863
_RESIDENCY: Final = ("registered", "floating", "overseas")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Households and residents of a community, in path order."""

    household_rows: Columns
    resident_rows: Columns
    household_grid: Ints
    elders_alone: Ints  # indices of households of one old person
    household_ids: Ints
    household_dwelling: Ints  # index into Dwellings
    grid: Ints  # of each resident
    born: NDArray[np.datetime64]
    male: NDArray[np.bool_]
    residency: Ints
    lives_alone: NDArray[np.bool_]
    disabled: NDArray[np.bool_]


def people(community: Community, homes: Dwellings) -> People:
    """Fill the occupied dwellings with exactly as many people as planned."""
    plan = community.plan
    chance = Chance(community.seed, "people", plan.code)
    dwelling = np.flatnonzero(homes.occupied)
    sizes = _sizes(len(dwelling), plan.residents, chance)
    kinds = _kinds(sizes, plan.elderly_alone, chance)
    ids = community.numbers.take("households", len(dwelling))
    household = np.repeat(np.arange(len(dwelling)), sizes)
    member = np.arange(plan.residents) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    ages = _ages(kinds, household, member, chance)
    today = np.datetime64(local_day(community.epoch), "D")
    born = today - np.floor(ages * 365.2425).astype("timedelta64[D]")
    head_male = chance.uniform(len(dwelling)) < 0.56
    male = np.where(
        member == 0,
        head_male[household],
        np.where(
            (member == 1) & (kinds[household] != _SHARED), ~head_male[household], chance.uniform(len(member)) < 0.517
        ),
    )
    rented = homes.use[dwelling] == 1
    draw = chance.uniform(len(dwelling))
    local = draw < np.where(rented, _REGISTERED[1], _REGISTERED[0])
    residency = np.where(chance.uniform(len(dwelling)) < _OVERSEAS, 2, np.where(local, 0, 1))[household]
    lives_alone = (sizes == 1)[household]
    disabled = chance.uniform(len(member)) < _DISABLED
    grid = homes.grid[dwelling]
    paths = [a.path for a in community.grids]
    resident_rows: Columns = {
        "id": community.numbers.take("residents", plan.residents).tolist(),
        "household_id": ids[household].tolist(),
        "area_path": texts(choose(paths, grid[household])),
        "name": _names(household, member, kinds, male, chance),
        "id_number": texts(names.identity_numbers(plan.ordinal + 1, born, male, chance), residency == 2),
        "phone": texts(names.phones(chance, len(member)), ages < 14),
        "sex": texts(np.where(male, "M", "F")),
        "born": texts(born.astype("U10")),
        "residency": texts(choose(_RESIDENCY, residency)),
        "lives_alone": flags(lives_alone),
        "disabled": flags(disabled),
    }
    household_rows: Columns = {
        "id": ids.tolist(),
        "dwelling_id": homes.ids[dwelling].tolist(),
        "area_path": texts(choose(paths, grid)),
        "size": sizes.tolist(),
    }
    return People(
        household_rows=household_rows,
        resident_rows=resident_rows,
        household_grid=grid,
        elders_alone=np.flatnonzero(kinds == _ELDER_ALONE),
        household_ids=ids,
        household_dwelling=dwelling,
        grid=grid[household],
        born=born,
        male=male,
        residency=residency,
        lives_alone=lives_alone,
        disabled=disabled,
    )


def _sizes(households: int, residents: int, chance: Chance) -> Ints:
    """Household sizes that add up to `residents`."""
    sizes = chance.pick(households, _SIZES) + 1
    while (missing := residents - int(sizes.sum())) != 0:
        step = 1 if missing > 0 else -1
        able = np.flatnonzero((sizes >= 2) & (sizes + step >= 2) & (sizes + step <= 7))
        chosen = able[chance.sample(len(able), min(abs(missing), len(able)))]
        sizes[chosen] += step
    return sizes


def _kinds(sizes: Ints, elders_alone: int, chance: Chance) -> Ints:
    """What kind of household each is."""
    count = len(sizes)
    pairs = choose((_YOUNG, _ELDERS, _SHARED), chance.pick(count, _PAIRS))
    larger = choose((_SHARED, _FAMILY, _THREE_GENERATIONS), chance.pick(count, _LARGER))
    kinds: Ints = np.where(sizes == 1, _SINGLE, np.where(sizes == 2, pairs, larger))
    alone = np.flatnonzero(sizes == 1)
    kinds[alone[chance.sample(len(alone), elders_alone)]] = _ELDER_ALONE
    return kinds


def _ages(kinds: Ints, household: Ints, member: Ints, chance: Chance) -> NDArray[np.float64]:
    """Ages in years, with a fraction."""
    count = len(kinds)
    head = np.choose(
        kinds,
        [
            chance.uniform(count, 22, 45),
            60.2 + 34 * chance.uniform(count) ** 1.1,
            18 + 41.8 * chance.uniform(count) ** 1.25,
            np.clip(chance.bell(count, 41, 9), 24, 59.8),
            np.clip(chance.bell(count, 38, 7), 26, 59),
            18 + 41.8 * chance.uniform(count) ** 1.2,
            62 + 33 * chance.uniform(count),
        ],
    )
    of_head, kind, size = head[household], kinds[household], len(household)
    jitter = chance.bell(size, 0, 2.2)
    elder = kind == _ELDERS
    partner = np.where(elder, np.clip(of_head + jitter, 60.2, 96), np.clip(of_head + jitter, 18.2, 59.9))
    child = np.maximum(of_head - chance.uniform(size, 24, 36), chance.uniform(size, 0, 3))
    grandparent = np.clip(of_head + chance.uniform(size, 23, 40), 60.2, 97)
    tenant = 18 + 41.8 * chance.uniform(size) ** 1.3
    family = np.where(member == 1, partner, np.where(member >= 4, grandparent, child))
    generations = np.where(member == 1, partner, np.where(member >= 3, grandparent, child))
    others = np.choose(kind, [partner, partner, tenant, family, generations, tenant, tenant])
    return np.where(member == 0, of_head, others)


def _names(household: Ints, member: Ints, kinds: Ints, male: NDArray[np.bool_], chance: Chance) -> list[Any]:
    """Children carry the name of the head of their household."""
    own = names.surnames(chance, len(household))
    heads = own[np.flatnonzero(member == 0)][household]
    child = (member >= 2) & (member < 4) & (kinds[household] == _FAMILY)
    family = np.where(child | ((member == 2) & (kinds[household] == _THREE_GENERATIONS)), heads, own)
    return texts(np.char.add(family, names.given_names(chance, male)))
