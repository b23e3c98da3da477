"""What the reference deployment holds, shared out once: every total of the district over its 109 communities.

The totals are those of the reference screens. Sharing them out needs no geometry and no people, so a community has
the same targets whether it is seeded alone or within the whole district.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from data_access.demo.chance import Chance, share_out
from data_access.demo.vendored import LUOHU, OfficialArea, official_areas

SHUIBEI: Final = "440303004011"
CUIZHU: Final = "440303004"
MAX_HOUSEHOLDS: Final = 300
"""A grid is at most 300 households (about 750 people)."""

TOTALS: Final = {
    "residents": 1_143_801,
    "dwellings": 412_690,
    "households": 390_372,
    "elderly_alone": 3_268,
    "buildings": 13_742,
    "entities": 92_347,
    "above_scale": 1_286,
    "resources": 1_842,
    "cameras": 3_412,
    "incidents": 60_000,
    "alarms": 7_860,
}
SHUIBEI_KNOWN: Final = {"residents": 18_642, "elderly_alone": 58, "entities": 4_127, "cameras": 112}
"""What is known of 水贝社区 and not left to chance (with 3,000 jewellery firms and 800 三小 among its entities)."""

ANCHORS: Final = {
    "440303001": ((114.104, 22.548), (114.104, 22.541)),
    "440303002": ((114.134, 22.549), (114.144, 22.552), (114.130, 22.542)),
    "440303003": ((114.118, 22.547), (114.1195, 22.5515)),
    "440303004": ((114.127, 22.561), (114.127, 22.571)),
    "440303005": ((114.110, 22.533), (114.1165, 22.5375), (114.107, 22.536)),
    "440303006": ((114.105, 22.558), (114.107, 22.567)),
    "440303007": ((114.147, 22.573), (114.147, 22.590), (114.165, 22.594), (114.183, 22.602), (114.2, 22.592)),
    "440303008": ((114.164, 22.567), (114.180, 22.564), (114.193, 22.569), (114.205, 22.580), (114.183, 22.575)),
    "440303009": ((114.123, 22.583), (114.134, 22.580)),
    "440303010": ((114.078, 22.589), (114.093, 22.580), (114.075, 22.579), (114.107, 22.582)),
}
"""Where each street lies, roughly (WGS-84): points that its schematic outline is drawn around."""

_PEOPLE: Final = {"001": 98, "002": 138, "003": 92, "004": 122, "005": 101, "006": 86, "007": 96, "008": 124}
_PEOPLE_LATER: Final = {"009": 141, "010": 146}
ON_TIME: Final = {
    "440303001": 0.942,
    "440303002": 0.935,
    "440303003": 0.840,
    "440303004": 0.912,
    "440303005": 0.871,
    "440303006": 0.909,
    "440303007": 0.951,
    "440303008": 0.964,
    "440303009": 0.895,
    "440303010": 0.917,
}
"""按期结案率 each street tends to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityPlan:
    """Targets of one community; each is exact."""

    ordinal: int  # among the district's communities, from 0
    code: str
    name: str
    full_name: str
    street: str
    residents: int
    dwellings: int
    households: int
    elderly_alone: int
    buildings: int
    entities: int
    above_scale: int
    resources: int
    cameras: int
    incidents: int
    alarms: int
    grids: int


@cache
def communities(seed: int) -> tuple[CommunityPlan, ...]:
    """The plan of every community of the district, in the order of their codes."""
    areas = [a for a in official_areas(LUOHU) if a.level == "community"]
    chance = Chance(seed, "plan")
    people = {**_PEOPLE, **_PEOPLE_LATER}
    siblings = {a.parent: sum(b.parent == a.parent for b in areas) for a in areas}
    unevenness = chance.uniform(len(areas), 0.65, 1.35)
    weights = [people[a.parent[-3:]] / siblings[a.parent] * unevenness[n] for n, a in enumerate(areas)]
    shares = {key: _share(key, total, areas, weights, chance) for key, total in TOTALS.items()}
    return tuple(
        CommunityPlan(
            ordinal=n,
            code=a.code,
            name=a.name,
            full_name=a.full_name,
            street=a.parent,
            grids=max(1, round(shares["households"][n] / 260)),
            **{key: shares[key][n] for key in TOTALS},
        )
        for n, a in enumerate(areas)
    )


def _share(key: str, total: int, areas: list[OfficialArea], weights: list[float], chance: Chance) -> list[int]:
    """`total` over all communities, those known first."""
    known = SHUIBEI_KNOWN.get(key)
    spread = chance.uniform(len(areas), 0.93, 1.07) if key not in {"residents", "households", "dwellings"} else 1.0
    own = (np.array(weights) * spread).tolist()
    here = next(n for n, a in enumerate(areas) if a.code == SHUIBEI)
    if key in {"households", "dwellings"}:  # as crowded as elsewhere
        own[here] *= SHUIBEI_KNOWN["residents"] / (TOTALS["residents"] * own[here] / sum(own))
        known = None
    if known is None:
        return [int(n) for n in share_out(total, own)]
    rest = share_out(total - known, own[:here] + own[here + 1 :]).tolist()
    return [*rest[:here], known, *rest[here:]]
