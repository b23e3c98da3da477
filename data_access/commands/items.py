"""The catalogue and the workflows as administrators set them: a new version of each, its audit row, one transaction.

What is in force is never changed in place: cases keep the version they came in under.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.commands import audit
from data_access.commands.users import scope_of
from data_access.db.tables import IncidentTypeRow, ItemRow, WorkflowRow
from data_access.db.workflows import from_item, newest, to_item
from data_access.domain.accounts import AuditAction
from data_access.domain.areas import within
from data_access.domain.catalogue import SOURCE, Item, check, default_classes, sample_items
from data_access.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from data_access.domain.workflows import Workflow, check_limits, check_steps, to_json

_CHANGED: Final = "这个事项刚刚被别人改过，请看一眼现在的值再改。"


def lay(session: Session, now: datetime) -> None:
    """The default classes with the sample of items; nothing where classes of that catalogue are known already."""
    if session.scalar(select(ItemRow.id).limit(1)) is not None:
        return
    known = {
        (row.level, row.ref): row
        for row in session.scalars(select(IncidentTypeRow).where(IncidentTypeRow.source == SOURCE))
    }
    for listed in default_classes():
        if (listed.level, listed.ref) not in known:
            above = known[listed.level - 1, listed.parent] if listed.parent else None
            row = IncidentTypeRow(source=SOURCE, ref=listed.ref, level=listed.level, name=listed.name)
            row.parent_id = above.id if above else None
            session.add(row)
            session.flush()
            known[listed.level, listed.ref] = row
    for ref, item in sample_items():
        kept = {"type_id": known[3, ref].id, "area_path": "", "version": 1, "at": now, "actor": "sample"}
        session.add(ItemRow(**from_item(item), **kept))
    session.flush()


def lay_where_none(session: Session, now: datetime) -> None:
    """The same for a deployment from before there were items; one with classes of its own is left as it is."""
    own = select(IncidentTypeRow.id).where(IncidentTypeRow.source != SOURCE).limit(1)
    if session.scalar(own) is None:
        lay(session, now)


def set_item(
    session: Session, item: Item, *, type_id: int, area_path: str, seen: int, scope: str, by: str, now: datetime
) -> bool:
    """Let `item` hold for the class `type_id` in the subtree of `area_path`; False when it does already.

    `seen` is the version that is to be replaced, 0 for a new number. Raises `NotAllowed` outside of `scope`,
    `Conflict` when somebody was faster, `NotFound`, or `InvalidInput` where the item cannot be.
    """
    if not within(area_path, scope):
        raise NotAllowed("这个事项不在您的权限范围内；可以为自己的区域另设一项。")
    if session.get(IncidentTypeRow, type_id) is None:
        raise NotFound("没有这个类别。")
    check(item, newest(session, item.workflow))
    row = in_force(session, area_path, item.number)
    if row is None and seen:
        raise Conflict(_CHANGED)
    if row is not None and not seen:
        raise Conflict("编号 {number} 已经有了。", number=item.number)
    if row is not None and row.version != seen:
        raise Conflict(_CHANGED)
    if row is not None and (to_item(row), row.type_id) == (item, type_id):
        return False
    before = from_item(to_item(row)) | {"type_id": row.type_id} if row is not None else None
    if row is not None:
        row.retired_at = now
        session.flush()  # before another one is in force under the same number
    version = 1 + (session.scalar(_last_version(area_path, item.number)) or 0)
    kept = from_item(item)
    session.add(ItemRow(**kept, type_id=type_id, area_path=area_path, version=version, at=now, actor=by))
    session.flush()
    _note(session, f"item:{item.number}", before, kept | {"type_id": type_id, "area": area_path}, by, now)
    return True


def retire_item(
    session: Session, number: str, *, area_path: str, seen: int, scope: str, by: str, now: datetime
) -> None:
    """Let the item hold no longer for cases that come in from now on. Raises as `set_item`."""
    if not within(area_path, scope):
        raise NotAllowed("这个事项不在您的权限范围内；可以为自己的区域另设一项。")
    row = in_force(session, area_path, number)
    if row is None:
        raise NotFound("没有这个事项。")
    if row.version != seen:
        raise Conflict(_CHANGED)
    row.retired_at = now
    _note(session, f"item:{number}", from_item(to_item(row)), None, by, now)


def publish(session: Session, workflow: Workflow, *, scope: str, by: str, now: datetime) -> Workflow:
    """Let `workflow`, a changed copy of the newest version, take its place for cases that come in from now on.

    Its steps may be others: cases stand in those of the version that they came in under. Raises `NotAllowed`,
    `Conflict` when its version is no longer the newest, or `InvalidInput`.
    """
    if scope:
        raise NotAllowed("流程是全部区域共用的，请由上级管理员修改。")
    before = newest(session, workflow.code)
    if before.version != workflow.version:
        raise Conflict("这个流程刚刚被别人改过，请看一眼现在的值再改。")
    if not workflow.name.strip() or not all(step.name.strip() for step in workflow.steps):
        raise InvalidInput("流程和每一步都要有名称。")
    check_steps(workflow, before)
    check_limits(workflow)
    if workflow == before:
        return before
    using = select(ItemRow).where(ItemRow.workflow == workflow.code, ItemRow.retired_at.is_(None))
    for row in session.scalars(using):
        try:
            check(to_item(row), workflow)
        except InvalidInput as why:
            raise InvalidInput("事项 {number} 自己的时限放不进新的时限，请先改那一项。", number=row.number) from why
    after = replace(workflow, version=before.version + 1)
    kept = to_json(after)
    session.add(WorkflowRow(code=after.code, version=after.version, body=kept, at=now, actor=by))
    session.flush()
    _note(session, f"workflow:{after.code}", to_json(before), kept, by, now)
    return after


def area_within(session: Session, code: str, scope: str) -> str:
    """The path of the area that an administrator of `scope` names (code, then anything); all of his without one."""
    named = code.split()
    path = scope_of(session, named[0])[1] if named else scope
    if not within(path, scope):
        raise NotAllowed("这个区域不在您的权限范围内。")
    return path


def in_force(session: Session, area_path: str, number: str) -> ItemRow | None:
    """The item with this number that holds in the area at `area_path`, locked."""
    query = select(ItemRow).where(
        ItemRow.area_path == area_path, ItemRow.number == number, ItemRow.retired_at.is_(None)
    )
    return session.scalar(query.with_for_update())


def _last_version(area_path: str, number: str) -> Any:
    return select(func.max(ItemRow.version)).where(ItemRow.area_path == area_path, ItemRow.number == number)


def _note(
    session: Session,
    subject: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    by: str,
    now: datetime,
) -> None:
    detail = {"before": before, "after": after}
    audit.note(session, AuditAction.SETTINGS_CHANGED, actor=by, now=now, subject=subject, detail=detail)
