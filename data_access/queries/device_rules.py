"""Rules of a device or a model as the settings page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, not_, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, AuditRow, BuildingRow, DeviceModelRow, DeviceRow
from data_access.domain.accounts import AuditAction
from data_access.domain.alarm_rules import AlarmRule, rule_from_json, with_overrides
from data_access.domain.alarm_tuning import version_of
from data_access.domain.areas import subtree_bounds, within
from data_access.domain.devices import METRIC_UNITS
from data_access.domain.errors import InvalidInput, NotFound
from data_access.queries.people import called
from data_access.viewmodels.device_rules import RuleChange, RuleLine, RuleNumbers, RulesView

MOST_CHANGES: Final = 20


def of_device(session: Session, device_id: int, scope: str) -> RulesView:
    """The rules of a device. Raises `NotFound` when there is none within `scope`."""
    return _of_device(session, scope, DeviceRow.id == device_id)


def of_device_called(session: Session, code: str, scope: str) -> RulesView:
    """The same, by its code."""
    return _of_device(session, scope, DeviceRow.code == code)


def of_model(session: Session, code: str, scope: str) -> RulesView:
    """The rules of a model. Raises `NotFound`."""
    model = session.scalar(select(DeviceModelRow).where(DeviceModelRow.code == code))
    if model is None:
        raise NotFound("没有这个型号。")
    rules = tuple(rule_from_json(kept) for kept in model.rules)
    lines = tuple(line(rule, None, own=False) for rule in rules)
    return _view(session, model, lines, scope, version=version_of(model.rules))


def _of_device(session: Session, scope: str, condition: Any) -> RulesView:
    row = session.execute(
        select(DeviceRow, DeviceModelRow, AreaRow.code, AreaRow.name, BuildingRow.name)
        .join(DeviceModelRow, DeviceModelRow.id == DeviceRow.model_id)
        .join(AreaRow, AreaRow.id == DeviceRow.area_id)
        .outerjoin(BuildingRow, BuildingRow.id == DeviceRow.building_id)
        .where(condition)
    ).one_or_none()
    if row is None or not within(row[0].area_path, scope):
        raise NotFound("没有这个终端，或者不在您的权限范围内。")
    device, model, area, area_name, building = row
    usual = {rule.alarm: rule for rule in map(rule_from_json, model.rules)}
    rules = with_overrides(tuple(usual.values()), device.overrides)
    own: Mapping[str, Any] = device.overrides or {}
    lines = tuple(line(rule, usual.get(rule.alarm), own=rule.alarm in own) for rule in rules)
    return _view(
        session,
        model,
        lines,
        scope,
        version=version_of(model.rules, device.overrides),
        device=device,
        area=area,
        place=building or area_name,
    )


def _view(  # what a view is made of
    session: Session,
    model: DeviceModelRow,
    lines: tuple[RuleLine, ...],
    scope: str,
    *,
    version: str,
    device: DeviceRow | None = None,
    area: str | None = None,
    place: str = "",
) -> RulesView:
    low, high = subtree_bounds(scope)
    here = and_(DeviceRow.area_path >= low, DeviceRow.area_path < high)
    of_model = DeviceRow.model_id == model.id
    count, own = session.execute(select(func.count(), func.count(DeviceRow.overrides)).where(of_model, here)).one()
    outside = session.scalar(select(DeviceRow.id).where(of_model, not_(here)).limit(1)) if scope else None
    subjects = [f"model:{model.code}"] + ([f"device:{device.code}"] if device else [])
    return RulesView(
        device_id=device.id if device else None,
        code=device.code if device else model.code,
        name=device.name if device else model.name,
        kind=model.kind,
        place=place,
        area=area,
        model=model.code,
        model_name=model.name,
        devices=count,
        others=outside is not None,
        own_devices=own,
        period_s=model.period_s,
        version=version,
        rules=lines,
        changes=_changes(session, subjects),
    )


def _changes(session: Session, subjects: Sequence[str]) -> tuple[RuleChange, ...]:
    rows = session.execute(
        select(AuditRow.at, AuditRow.actor, AuditRow.subject, AuditRow.detail)
        .where(AuditRow.subject.in_(subjects), AuditRow.action == AuditAction.SETTINGS_CHANGED)
        .order_by(AuditRow.at.desc(), AuditRow.id.desc())
        .limit(MOST_CHANGES)
    )
    found = [one for row in rows if (one := change(*row)) is not None]
    names = called(session, {one.by for one in found})
    return tuple(replace(one, by=names.get(one.by, one.by)) for one in found)


def change(at: datetime, by: str, subject: str | None, detail: Mapping[str, Any] | None) -> RuleChange | None:
    """What a line of the audit says of a rule that was changed; None where it speaks of something else."""
    try:
        before, after = (rule_from_json((detail or {})[name]) for name in ("before", "after"))
    except (KeyError, InvalidInput):
        return None
    of = (subject or "").partition(":")[2]
    return RuleChange(
        at=at,
        by=by,
        of=of,
        alarm=after.alarm,
        metric=after.metric,
        before=numbers(before),
        after=numbers(after),
    )


def numbers(rule: AlarmRule) -> RuleNumbers:
    """What can be set of `rule`."""
    return RuleNumbers(
        thresholds=tuple((threshold, int(severity)) for threshold, severity in rule.levels),
        hysteresis=rule.hysteresis,
        raise_delay_s=rule.raise_delay_s,
        raise_count=rule.raise_count,
        clear_delay_s=rule.clear_delay_s,
        fence=rule.fence,
    )


def line(rule: AlarmRule, usual: AlarmRule | None, *, own: bool) -> RuleLine:
    """A rule as it is in force; `usual` is what its model says."""
    return RuleLine(
        alarm=rule.alarm,
        metric=rule.metric,
        unit=METRIC_UNITS.get(rule.metric),
        side=rule.side.value,
        life_safety=rule.life_safety,
        is_state=rule.is_state,
        own=own,
        now=numbers(rule),
        model=numbers(usual) if usual else None,
    )
