"""What a list of incidents is narrowed to, as conditions; and the choices there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, not_, or_, select, text
from sqlalchemy.orm import Session

from data_access.db.closing import LABELLED, counting
from data_access.db.tables import AreaRow, CaseLinkRow, ChannelRow, IncidentRow, IncidentTypeRow, ItemRow, UnitRow
from data_access.domain.areas import lineage, subtree_bounds
from data_access.domain.incidents import FINAL_STAGES, Stage
from data_access.domain.periods import midnight
from data_access.viewmodels.incidents import Choice, Choices, IncidentFilter

OPEN: Final = text("incidents.stage NOT IN ('closed', 'void')")  # written out, so that the partial indexes serve
NONE: Final = 0
"""Class, channel or unit of those that have none."""
MAX_CHOICES: Final = 400
_CLOSED: Final = tuple(stage.value for stage in FINAL_STAGES)


def inside(path: str) -> tuple[ColumnElement[bool], ...]:
    """Those of the subtree of `path`."""
    low, high = subtree_bounds(path)
    return (IncidentRow.area_path >= low, IncidentRow.area_path < high) if path else ()


def passing_over(path: str) -> tuple[ColumnElement[bool], ...]:
    """The same, for a read in the order of an index that passes over what lies elsewhere."""
    low, high = subtree_bounds(path)
    column = IncidentRow.area_path.concat("")  # the bare column would tempt SQLite to sort the whole subtree
    return (column >= low, column < high) if path else ()


def conditions(wanted: IncidentFilter, now: datetime) -> Iterator[Any]:
    """Those that `wanted` names, as at `now`."""
    if wanted.state == "closed":
        yield IncidentRow.stage.in_(_CLOSED)
    elif wanted.state != "all":
        yield OPEN
    if wanted.state == "overdue":
        yield IncidentRow.due_at <= now
    if wanted.state == "suspended":
        yield IncidentRow.suspended_at.is_not(None)
    yield from further(wanted)
    if wanted.counted is not None or wanted.less is not None:
        yield IncidentRow.run.is_(None)
    if wanted.counted is not None:
        yield counting(now, wanted.counted)
    if wanted.less is not None:
        yield not_(counting(now, wanted.less))


def further(wanted: IncidentFilter) -> Iterator[Any]:
    """The conditions of `wanted` beside its state."""
    if wanted.stage is not None:
        yield IncidentRow.stage == Stage(wanted.stage).value
    if wanted.urgency:
        yield IncidentRow.urgency == wanted.urgency
    yield from _labelled(wanted)
    yield from _linked(wanted)
    if wanted.owner is not None:
        yield IncidentRow.owner == wanted.owner
    if wanted.text:
        named = (IncidentRow.title, IncidentRow.place, IncidentRow.code)
        yield or_(*(column.icontains(wanted.text, autoescape=True) for column in named))
    if wanted.first is not None:
        yield IncidentRow.created_at >= midnight(wanted.first)
    if wanted.end is not None:
        yield IncidentRow.created_at < midnight(wanted.end)


def _labelled(wanted: IncidentFilter) -> Iterator[Any]:
    """Of a category, a level, a class, a channel, a unit."""
    if wanted.category is not None:
        items = select(ItemRow.id).where(ItemRow.category == wanted.category)
        yield IncidentRow.item_id.in_(items)
    if wanted.level is not None:
        yield IncidentRow.level == wanted.level
    if wanted.type_id is not None:
        yield _of_class(wanted.type_id)
    for column, value in ((IncidentRow.channel_id, wanted.channel_id), (IncidentRow.unit_id, wanted.unit_id)):
        if value is not None:
            yield column.is_(None) if value == NONE else column == value


def _linked(wanted: IncidentFilter) -> Iterator[Any]:
    """Linked to a home or a legal entity."""
    for link, number in ((CaseLinkRow.dwelling_id, wanted.dwelling_id), (CaseLinkRow.entity_id, wanted.entity_id)):
        if number is not None:
            yield IncidentRow.id.in_(select(CaseLinkRow.incident_id).where(link == number))


def belonging_to_none(session: Session, path: str, kind: str) -> ColumnElement[bool]:
    """Those of the subtree of `path` that name no area of `kind`, or no class, channel or unit: the line 未归属."""
    if kind in LABELLED:
        missing: ColumnElement[bool] = LABELLED[kind].is_(None)
        return missing
    low, high = subtree_bounds(path)
    areas = session.execute(select(AreaRow.path, AreaRow.kind).where(AreaRow.path >= low, AreaRow.path < high)).all()
    of_kind = {area.path for area in areas if area.kind == kind}
    return IncidentRow.area_path.in_([a.path for a in areas if not of_kind.intersection(lineage(a.path))])


def choices(session: Session) -> Choices:
    """The top classes, channels and units there are, by name; labels alone, which are nobody's secret."""
    top = select(IncidentTypeRow.id, IncidentTypeRow.name, IncidentTypeRow.ref).where(IncidentTypeRow.level == 1)
    return Choices(
        types=_told_apart(session, top),
        channels=_told_apart(session, select(ChannelRow.id, ChannelRow.name, ChannelRow.ref)),
        units=_told_apart(session, select(UnitRow.id, UnitRow.name, UnitRow.ref)),
    )


def _of_class(number: int) -> ColumnElement[bool]:
    """Of a class of any level; numbers are one row of classes."""
    if number == NONE:
        return IncidentRow.top_type_id.is_(None)
    return or_(IncidentRow.top_type_id == number, IncidentRow.main_type_id == number, IncidentRow.sub_type_id == number)


def _told_apart(session: Session, query: Any) -> tuple[Choice, ...]:
    """Where two share a name, the later shows its id behind it."""
    seen: set[str] = set()
    found = []
    for number, name, ref in session.execute(query.order_by("name", "id").limit(MAX_CHOICES)):
        found.append(Choice(number, f"{name}（{ref}）" if name in seen else name))
        seen.add(name)
    return tuple(found)
