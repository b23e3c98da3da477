"""What the settings page offers where neither device nor model is named: models, devices by a word, sources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, BuildingRow, DeviceModelRow, DeviceRow
from data_access.domain.alarm_rules import rule_from_json
from data_access.domain.areas import subtree_bounds
from data_access.queries.alarm_sources import sources
from data_access.queries.device_rules import line
from data_access.queries.session import reading, remembered
from data_access.viewmodels.device_rules import DeviceChoice, ModelChoice, RuleChoices

DAYS: Final = 7
MOST_DEVICES: Final = 50


Counted = Mapping[int, tuple[int, int]]
"""By model: its devices, and those of them with rules of their own."""


@remembered(seconds=60)
def counted(scope: str, version: str) -> Counted:  # noqa: ARG001  # the version is there for the key
    """The models with devices in `scope`: to count all devices takes longer than the page."""
    with reading() as session:
        return _count(session, scope)


def choices(
    session: Session, scope: str, looked_for: str, now: datetime, devices: Counted | None = None
) -> RuleChoices:
    """All models with devices in `scope` and, where something is looked for, the devices that it names.

    `devices` are those of `counted` where they are known.
    """
    found = _devices(session, scope, looked_for) if looked_for else []
    return RuleChoices(
        models=tuple(_models(session, _count(session, scope) if devices is None else devices)),
        devices=tuple(found[:MOST_DEVICES]),
        more=len(found) > MOST_DEVICES,
        sources=sources(session, scope, now - timedelta(days=DAYS), now, (), ()),
        days=DAYS,
    )


def _count(session: Session, scope: str) -> Counted:
    rows = session.execute(
        select(DeviceRow.model_id, func.count(), func.count(DeviceRow.overrides))
        .where(*_inside(scope))
        .group_by(DeviceRow.model_id)
    )
    return {model: (devices, own) for model, devices, own in rows}


def _models(session: Session, counted: Counted) -> list[ModelChoice]:
    rows = session.scalars(select(DeviceModelRow).where(DeviceModelRow.id.in_(counted)))
    return [
        ModelChoice(
            code=model.code,
            name=model.name,
            kind=model.kind,
            devices=counted[model.id][0],
            own=counted[model.id][1],
            rules=tuple(line(rule_from_json(kept), None, own=False) for kept in model.rules),
        )
        for model in sorted(rows, key=lambda model: (-counted[model.id][0], model.code))
    ]


def _devices(session: Session, scope: str, text: str) -> list[DeviceChoice]:
    matches = (column.icontains(text, autoescape=True) for column in (DeviceRow.code, DeviceRow.name, BuildingRow.name))
    rows = session.execute(
        select(DeviceRow.code, DeviceRow.name, DeviceRow.kind, DeviceRow.overrides, BuildingRow.name, AreaRow.name)
        .join(AreaRow, AreaRow.id == DeviceRow.area_id)
        .outerjoin(BuildingRow, BuildingRow.id == DeviceRow.building_id)
        .where(*_inside(scope), or_(*matches))
        .order_by(DeviceRow.code)
        .limit(MOST_DEVICES + 1)
    )
    return [
        DeviceChoice(code=code, name=name, kind=kind, place=building or area, own=bool(overrides))
        for code, name, kind, overrides, building, area in rows
    ]


def _inside(scope: str) -> tuple[Any, ...]:
    if not scope:
        return ()
    low, high = subtree_bounds(scope)
    return DeviceRow.area_path >= low, DeviceRow.area_path < high
