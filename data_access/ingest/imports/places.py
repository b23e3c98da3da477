"""Finds areas and buildings by the codes and names that files use."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, BuildingRow
from data_access.domain.areas import within
from data_access.ingest.imports.columns import Refused


@dataclass(frozen=True, slots=True)
class Place:
    """An area: what rows that hang on it need to carry."""

    id: int
    code: str
    name: str
    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class House:
    """A building and the area it stands in."""

    id: int
    code: str
    area_id: int
    area_path: str
    lng: float
    lat: float


class Places:
    """All areas of the deployment in memory (thousands at most); buildings when first asked for."""

    def __init__(self, session: Session) -> None:
        self._codes: dict[str, Place] = {}
        self._names: defaultdict[str, list[Place]] = defaultdict(list)
        self._houses: dict[str, House] | None = None
        rows = session.execute(
            select(
                AreaRow.id,
                AreaRow.code,
                AreaRow.name,
                AreaRow.kind,
                AreaRow.path,
                AreaRow.aliases,
                AreaRow.official_code,
            )
        )
        for row in rows:
            place = Place(row.id, row.code, row.name, row.kind, row.path)
            self._codes[row.official_code or row.code] = place
            self._codes[row.code] = place
            for name in {place.name, *row.aliases}:
                self._names[name].append(place)

    def by_code(self, code: str | None) -> Place | None:
        return self._codes.get(code) if code else None

    def need(self, code: str) -> Place:
        """The area with `code`; raises `Refused`."""
        place = self._codes.get(code)
        if place is None:
            raise Refused(f"there is no area with the code {code}")
        return place

    def named(self, name: str, *, inside: str = "", kind: str | None = None) -> Place | None:
        """The area called `name` (or with that alias) in the subtree of path `inside`; None when none is.

        Raises `Refused` when several are.
        """
        found = [p for p in self._names.get(name, ()) if within(p.path, inside) and kind in (None, p.kind)]
        if len(found) > 1:
            raise Refused(f"{name} can be any of the areas {', '.join(sorted(p.code for p in found))}")
        return found[0] if found else None

    def load_houses(self, session: Session) -> None:
        """Read the buildings; call it from a kind's `prepare` when its rows name them."""
        rows = session.execute(
            select(
                BuildingRow.id,
                BuildingRow.code,
                BuildingRow.area_id,
                BuildingRow.area_path,
                BuildingRow.lng,
                BuildingRow.lat,
            )
        )
        self._houses = {row.code: House(*row) for row in rows}

    def house(self, code: str) -> House:
        """The building with `code`; raises `Refused`."""
        found = (self._houses or {}).get(code)
        if found is None:
            raise Refused(f"there is no building with the code {code}")
        return found
