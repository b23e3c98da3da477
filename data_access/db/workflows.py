"""The workflows and catalogue items as this deployment has them: those that ship, and the versions made here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.db.tables import IncidentRow, ItemRow, WorkflowRow
from data_access.domain.areas import lineage
from data_access.domain.catalogue import Category, Item, under
from data_access.domain.errors import InvalidInput
from data_access.domain.escalation import Level
from data_access.domain.workflows import SEVEN, TEMPLATES, Urgency, Workflow, find, from_json

_MS: Final = timedelta(milliseconds=1)


class Workflows:
    """The workflows that cases stand in, each version read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, Workflow] = {}

    def named(self, ref: str | None) -> Workflow:
        """The workflow whose reference (`Workflow.ref`) a case keeps; that of old ones is the seven steps."""
        ref = ref or SEVEN.code
        if ref not in self._known:
            code, _, version = ref.partition("@")
            self._known[ref] = _version(self._session, code, int(version)) if version else find(code)
        return self._known[ref]


def workflow_of(session: Session, row: IncidentRow) -> Workflow:
    """The workflow that the case goes through, with the limits of its item."""
    workflow = Workflows(session).named(row.workflow)
    item = session.get(ItemRow, row.item_id) if row.item_id is not None else None
    return workflow if item is None else under(workflow, to_item(item))


def newest(session: Session, code: str) -> Workflow:
    """The workflow with this code as a case that comes in now goes through it. Raises `InvalidInput`."""
    shipped = find(code)
    row = session.scalar(
        select(WorkflowRow).where(WorkflowRow.code == code).order_by(WorkflowRow.version.desc()).limit(1)
    )
    return shipped if row is None else from_json(row.code, row.version, row.body)


def all_newest(session: Session) -> tuple[Workflow, ...]:
    """Every workflow as cases that come in now go through it."""
    last = (
        select(WorkflowRow.code, func.max(WorkflowRow.version).label("version")).group_by(WorkflowRow.code).subquery()
    )
    rows = session.scalars(
        select(WorkflowRow).join(last, (last.c.code == WorkflowRow.code) & (last.c.version == WorkflowRow.version))
    )
    changed = {row.code: from_json(row.code, row.version, row.body) for row in rows}
    return tuple(changed.get(code, shipped) for code, shipped in TEMPLATES.items())


def item_for(session: Session, types: Sequence[int | None], area_path: str) -> ItemRow | None:
    """What holds for a case of the classes `types` (top, main, sub): the narrowest class decides, then the area."""
    classes = [number for number in types if number is not None]
    if not classes:
        return None
    rows = session.scalars(
        select(ItemRow).where(
            ItemRow.type_id.in_(classes),
            ItemRow.retired_at.is_(None),
            ItemRow.area_path.in_(("", *lineage(area_path))),
        )
    ).all()
    return max(rows, key=lambda row: (classes.index(row.type_id), len(row.area_path), -row.id), default=None)


def to_item(row: ItemRow) -> Item:
    """The item that the row keeps."""
    return Item(
        number=row.number,
        name=row.name,
        category=Category(row.category),
        level=Level(row.level),
        urgency=Urgency(row.urgency),
        working=row.working,
        workflow=row.workflow,
        limit=row.limit_ms * _MS,
        limits={key: ms * _MS for key, ms in row.limits_ms.items()},
        sample=row.sample,
    )


def from_item(item: Item) -> dict[str, Any]:
    """The columns that keep `item`."""
    return {
        "number": item.number,
        "name": item.name,
        "category": item.category.value,
        "level": int(item.level),
        "urgency": int(item.urgency),
        "working": item.working,
        "workflow": item.workflow,
        "limit_ms": item.limit // _MS,
        "limits_ms": {key: limit // _MS for key, limit in item.limits.items()},
        "sample": item.sample,
    }


def _version(session: Session, code: str, version: int) -> Workflow:
    row = session.scalar(select(WorkflowRow).where(WorkflowRow.code == code, WorkflowRow.version == version))
    if row is None:
        raise InvalidInput("没有这个流程。")
    return from_json(row.code, row.version, row.body)
