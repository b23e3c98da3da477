"""When a source last delivered: noted in its row, told to the screens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data_access.db.tables import SourceRow
from data_access.events import FreshnessChanged
from data_access.live import outbox

HEARTBEAT: Final = "heartbeat"
"""The synthetic reading that shows the whole way from broker to screen to be open."""
HEARTBEAT_TOPIC: Final = "v1/devices/heartbeat/telemetry"
"""Where the worker sends it, like a device with the token `heartbeat`."""
VIDEO: Final = "video"
INCIDENTS: Final = "incidents"
"""The incident system: delivers incidents, or says that it is well."""


_OFTEN: Final = timedelta(seconds=1)


def ensure(session: Session, source: str, name: str, name_en: str, owner: str | None, interval_s: int) -> None:
    """See within the caller's transaction that there is such a source."""
    if session.get(SourceRow, source) is None:
        session.add(SourceRow(code=source, name=name, name_en=name_en, owner=owner, interval_s=interval_s, version=0))
        session.flush()


def note(session: Session, source: str, seen: datetime, *, sent: datetime | None = None) -> bool:
    """Note within the caller's transaction that `source` delivered at `seen`; False when there is no such source.

    `sent` is when the source itself says that what it delivered began its way: the event's `at`, from which a screen
    measures how long the whole way took.
    """
    row = session.execute(
        update(SourceRow)
        .where(SourceRow.code == source)
        .values(last_seen=seen, version=SourceRow.version + 1)
        .returning(SourceRow.version, SourceRow.interval_s)
    ).one_or_none()
    if row is None:
        return False
    outbox.add(
        session,
        FreshnessChanged(
            area="", version=row.version, at=sent or seen, source=source, last_seen=seen, interval_s=row.interval_s
        ),
    )
    return True


def note_often(session: Session, source: str, seen: datetime) -> bool:
    """As `note`, but once a second is enough: for what comes many times a second and is expected once a day."""
    last = session.execute(select(SourceRow.last_seen).where(SourceRow.code == source)).one_or_none()
    if last is None or (last.last_seen is not None and seen - _OFTEN < last.last_seen <= seen):
        return last is not None
    return note(session, source, seen)
