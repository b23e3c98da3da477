"""Devices as whoever evaluates them must know: how they are told that one was added or changed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data_access.db.tables import DeviceModelRow, DeviceRow, ImportRunRow, MetaRow

_META: Final = "devices_version"

Fingerprint = tuple[int, int, int, int]


def note_change(session: Session) -> None:
    """Call after changing a device, its overrides or a model in place: ingest loads them anew within a second.

    New devices and finished imports are noticed without it.
    """
    row = session.get(MetaRow, _META)
    if row is None:
        session.add(MetaRow(key=_META, value="1"))
    else:
        row.value = str(int(row.value) + 1)


def fingerprint(session: Session) -> Fingerprint:
    """A few numbers that differ whenever devices or models may have changed. Cheap: every part is one index look-up."""
    version = session.scalar(select(MetaRow.value).where(MetaRow.key == _META))
    return (
        session.scalar(select(func.max(DeviceRow.id))) or 0,
        session.scalar(select(func.max(DeviceModelRow.id))) or 0,
        session.scalar(select(func.max(ImportRunRow.id)).where(ImportRunRow.finished_at.is_not(None))) or 0,
        int(version or 0),
    )
