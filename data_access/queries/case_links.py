"""What cases are linked to by hand: homes and legal entities, inside the viewer's areas, without a person.

Rooms are whole for whoever does tasks there; others are told the floor.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, BuildingRow, CaseLinkRow, DwellingRow, IncidentRow, LegalEntityRow
from data_access.domain import masking
from data_access.domain.areas import PATH_STEP, subtree_bounds, within
from data_access.domain.case_links import LinkKind
from data_access.domain.errors import NotFound
from data_access.queries.incident_filter import OPEN
from data_access.viewmodels.incidents import IncidentStep, Linkable

MAX_OFFERED: Final = 12
_MAX_BUILDINGS: Final = 6
_ROOM: Final = re.compile(r"[A-Za-z]?\d+")
NOT_THERE: Final = "没有这个案卷，或者不在您的权限范围内。"

Key = tuple[str, int]


def of_case(session: Session, incident_id: int, scope: str, *, rooms: bool) -> tuple[Linkable, ...]:
    """The links of one case, oldest first; what lies outside `scope` is not told."""
    rows = session.execute(
        select(CaseLinkRow.dwelling_id, CaseLinkRow.entity_id)
        .where(CaseLinkRow.incident_id == incident_id)
        .order_by(CaseLinkRow.id)
    )
    keys = [_key(dwelling, entity) for dwelling, entity in rows]
    found = named(session, keys, scope, rooms=rooms)
    open_ = _open(session, found, scope)
    return tuple(replace(found[key], open=open_.get(key, 0)) for key in keys if key in found)


def named(session: Session, keys: Collection[Key], scope: str, *, rooms: bool) -> dict[Key, Linkable]:
    """What the keys (kind, id) stand for, as far as it lies within `scope`."""
    homes = [number for kind, number in keys if kind == LinkKind.DWELLING]
    firms = [number for kind, number in keys if kind == LinkKind.ENTITY]
    lines: list[Linkable] = []
    if homes:
        lines += _homes(session, (DwellingRow.id.in_(homes),), scope, len(homes), rooms=rooms)
    if firms:
        lines += _firms(session, (LegalEntityRow.id.in_(firms),), scope, len(firms))
    return {(line.kind, line.id): line for line in lines}


def told(session: Session, history: Sequence[IncidentStep], scope: str, *, rooms: bool) -> tuple[IncidentStep, ...]:
    """`history`, whose lines on links say what was linked, as `detail["thing"]`."""
    keys = {_kept(step.detail) for step in history} - {None}
    found = named(session, [key for key in keys if key], scope, rooms=rooms) if keys else {}

    def line(step: IncidentStep) -> IncidentStep:
        key = _kept(step.detail)
        return replace(step, detail={**(step.detail or {}), "thing": found.get(key)}) if key else step

    return tuple(line(step) for step in history)


def offered(
    session: Session, incident_id: int, kind: LinkKind, text: str, scope: str, *, rooms: bool
) -> tuple[Linkable, ...]:
    """What the case could be linked to: of its building or area first, by what was typed; not what it is linked to.

    Raises `NotFound` where there is no such case within `scope`.
    """
    row = session.get(IncidentRow, incident_id)
    if row is None or not within(row.area_path, scope):
        raise NotFound(NOT_THERE)
    linked = {(line.kind, line.id) for line in of_case(session, incident_id, scope, rooms=rooms)}
    lines = (
        _homes_near(session, row, text.split(), scope, rooms=rooms)
        if kind is LinkKind.DWELLING
        else _firms_near(session, row, text.split(), scope)
    )
    return tuple(line for line in lines if (line.kind, line.id) not in linked)[:MAX_OFFERED]


def of_building(session: Session, building_id: int, scope: str, *, rooms: bool) -> Mapping[int, tuple[Linkable, ...]]:
    """By case: the homes and legal entities of the building that open cases are linked to."""
    link = CaseLinkRow
    homes = select(DwellingRow.id).where(DwellingRow.building_id == building_id)
    firms = select(LegalEntityRow.id).where(LegalEntityRow.building_id == building_id)
    found: dict[int, list[Key]] = {}
    for ours in (link.dwelling_id.in_(homes), link.entity_id.in_(firms)):
        rows = session.execute(
            select(link.incident_id, link.dwelling_id, link.entity_id)
            .join(IncidentRow, IncidentRow.id == link.incident_id)
            .where(ours, OPEN, *_within(IncidentRow, scope))
            .order_by(link.id.desc())
            .limit(MAX_OFFERED * 5)
        )
        for incident, dwelling, entity in rows:
            found.setdefault(incident, []).append(_key(dwelling, entity))
    names = named(session, {key for keys in found.values() for key in keys}, scope, rooms=rooms)
    return {number: tuple(names[key] for key in keys if key in names) for number, keys in found.items()}


def _homes_near(
    session: Session, row: IncidentRow, words: Sequence[str], scope: str, *, rooms: bool
) -> Iterable[Linkable]:
    """Of the case's building; where none is known, of buildings of its area that are called so."""
    numbers = [word for word in words if _ROOM.fullmatch(word)]
    room = [DwellingRow.room.startswith(numbers[-1], autoescape=True)] if numbers else []
    if row.building_id is not None:
        return _homes(session, (DwellingRow.building_id == row.building_id, *room), scope, MAX_OFFERED * 2, rooms=rooms)
    names = [word for word in words if word not in numbers[-1:]]
    if not names:
        return ()
    called = [BuildingRow.name.icontains(word, autoescape=True) for word in names]
    query = select(BuildingRow.id).where(*_within(BuildingRow, row.area_path), *called)
    buildings = list(session.scalars(query.order_by(BuildingRow.name).limit(_MAX_BUILDINGS)))
    wanted = (DwellingRow.building_id.in_(buildings), *room)
    return _homes(session, wanted, scope, MAX_OFFERED * 2, rooms=rooms) if buildings else ()


def _firms_near(session: Session, row: IncidentRow, words: Sequence[str], scope: str) -> Iterator[Linkable]:
    """Of the case's building, then of its area, then by name in ever larger ones."""
    seen: set[int] = set()
    called = [LegalEntityRow.name.icontains(word, autoescape=True) for word in words]
    for where in _around(row, scope, named=bool(words)):
        for line in _firms(session, (*where, *called), scope, MAX_OFFERED * 2):
            if line.id not in seen:
                seen.add(line.id)
                yield line
        if len(seen) >= MAX_OFFERED:
            return


def _around(row: IncidentRow, scope: str, *, named: bool) -> Iterator[tuple[Any, ...]]:
    if row.building_id is not None:
        yield (LegalEntityRow.building_id == row.building_id,)
    larger = (row.area_path[:-PATH_STEP], scope) if named else ()
    for path in dict.fromkeys((row.area_path, *larger)):
        if within(path, scope):
            yield _within(LegalEntityRow, path)


def _within(table: Any, path: str) -> tuple[Any, ...]:
    low, high = subtree_bounds(path)
    return (table.area_path >= low, table.area_path < high) if path else ()


def _homes(session: Session, where: Iterable[Any], scope: str, limit: int, *, rooms: bool) -> list[Linkable]:
    row = DwellingRow
    rows = session.execute(
        select(row.id, row.unit, row.floor, row.room, row.use, AreaRow.code, BuildingRow.code, BuildingRow.name)
        .join(BuildingRow, BuildingRow.id == row.building_id)
        .join(AreaRow, AreaRow.id == BuildingRow.area_id)
        .where(*where, *_within(row, scope))
        .order_by(row.building_id, row.unit, row.floor, row.room)
        .limit(limit)
    )
    return [
        Linkable(
            kind=LinkKind.DWELLING.value,
            id=number,
            name=name,
            unit=unit,
            floor=floor,
            room=room if rooms else masking.room(room),
            sort=use,
            area=area,
            building=(code, name),
        )
        for number, unit, floor, room, use, area, code, name in rows
    ]


def _firms(session: Session, where: Iterable[Any], scope: str, limit: int) -> list[Linkable]:
    row = LegalEntityRow
    rows = session.execute(
        select(row.id, row.name, row.small_place, AreaRow.code, BuildingRow.code, BuildingRow.name)
        .join(AreaRow, AreaRow.id == row.area_id)
        .outerjoin(BuildingRow, BuildingRow.id == row.building_id)
        .where(*where, *_within(row, scope))
        .order_by(row.name, row.id)
        .limit(limit)
    )
    return [
        Linkable(
            kind=LinkKind.ENTITY.value,
            id=number,
            name=name,
            unit=None,
            floor=None,
            room=None,
            sort="small_place" if small else None,
            area=area,
            building=(code, building) if code else None,
        )
        for number, name, small, area, code, building in rows
    ]


def _open(session: Session, found: Collection[Key], scope: str) -> dict[Key, int]:
    """How many open cases each of them is linked to."""
    counts: dict[Key, int] = {}
    for kind, column in ((LinkKind.DWELLING, CaseLinkRow.dwelling_id), (LinkKind.ENTITY, CaseLinkRow.entity_id)):
        numbers = [number for of, number in found if of == kind]
        if not numbers:
            continue
        rows = session.execute(
            select(column, func.count())
            .join(IncidentRow, IncidentRow.id == CaseLinkRow.incident_id)
            .where(column.in_(numbers), OPEN, *_within(IncidentRow, scope))
            .group_by(column)
        )
        counts |= {(kind.value, number): n for number, n in rows if number is not None}
    return counts


def _key(dwelling: int | None, entity: int | None) -> Key:
    return (LinkKind.DWELLING.value, dwelling) if dwelling is not None else (LinkKind.ENTITY.value, entity or 0)


def _kept(detail: Mapping[str, Any] | None) -> Key | None:
    kept = (detail or {}).get("linked")
    return (str(kept[0]), int(kept[1])) if kept else None
