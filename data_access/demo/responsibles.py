"""Who answers for streets, communities, grids and buildings; their teams and shifts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final

from data_access.db.tables import to_ms
from data_access.demo.buildings import Buildings
from data_access.demo.chance import Chance
from data_access.demo.frame import Area, Columns, Community, Numbers, texts
from data_access.demo.names import full_names, phones
from data_access.domain.periods import SHANGHAI

_TEAMS: Final = (("fire", "微型消防站"), ("party", "党建领航队"), ("grid", "网格服务队"))
_SHIFT: Final = timedelta(hours=12)
_ROTA_BEFORE, _ROTA_AFTER = timedelta(days=7), timedelta(days=90)


@dataclass(slots=True)
class Roster:
    """Gathers responsible people and who may stand duty for each street."""

    chance: Chance
    numbers: Numbers
    officers: dict[str, list[int]] = field(default_factory=dict)
    _lines: list[tuple[str, str, Area, int | None, int | None, int | None]] = field(default_factory=list)

    def add(
        self,
        role: str,
        area: Area,
        *,
        code: str,
        building: int | None = None,
        team: int | None = None,
        organisation: int | None = None,
    ) -> None:
        """Somebody in `role` for `area`, or for one building in it."""
        self._lines.append((code, role, area, building, team, organisation))

    def flush(self) -> Columns:
        """The rows of `responsibles` gathered so far; begins anew."""
        lines, self._lines = self._lines, []
        ids = self.numbers.take("responsibles", len(lines)).tolist()
        for number, (_, role, area, _, _, _) in zip(ids, lines, strict=True):
            if role in {"grid_chief", "street_chief"}:
                self.officers.setdefault(area.path[:6], []).append(number)
        return {
            "id": ids,
            "code": [code for code, *_ in lines],
            "name": full_names(self.chance, len(lines)),
            "role": [role for _, role, *_ in lines],
            "phone": texts(phones(self.chance, len(lines))),
            "area_id": [area.id for _, _, area, *_ in lines],
            "area_path": [area.path for _, _, area, *_ in lines],
            "building_id": [building for *_, building, _, _ in lines],
            "team_id": [team for *_, team, _ in lines],
            "organisation_id": [organisation for *_, organisation in lines],
        }

    def rota(self, epoch: datetime) -> Columns:
        """Rows of `duty_rota`: two shifts a day and street, from a week before the epoch to three months after."""
        begin = datetime.combine((epoch - _ROTA_BEFORE).astimezone(SHANGHAI).date(), time(8), SHANGHAI)
        shifts = (_ROTA_BEFORE + _ROTA_AFTER) // _SHIFT
        lines = [
            (officers[n % len(officers)], path, to_ms(begin + n * _SHIFT), to_ms(begin + (n + 1) * _SHIFT))
            for path, officers in sorted(self.officers.items())
            for n in range(shifts)
        ]
        people, paths, starts, ends = zip(*lines, strict=True)
        ids = self.numbers.take("duty_rota", len(lines)).tolist()
        return {"id": ids, "responsible_id": people, "area_path": paths, "starts_at": starts, "ends_at": ends}


def team_rows(community: Community, within: Buildings) -> dict[str, list[Any]]:
    """Rows of `teams` of a community."""
    chance = Chance(community.seed, "teams", community.plan.code)
    spots = chance.whole(len(_TEAMS), 0, len(within.ids)).tolist()
    area = community.area
    return {
        "id": community.numbers.take("teams", len(_TEAMS)).tolist(),
        "code": [f"T-{kind}-{area.code}" for kind, _ in _TEAMS],
        "name": [f"{area.name}{word}" for _, word in _TEAMS],
        "kind": [kind for kind, _ in _TEAMS],
        "area_id": [area.id] * len(_TEAMS),
        "area_path": [area.path] * len(_TEAMS),
        "lng": [float(within.lng[n]) for n in spots],
        "lat": [float(within.lat[n]) for n in spots],
    }


def enrol(roster: Roster, community: Community, within: Buildings, teams: list[int], properties: list[int]) -> None:
    """All who answer for the community: chief, police, a worker and a property manager a grid, building heads."""
    area = community.area
    _, party, grid_team = teams
    roster.add("grid_chief", area, code=f"P-chief-{area.code}", team=party)
    roster.add("police", area, code=f"P-police-{area.code}")
    for n, grid in enumerate(community.grids):
        roster.add("grid_worker", grid, code=f"P-worker-{grid.code}", team=grid_team)
        company = properties[(community.plan.ordinal + n // 8) % len(properties)]
        roster.add("property", grid, code=f"P-property-{grid.code}", organisation=company)
    for number, code, grid_index, dwellings in zip(
        within.ids.tolist(), within.codes, within.grid.tolist(), within.dwellings.tolist(), strict=True
    ):
        if dwellings:
            roster.add("building_head", community.grids[grid_index], code=f"P-head-{code}", building=number)
