"""Search over areas, buildings with their addresses, responsible people, cameras and devices.

Names change only with imports, so each process keeps them as one text a kind and finds by scanning it: any part of a
name, no search engine, the same on both databases, about a millisecond for the district. What is found is read from
the database by its key. People are indexed by masked name, role and place: nothing personal is in memory or answer.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Select, null, select
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import AreaRow, BuildingRow, CameraRow, DeviceRow, ResponsibleRow
from data_access.domain import masking
from data_access.domain.areas import within
from data_access.live import reload
from data_access.viewmodels.search import Hit, HitKind

MAX_HITS: Final = 50
FEW: Final = 4
"""Hits of each kind that have a place in the list before one kind may fill it."""

_ROLES: Final = {
    "grid_chief": "网格长 grid chief",
    "grid_worker": "网格员 grid worker",
    "building_head": "楼栋长 building head",
    "police": "社区民警 police officer",
    "property": "物业经理 property manager",
    "street_chief": "街长 street chief",
}
"""What a person types for a role, in both languages."""


@dataclass(frozen=True, slots=True)
class _Text:
    r"""The names of one kind: entries begin with \n, every field ends with \t. Shorter names come first."""

    text: str
    starts: list[int]
    ids: list[int]
    paths: list[str]

    def find(self, terms: Sequence[str], path: str, limit: int) -> Iterator[tuple[int, int]]:
        """`(rank, id)` of the entries below `path` that hold every term.

        By the first term: names that are it, fields that are it, names and fields that begin with it, the others.
        """
        seen: set[int] = set()
        first = terms[0]
        for rank, needle in enumerate((f"\n{first}\t", f"\t{first}\t", f"\n{first}", f"\t{first}", first)):
            at, taken = -1, 0
            while taken < limit and (at := self.text.find(needle, at + 1)) >= 0:
                row = bisect_right(self.starts, at) - 1
                end = self.starts[row + 1] if row + 1 < len(self.starts) else len(self.text)
                if row not in seen and within(self.paths[row], path) and self._holds(row, end, terms):
                    seen.add(row)
                    taken += 1
                    yield rank, self.ids[row]
                at = end - 1  # one hit an entry is enough

    def _holds(self, row: int, end: int, terms: Sequence[str]) -> bool:
        return all(self.text.find(term, self.starts[row], end) >= 0 for term in terms[1:])


class SearchIndex:
    """The names of this process's database. Safe to use from threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._texts: dict[HitKind, _Text] = {}
        self._version: int | None = None

    def warm(self) -> None:
        """Load the names before anybody asks."""
        with self._database.reading() as session:
            self._current(session)

    def find(self, asked: str, path: str, limit: int) -> list[Hit]:
        """What is called `asked` in the subtree of `path`, best first: beginnings of names before parts of them."""
        terms = _folded(asked).split()
        if not terms:
            return []
        with self._database.reading() as session:
            texts = self._current(session)
            found = [
                (rank, order, key)
                for order, kind in enumerate(HitKind)
                for rank, key in texts[kind].find(terms, path, limit)
            ]
            return _hits(session, _chosen(found, limit))

    def _current(self, session: Session) -> dict[HitKind, _Text]:
        with self._lock:
            number = reload.version(session)
            if self._version != number:
                self._texts = {kind: _text(session.execute(query)) for kind, query in _NAMES.items()}
                self._version = number
            return self._texts


def _folded(text: str) -> str:
    return text.casefold().replace("\n", " ").replace("\t", " ")


def _text(rows: Any) -> _Text:
    entries = []
    shared: dict[str, str] = {}  # many entries share a path
    for key, path, *fields in rows:
        words = _person(*fields) if len(fields) == _PERSON_FIELDS else fields
        entry = "\n" + "".join(f"{_folded(field)}\t" for field in words if field)
        entries.append((entry, key, shared.setdefault(path, path)))
    entries.sort(key=lambda e: (e[0].find("\t"), e[0]))
    starts, at = [], 0
    for entry, _, _ in entries:
        starts.append(at)
        at += len(entry)
    return _Text("".join(e[0] for e in entries), starts, [e[1] for e in entries], [e[2] for e in entries])


def _person(name: str, role: str, area: str, area_en: str | None, building: str | None) -> list[str | None]:
    return [masking.name(name), _ROLES.get(role, role), building or area, area if building else area_en]


_NAMES: Final[dict[HitKind, Select[*tuple[Any, ...]]]] = {
    HitKind.AREA: select(AreaRow.id, AreaRow.path, AreaRow.name, AreaRow.name_en, AreaRow.code),
    HitKind.BUILDING: select(
        BuildingRow.id, BuildingRow.area_path, BuildingRow.name, BuildingRow.address, BuildingRow.code
    ),
    HitKind.PERSON: select(
        ResponsibleRow.id,
        ResponsibleRow.area_path,
        ResponsibleRow.name,
        ResponsibleRow.role,
        AreaRow.name,
        AreaRow.name_en,
        BuildingRow.name,
    )
    .join(AreaRow, AreaRow.id == ResponsibleRow.area_id)
    .outerjoin(BuildingRow, BuildingRow.id == ResponsibleRow.building_id),
    HitKind.CAMERA: select(CameraRow.id, CameraRow.area_path, CameraRow.name, CameraRow.code, CameraRow.gb_code),
    HitKind.DEVICE: select(DeviceRow.id, DeviceRow.area_path, DeviceRow.name, DeviceRow.code),
}
_PERSON_FIELDS: Final = 5


def _chosen(found: list[tuple[int, int, int]], limit: int) -> list[tuple[HitKind, int]]:
    """The best of each kind first have their place, then whatever is best; in the order of rank and kind."""
    found.sort(key=lambda hit: hit[:2])
    few: dict[int, int] = {}
    first: list[tuple[int, int, int]] = []
    rest: list[tuple[int, int, int]] = []
    for hit in found:
        few[hit[1]] = few.get(hit[1], 0) + 1
        (first if few[hit[1]] <= FEW else rest).append(hit)
    kinds = list(HitKind)
    taken = sorted((first + rest)[:limit], key=lambda hit: hit[:2])
    return [(kinds[order], key) for _, order, key in taken]


def _hits(session: Session, chosen: list[tuple[HitKind, int]]) -> list[Hit]:
    found: dict[tuple[HitKind, int], Hit] = {}
    for kind in HitKind:
        keys = [key for of, key in chosen if of == kind]
        if keys:
            found |= {(kind, hit.id): hit for hit in (_hit(kind, *row) for row in session.execute(_row(kind, keys)))}
    return [found[one] for one in chosen if one in found]


def _hit(kind: HitKind, *row: Any) -> Hit:
    hit = Hit(kind, *row)
    if kind is HitKind.PERSON:
        return replace(hit, name=masking.name(hit.name))
    return hit


def _row(kind: HitKind, keys: list[int]) -> Select[*tuple[Any, ...]]:
    """The columns of `Hit` after its kind. A person is named by place, not by phone or number."""
    area = (AreaRow.code, AreaRow.name, AreaRow.name_en)
    if kind is HitKind.AREA:
        a = AreaRow
        return select(a.id, a.code, a.name, a.name_en, null(), a.kind, *area, null(), a.lng, a.lat).where(
            a.id.in_(keys)
        )
    if kind is HitKind.BUILDING:
        b = BuildingRow
        columns = (b.id, b.code, b.name, null(), b.address, b.kind, *area, b.code, b.lng, b.lat)
        return select(*columns).join(AreaRow, AreaRow.id == b.area_id).where(b.id.in_(keys))
    row: Any = {HitKind.PERSON: ResponsibleRow, HitKind.CAMERA: CameraRow, HitKind.DEVICE: DeviceRow}[kind]
    people = kind is HitKind.PERSON
    place = (BuildingRow.lng, BuildingRow.lat) if people else (row.lng, row.lat)
    note, sort = (BuildingRow.name, row.role) if people else (null(), row.kind)
    return (
        select(row.id, row.code, row.name, null(), note, sort, *area, BuildingRow.code, *place)
        .join(AreaRow, AreaRow.id == row.area_id)
        .outerjoin(BuildingRow, BuildingRow.id == row.building_id)
        .where(row.id.in_(keys))
    )
