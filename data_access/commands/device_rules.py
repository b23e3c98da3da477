"""Changing the rules of a device or a model: row, audit, event and what ingest watches, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, not_, select
from sqlalchemy.orm import Session

from data_access.commands import audit
from data_access.commands.devices import note_change
from data_access.db import fences
from data_access.db.tables import DeviceModelRow, DeviceRow
from data_access.domain.accounts import AuditAction
from data_access.domain.alarm_rules import AlarmRule, rule_from_json, rule_to_json, with_overrides
from data_access.domain.alarm_tuning import Tuning, override, tuned, version_of
from data_access.domain.areas import subtree_bounds, within
from data_access.domain.devices import AWAY
from data_access.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from data_access.domain.fences import AskedFence
from data_access.events import RulesChanged
from data_access.live import outbox


@dataclass(frozen=True, slots=True)
class Change:
    """New numbers for the rule `alarm`, by somebody who saw `version`; a new `fence`, none, or the one it has."""

    alarm: str
    tuning: Tuning
    version: str
    fence: AskedFence = "kept"


def change_device(session: Session, device_id: int, change: Change, *, scope: str, by: str, now: datetime) -> None:
    """Set a rule of one device. Raises `NotFound`, `InvalidInput`, or `Conflict` when somebody was faster."""
    row = session.get(DeviceRow, device_id, with_for_update=True)
    if row is None or not within(row.area_path, scope):
        raise NotFound("没有这个终端，或者不在您的权限范围内。")
    model = session.get_one(DeviceModelRow, row.model_id, with_for_update={"read": True})
    _same(change.version, version_of(model.rules, row.overrides))
    usual = tuple(rule_from_json(kept) for kept in model.rules)
    before = _named(with_overrides(usual, row.overrides), change.alarm)
    after = _changed(session, before, change, scope)
    if after == before:
        return
    kept = dict(row.overrides or {})
    own = override(next((r for r in usual if r.alarm == change.alarm), None), after, kept.pop(change.alarm, None))
    row.overrides = (kept | ({change.alarm: own} if own else {})) or None
    with_overrides(usual, row.overrides)  # what ingest could not read is not kept
    version = _note(session, f"device:{row.code}", before, after, by=by, now=now)
    told = RulesChanged(
        area=row.area_path, version=version, at=now, device_id=row.id, model=model.code, alarm=change.alarm, by=by
    )
    outbox.add(session, told)


def change_model(session: Session, code: str, change: Change, *, scope: str, by: str, now: datetime) -> None:
    """Set a rule of a model, for all its devices that have not set these numbers for themselves. Raises as above."""
    row = session.execute(select(DeviceModelRow).where(DeviceModelRow.code == code).with_for_update()).scalar()
    if row is None:
        raise NotFound("没有这个型号。")
    low, high = subtree_bounds(scope)
    outside = and_(DeviceRow.model_id == row.id, not_(and_(DeviceRow.area_path >= low, DeviceRow.area_path < high)))
    if scope and session.scalar(select(DeviceRow.id).where(outside).limit(1)) is not None:
        raise NotAllowed("这个型号还有终端在您的权限范围之外，请由上级管理员修改。")
    _same(change.version, version_of(row.rules))
    before = _named(tuple(rule_from_json(kept) for kept in row.rules), change.alarm)
    after = _changed(session, before, change, scope)
    if after == before:
        return
    row.rules = [rule_to_json(after) if kept["alarm"] == change.alarm else kept for kept in row.rules]
    version = _note(session, f"model:{row.code}", before, after, by=by, now=now)
    told = RulesChanged(area=scope, version=version, at=now, device_id=None, model=row.code, alarm=change.alarm, by=by)
    outbox.add(session, told)


def _changed(session: Session, before: AlarmRule, change: Change, scope: str) -> AlarmRule:
    after = tuned(before, change.tuning)
    if change.fence == "kept":
        return after
    if before.metric != AWAY:
        raise InvalidInput("只有看离开距离的规则有围栏。")
    fences.check(session, change.fence, scope)
    return replace(after, fence=change.fence)


def _same(seen: str, now: str) -> None:
    if seen != now:
        raise Conflict("规则刚刚被别人改过，请看一眼现在的值再改。")


def _named(rules: tuple[AlarmRule, ...], alarm: str) -> AlarmRule:
    found = next((rule for rule in rules if rule.alarm == alarm), None)
    if found is None:
        raise NotFound("没有这条规则。")
    return found


def _note(session: Session, subject: str, before: AlarmRule, after: AlarmRule, *, by: str, now: datetime) -> int:
    detail: dict[str, Any] = {"alarm": after.alarm, "before": rule_to_json(before), "after": rule_to_json(after)}
    audit.note(session, AuditAction.SETTINGS_CHANGED, actor=by, now=now, subject=subject, detail=detail)
    return note_change(session)
