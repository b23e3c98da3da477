"""Kinds of alarms as they are in force: what the product comes with, and what the deployment has set anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmKindRow, DeviceModelRow, DeviceRow
from data_access.domain.alarm_kinds import AlarmKind, Guidance, default_kinds, kind_of
from data_access.domain.alarms import Severity

_PLAIN: Final = (
    *("name", "name_en", "life_safety", "needs_reason", "what_to_do", "what_to_do_en", "look_s", "remind_s"),
)


def kinds(session: Session) -> dict[str, AlarmKind]:
    """Every kind by its code."""
    found = dict(default_kinds())
    for row in session.scalars(select(AlarmKindRow)):
        found[row.code] = _as_set(row)
    return found


def kind(session: Session, code: str) -> AlarmKind:
    """One kind; of an unknown code a general one."""
    row = session.get(AlarmKindRow, code)
    return kind_of(code) if row is None else _as_set(row)


def guidance(session: Session, code: str, device_id: int | None) -> Guidance:
    """What to do about an alarm of kind `code` at a device: the device's own text, else its model's, else the kind's.

    Inherited language by language: a text in Chinese alone leaves the English one of the kind in place.
    """
    general = kind(session, code)
    found = Guidance(what_to_do=general.what_to_do, what_to_do_en=general.what_to_do_en, source="kind")
    if device_id is None:
        return found
    of = (DeviceModelRow.what_to_do, DeviceModelRow.what_to_do_en, DeviceRow.what_to_do, DeviceRow.what_to_do_en)
    row = session.execute(
        select(*of).join(DeviceModelRow, DeviceModelRow.id == DeviceRow.model_id).where(DeviceRow.id == device_id)
    ).one_or_none()
    if row is None:
        return found
    for source, text, english in (("model", row[0], row[1]), ("device", row[2], row[3])):
        changes = {"what_to_do": text, "what_to_do_en": english}
        own: dict[str, Any] = {name: said for name, said in changes.items() if said}
        found = replace(found, **own, source=source) if own else found
    return found


def _as_set(row: AlarmKindRow) -> AlarmKind:
    kept: Mapping[str, Any] = {name: value for name in _PLAIN if (value := getattr(row, name)) is not None}
    return replace(
        kind_of(row.code),
        **kept,
        severity=None if row.severity is None else Severity(row.severity),
        escalation=None if row.escalation is None else tuple(row.escalation),
    )
