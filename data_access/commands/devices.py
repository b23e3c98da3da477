"""Devices as whoever evaluates them must know: how they are told that one was added or changed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmKindRow, DeviceModelRow, DeviceRow, ImportRunRow, MetaRow

_META: Final = "devices_version"

Fingerprint = tuple[int, int, int, int, tuple[tuple[str, int | None, bool | None], ...]]


def note_change(session: Session) -> int:
    """Call after changing a device, its overrides or a model in place: ingest loads them anew within a second.

    New devices and finished imports are noticed without it. Returns the number that says so.
    """
    row = session.get(MetaRow, _META, with_for_update=True)
    if row is None:
        row = MetaRow(key=_META, value="0")
        session.add(row)
    row.value = str(int(row.value) + 1)
    return int(row.value)


def fingerprint(session: Session) -> Fingerprint:
    """What differs whenever devices, models or kinds may have changed. Cheap: index look-ups and a few rows."""
    version = session.scalar(select(MetaRow.value).where(MetaRow.key == _META))
    return (
        session.scalar(select(func.max(DeviceRow.id))) or 0,
        session.scalar(select(func.max(DeviceModelRow.id))) or 0,
        session.scalar(select(func.max(ImportRunRow.id)).where(ImportRunRow.finished_at.is_not(None))) or 0,
        int(version or 0),
        _kinds(session),
    )


def _kinds(session: Session) -> tuple[tuple[str, int | None, bool | None], ...]:
    """What is set for kinds of alarms and changes the rules: a few rows at most."""
    kind = AlarmKindRow
    rows = session.execute(
        select(kind.code, kind.severity, kind.life_safety)
        .where(or_(kind.severity.is_not(None), kind.life_safety.is_not(None)))
        .order_by(kind.code)
    )
    return tuple((code, severity, about_lives) for code, severity, about_lives in rows)
