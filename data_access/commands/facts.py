"""Recomputes the aggregates (底数) of areas after an import or an edit, for the areas concerned and all above them.

Counting happens in a read; only the finished numbers are written, in one short transaction. A new month begins as a
copy of the newest one, so that a month always holds everything that is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, func, select
from sqlalchemy.orm import Session

from data_access.db.bulk import insert_rows
from data_access.db.engine import Database
from data_access.db.tables import (
    AreaFactRow,
    AreaRow,
    BuildingRow,
    CameraRow,
    DeviceRow,
    DwellingRow,
    HouseholdRow,
    LegalEntityRow,
    ResidentRow,
    ResourceRow,
)
from data_access.domain.areas import PATH_STEP, lineage, subtree_bounds
from data_access.domain.facts import Fact
from data_access.domain.periods import local_day


class Group(StrEnum):
    """What is counted together, because it changes together."""

    PEOPLE = "people"
    HOUSING = "housing"
    ENTITIES = "entities"
    RESOURCES = "resources"
    CAMERAS = "cameras"
    DEVICES = "devices"


_ALL: Final = None  # no condition: every row counts
_Figures = Mapping[Fact, ColumnElement[bool] | None]


def recompute(database: Database, paths: Iterable[str], groups: Iterable[Group], *, now: datetime) -> None:
    """Bring the aggregates of `groups` up to date for the areas at `paths` and every area above them.

    Ages are as of the local day of `now`; the numbers go to its month.
    """
    touched = {up for path in paths for up in lineage(path)}
    chosen = tuple(groups)
    if not touched or not chosen:
        return
    today = local_day(now)
    with database.reading() as session:
        counts = _count(session, touched, chosen, today)
    with database.writing() as session:
        _store(session, touched, counts, today.replace(day=1))


def _count(session: Session, touched: set[str], groups: Iterable[Group], today: date) -> dict[str, dict[Fact, int]]:
    """The new numbers of each touched area: rows grouped by their own area, added up along the way to the root."""
    totals: dict[str, dict[Fact, int]] = {path: {} for path in touched}
    for group in groups:
        for table, figures in _figures(group, today):
            for path in touched:
                totals[path] |= dict.fromkeys(figures, 0)
            for root in {path[:PATH_STEP] for path in touched}:
                for home, *values in session.execute(_grouped(table, figures, root)):
                    for up in lineage(home):
                        if up in touched:
                            for fact, value in zip(figures, values, strict=True):
                                totals[up][fact] += int(value)
    return totals


def _grouped(table: Any, figures: _Figures, root: str) -> Any:
    low, high = subtree_bounds(root)
    sums = [func.count() if c is None else func.sum(case((c, 1), else_=0)) for c in figures.values()]
    return (
        select(table.area_path, *sums).where(table.area_path >= low, table.area_path < high).group_by(table.area_path)
    )


def _store(session: Session, touched: set[str], counts: Mapping[str, Mapping[Fact, int]], month: date) -> None:
    found = session.execute(select(AreaRow.path, AreaRow.id).where(AreaRow.path.in_(sorted(touched))))
    areas = {row.path: row.id for row in found}
    known: defaultdict[int, dict[str, int]] = defaultdict(dict)
    newest = (
        select(AreaFactRow.area_id, func.max(AreaFactRow.month).label("month"))
        .where(AreaFactRow.area_id.in_(areas.values()), AreaFactRow.month <= month)
        .group_by(AreaFactRow.area_id)
        .subquery()
    )
    facts = select(AreaFactRow.area_id, AreaFactRow.metric, AreaFactRow.value).join(
        newest, and_(newest.c.area_id == AreaFactRow.area_id, newest.c.month == AreaFactRow.month)
    )
    for area_id, metric, value in session.execute(facts):
        known[area_id][metric] = value
    session.execute(delete(AreaFactRow).where(AreaFactRow.area_id.in_(areas.values()), AreaFactRow.month == month))
    insert_rows(
        session.connection(),
        AreaFactRow.__tablename__,
        ("area_id", "month", "metric", "value"),
        [
            (area_id, month.isoformat(), metric, value)
            for path, area_id in areas.items()
            for metric, value in (known[area_id] | {f.value: v for f, v in counts[path].items()}).items()
        ],
    )


def _figures(group: Group, today: date) -> list[tuple[Any, _Figures]]:
    match group:
        case Group.PEOPLE:
            return [(ResidentRow, _people(today)), (HouseholdRow, {Fact.HOUSEHOLDS: _ALL})]
        case Group.HOUSING:
            return [(BuildingRow, {Fact.BUILDINGS: _ALL}), (DwellingRow, _housing())]
        case Group.ENTITIES:
            above, small = LegalEntityRow.above_scale, LegalEntityRow.small_place.is_not(None)
            figures: _Figures = {Fact.LEGAL_ENTITIES: _ALL, Fact.ABOVE_SCALE: above.is_(True), Fact.SMALL_PLACES: small}
            return [(LegalEntityRow, figures)]
        case Group.RESOURCES:
            return [(ResourceRow, {Fact.RESOURCES: _ALL, Fact.AED: ResourceRow.kind == "aed"})]
        case Group.CAMERAS:
            return [(CameraRow, {Fact.CAMERAS: _ALL})]
        case Group.DEVICES:
            return [(DeviceRow, {Fact.DEVICES: DeviceRow.replay.is_(False)})]


def _people(today: date) -> _Figures:
    born, residency = ResidentRow.born, ResidentRow.residency
    fifteen, sixty, eighty = (_years_before(today, years) for years in (15, 60, 80))
    return {
        Fact.RESIDENTS: _ALL,
        Fact.REGISTERED: residency == "registered",
        Fact.FLOATING: residency == "floating",
        Fact.OVERSEAS: residency == "overseas",
        Fact.MALE: ResidentRow.sex == "M",
        Fact.AGE_0_14: born > fifteen,
        Fact.AGE_15_59: and_(born <= fifteen, born > sixty),
        Fact.AGE_60_UP: born <= sixty,
        Fact.AGE_80_UP: born <= eighty,
        Fact.ELDERLY_ALONE: and_(born <= sixty, ResidentRow.lives_alone.is_(True)),
        Fact.DISABLED: ResidentRow.disabled.is_(True),
    }


def _housing() -> _Figures:
    use, grade = DwellingRow.use, DwellingRow.grade
    return {
        Fact.DWELLINGS: _ALL,
        Fact.OWNER_OCCUPIED: use == "owner",
        Fact.RENTED: use == "rented",
        Fact.VACANT: use == "vacant",
        Fact.RENTAL_LIGHT: grade == "light",
        Fact.RENTAL_WATCHED: grade == "watched",
        Fact.RENTAL_STRICT: grade == "strict",
        Fact.RENTAL_BANNED: grade == "banned",
    }


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
