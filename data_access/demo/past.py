"""What the demo remembers of itself: months of the main aggregates and days of running figures before its epoch.

Of the district, its streets and communities; grids begin with the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from data_access.demo.chance import Chance
from data_access.demo.frame import Area, Columns
from data_access.domain.areas import AreaKind
from data_access.domain.facts import Daily, Fact
from data_access.domain.periods import month_of

DAYS: Final = 30
DRAWN: Final = (Fact.RESIDENTS, Fact.DWELLINGS, Fact.LEGAL_ENTITIES)
_WOBBLE: Final = 0.12  # of the way from last year to last month
_OFFLINE: Final = (0.003, 0.011)
_NO_PICTURE: Final = (0.014, 0.024)
Totals = Mapping[str, Mapping[Fact, int]]
Row = tuple[int, str, str, int]


def months_between(areas: Sequence[Area], year_ago: Totals, last: Totals, this: date, seed: int) -> list[Row]:
    """Rows of `area_facts` for the ten months between the one a year ago and the one before `this`."""
    chance = Chance(seed, "months")
    months = [month_of(this).previous().previous()]
    while len(months) < 10:
        months.append(months[-1].previous())
    ways = [((i + 1) / 11) for i in range(10)]
    rows: list[Row] = []
    for area in _remembered(areas):
        for fact in DRAWN:
            first, now = year_ago[area.path].get(fact, 0), last[area.path].get(fact, 0)
            wobbles = chance.uniform(10, -_WOBBLE, _WOBBLE)
            rows += [
                (area.id, month.first.isoformat(), fact.value, round(first + (now - first) * (way + float(wobble))))
                for month, way, wobble in zip(reversed(months), ways, wobbles, strict=True)
            ]
    return rows


def day_rows(areas: Sequence[Area], totals: Totals, today: date, seed: int) -> Columns:
    """Rows of `area_days` for the days before `today`."""
    chance = Chance(seed, "days")
    rows: list[Row] = []
    for area in _remembered(areas):
        found = totals[area.path]
        for metric, of, (low, high) in (
            (Daily.DEVICES_ONLINE, Fact.DEVICES, _OFFLINE),
            (Daily.CAMERAS_DELIVERING, Fact.CAMERAS, _NO_PICTURE),
        ):
            missing = chance.uniform(DAYS, low, high)
            rows += [
                (
                    area.id,
                    (today - timedelta(days=DAYS - i)).isoformat(),
                    metric.value,
                    round(found.get(of, 0) * (1 - float(m))),
                )
                for i, m in enumerate(missing)
                if found.get(of)
            ]
    ids, days, metrics, values = zip(*rows, strict=True)
    return {"area_id": ids, "day": days, "metric": metrics, "value": values}


def _remembered(areas: Sequence[Area]) -> list[Area]:
    return [area for area in areas if area.kind != AreaKind.GRID]
