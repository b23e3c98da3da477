"""The catalogue and the workflows as an administrator sees them: what holds in his area."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from data_access.db.tables import AreaRow, IncidentTypeRow, ItemRow, WorkflowRow
from data_access.db.workflows import all_newest, to_item
from data_access.domain.areas import lineage, subtree_bounds, within
from data_access.domain.catalogue import Category
from data_access.queries.people import called
from data_access.viewmodels.catalogue import ClassChoice, ItemLine, ItemPage, WorkflowLine

PAGE: Final = 60
MOST_CLASSES: Final = 2_000
_MAIN, _TOP = aliased(IncidentTypeRow), aliased(IncidentTypeRow)
_STEP: Final = " › "


def items(
    session: Session, scope: str, *, search: str = "", category: str = "", after: str = "", limit: int = PAGE
) -> ItemPage:
    """At most `limit` items in force that hold in `scope`, by number, behind `after`; `search` is a part of a name."""
    where = [*_holds(scope)]
    if category in set(Category):
        where.append(ItemRow.category == category)
    if part := search.strip():
        pattern = f"%{part.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"
        where.append(or_(ItemRow.name.like(pattern, "/"), ItemRow.number.like(pattern, "/")))
    total = session.scalar(select(func.count()).select_from(ItemRow).where(*where)) or 0
    number, _, last = after.rpartition("~")
    if last.isdecimal() and len(last) < 19:
        where.append(or_(ItemRow.number > number, (ItemRow.number == number) & (ItemRow.id > int(last))))
    rows = session.execute(_lines().where(*where).order_by(ItemRow.number, ItemRow.id).limit(limit + 1)).all()
    lines = tuple(_line(row, scope) for row in rows[:limit])
    return ItemPage(lines, f"{lines[-1].item.number}~{lines[-1].id}" if len(rows) > limit else None, total)


def item(session: Session, scope: str, number: int) -> ItemLine | None:
    """The item in force with our id `number`; None where none holds in `scope`."""
    row = session.execute(_lines().where(ItemRow.id == number, *_holds(scope))).first()
    return _line(row, scope) if row else None


def classes(session: Session) -> tuple[ClassChoice, ...]:
    """The classes that an item can hang on, each with those above it."""
    query = (
        select(IncidentTypeRow, _MAIN.name, _TOP.name)
        .outerjoin(_MAIN, _MAIN.id == IncidentTypeRow.parent_id)
        .outerjoin(_TOP, _TOP.id == _MAIN.parent_id)
        .order_by(IncidentTypeRow.level.desc(), IncidentTypeRow.id)
        .limit(MOST_CLASSES)
    )
    return tuple(
        ClassChoice(of.id, of.ref, of.name, _STEP.join(filter(None, (top, main, of.name))))
        for of, main, top in session.execute(query)
    )


def workflows(session: Session) -> tuple[WorkflowLine, ...]:
    """Every workflow as cases that come in now go through it."""
    chosen = dict(
        session.execute(
            select(ItemRow.workflow, func.count()).where(ItemRow.retired_at.is_(None)).group_by(ItemRow.workflow)
        ).all()
    )
    made = {(row.code, row.version): row for row in session.scalars(select(WorkflowRow))}
    names = called(session, {row.actor for row in made.values()})
    found = []
    for workflow in all_newest(session):
        row = made.get((workflow.code, workflow.version))
        by = names.get(row.actor, row.actor) if row else None
        found.append(WorkflowLine(workflow, row.at if row else None, by, chosen.get(workflow.code, 0)))
    return tuple(found)


def _holds(scope: str) -> tuple[Any, ...]:
    if not scope:
        return (ItemRow.retired_at.is_(None),)
    low, high = subtree_bounds(scope)
    inside = (ItemRow.area_path >= low) & (ItemRow.area_path < high)
    return ItemRow.retired_at.is_(None), or_(ItemRow.area_path.in_(("", *lineage(scope))), inside)


def _lines() -> Any:
    return (
        select(ItemRow, IncidentTypeRow.name, _MAIN.name, _TOP.name, AreaRow.code, AreaRow.name, AreaRow.name_en)
        .join(IncidentTypeRow, IncidentTypeRow.id == ItemRow.type_id)
        .outerjoin(_MAIN, _MAIN.id == IncidentTypeRow.parent_id)
        .outerjoin(_TOP, _TOP.id == _MAIN.parent_id)
        .outerjoin(AreaRow, AreaRow.path == ItemRow.area_path)
    )


def _line(row: Any, scope: str) -> ItemLine:
    found, name, main, top, code, area, area_en = row
    return ItemLine(
        id=found.id,
        item=to_item(found),
        version=found.version,
        class_id=found.type_id,
        class_name=name,
        class_path=_STEP.join(filter(None, (top, main, name))),
        area=code,
        area_name=area,
        area_name_en=area_en,
        at=found.at,
        actor=found.actor,
        own=within(found.area_path, scope),
    )
