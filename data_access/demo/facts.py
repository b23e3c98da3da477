"""Aggregates of the seeded areas (`area_facts`): counted while the rows are made, added up along the tree.

Three months: this one exactly as the rows are, the one before and the same of last year from plausible growth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np

from data_access.demo import past
from data_access.demo.buildings import Buildings, Dwellings
from data_access.demo.chance import Chance, Ints
from data_access.demo.frame import Area, Columns, Community
from data_access.demo.people import People
from data_access.domain.areas import lineage
from data_access.domain.facts import Fact
from data_access.domain.periods import local_day

_MONTHLY: Final = {Fact.RENTAL_WATCHED: 0.012, Fact.RENTAL_STRICT: -0.027, Fact.RENTAL_BANNED: -0.059}
_YEARLY: Final = {
    Fact.AGE_80_UP: 0.048,
    Fact.AGE_60_UP: 0.051,
    Fact.DWELLINGS: 0.008,
    Fact.BUILDINGS: 0.002,
    Fact.LEGAL_ENTITIES: 0.046,
    Fact.DEVICES: 0.31,
    Fact.CAMERAS: 0.074,
    Fact.DISABLED: 0.009,
}
_USUAL_MONTHLY: Final = 0.002
_USUAL_YEARLY: Final = 0.026


class Ledger:
    """Counts by the path of the smallest area."""

    def __init__(self) -> None:
        self._own: defaultdict[str, defaultdict[Fact, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, fact: Fact, areas: Sequence[Area], counts: Sequence[int]) -> None:
        """Add `counts`, one for each of `areas`."""
        for area, count in zip(areas, counts, strict=True):
            self._own[area.path][fact] += count

    def count(self, community: Community, grids: Mapping[Fact, Ints]) -> None:
        """Add things by the index of the grid that each lies in."""
        for fact, where in grids.items():
            self.add(fact, community.grids, np.bincount(where, minlength=len(community.grids)).tolist())

    def count_homes(self, community: Community, within: Buildings, homes: Dwellings) -> None:
        """Add a community's buildings and dwellings."""
        self.count(community, {Fact.BUILDINGS: within.grid})
        conditions = {
            Fact.DWELLINGS: homes.use >= 0,
            Fact.OWNER_OCCUPIED: homes.use == 0,
            Fact.RENTED: homes.use == 1,
            Fact.VACANT: homes.use == 2,
            Fact.RENTAL_LIGHT: homes.grade == 0,
            Fact.RENTAL_WATCHED: homes.grade == 1,
            Fact.RENTAL_STRICT: homes.grade == 2,
            Fact.RENTAL_BANNED: homes.grade == 3,
        }
        self.count(community, {fact: homes.grid[condition] for fact, condition in conditions.items()})

    def count_people(self, community: Community, residents: People) -> None:
        """Add a community's households and residents; ages are as of the epoch's day."""
        today = local_day(community.epoch)
        fifteen, sixty, eighty = (np.datetime64(years_before(today, years), "D") for years in (15, 60, 80))
        born, residency = residents.born, residents.residency
        conditions = {
            Fact.RESIDENTS: residency >= 0,
            Fact.REGISTERED: residency == 0,
            Fact.FLOATING: residency == 1,
            Fact.OVERSEAS: residency == 2,
            Fact.MALE: residents.male,
            Fact.AGE_0_14: born > fifteen,
            Fact.AGE_15_59: (born <= fifteen) & (born > sixty),
            Fact.AGE_60_UP: born <= sixty,
            Fact.AGE_80_UP: born <= eighty,
            Fact.ELDERLY_ALONE: (born <= sixty) & residents.lives_alone,
            Fact.DISABLED: residents.disabled,
        }
        self.count(community, {Fact.HOUSEHOLDS: residents.household_grid})
        self.count(community, {fact: residents.grid[condition] for fact, condition in conditions.items()})

    def spread(self, copies: Mapping[str, str]) -> None:
        """Count for each path in `copies` (and below) the same as for the path it is a copy of."""
        for copy, original in copies.items():
            for path in [path for path in self._own if path.startswith(original)]:
                self._own[copy + path[len(original) :]] = self._own[path].copy()

    def grow(self, factor: float, apart: Collection[Fact]) -> None:
        """Multiply all counts but those of `apart` by `factor`, rounded."""
        for counts in self._own.values():
            for fact in counts:
                if fact not in apart:
                    counts[fact] = round(counts[fact] * factor)

    def totals(self) -> dict[str, dict[Fact, int]]:
        """The counts of every area with its whole subtree, by path."""
        return _added_up(self._own)

    def rows(self, areas: Sequence[Area], today: date, seed: int) -> Columns:
        """Rows of `area_facts` for this month, the one before and the same of last year; of few, those between."""
        this = today.replace(day=1)
        before = this.replace(year=this.year - 1, month=12) if this.month == 1 else this.replace(month=this.month - 1)
        chance = Chance(seed, "facts")
        months = {
            this.replace(year=this.year - 1): _added_up(_shrunk(self._own, _YEARLY, _USUAL_YEARLY, chance)),
            before: _added_up(_shrunk(self._own, _MONTHLY, _USUAL_MONTHLY, chance)),
            this: self.totals(),
        }
        lines = past.months_between(areas, months[this.replace(year=this.year - 1)], months[before], this, seed)
        lines += [
            (area.id, month.isoformat(), fact.value, totals[area.path].get(fact, 0))
            for area in areas
            for month, totals in months.items()
            for fact in Fact
        ]
        ids, when, metrics, values = zip(*lines, strict=True)
        return {"area_id": ids, "month": when, "metric": metrics, "value": values}


def years_before(day: date, years: int) -> date:
    """The same day `years` ago; for 29 February the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _added_up(own: dict[str, defaultdict[Fact, int]]) -> dict[str, dict[Fact, int]]:
    totals: defaultdict[str, defaultdict[Fact, int]] = defaultdict(lambda: defaultdict(int))
    for path, counts in own.items():
        for up in lineage(path):
            for fact, count in counts.items():
                totals[up][fact] += count
    return {path: dict(counts) for path, counts in totals.items()}


def _shrunk(
    own: dict[str, defaultdict[Fact, int]], growth: dict[Fact, float], usual: float, chance: Chance
) -> dict[str, defaultdict[Fact, int]]:
    """What the counts were before they grew; fractions are rounded by chance, so that sums are right on average."""
    keys = [(path, fact) for path in sorted(own) for fact in Fact if fact in own[path]]
    counts = np.array([own[path][fact] for path, fact in keys], dtype=np.float64)
    rates = np.array([growth.get(fact, usual) for _, fact in keys]) * chance.uniform(len(keys), 0.4, 1.6)
    past = np.floor(counts / (1 + rates) + chance.uniform(len(keys))).astype(np.int64).tolist()
    earlier: defaultdict[str, defaultdict[Fact, int]] = defaultdict(lambda: defaultdict(int))
    for (path, fact), count in zip(keys, past, strict=True):
        earlier[path][fact] = count
    return earlier
