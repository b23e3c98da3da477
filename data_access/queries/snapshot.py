"""The snapshot a page starts from. Read it after the event id it is given: replay from there then misses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

import msgspec
from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import Session

from data_access.db.tables import (
    AlarmRow,
    AlarmWindowRow,
    AreaRow,
    ChannelRow,
    DeviceRow,
    FloodRow,
    IncidentRow,
    SourceRow,
    to_ms,
)
from data_access.domain.areas import lineage, subtree_bounds
from data_access.domain.flood import Flood
from data_access.events import (
    WINDOW_NOT_FOR_WALLS,
    CountersChanged,
    FloodChanged,
    FreshnessChanged,
    IncidentChanged,
    WindowChanged,
    for_wall,
)
from data_access.live.telling import Detector, alarm_fields, flood_changed, incident_changed, window_changed
from data_access.queries import areas
from data_access.queries.counters import counters
from data_access.queries.incident_filter import OPEN
from data_access.viewmodels.areas import AreaLabel
from data_access.viewmodels.snapshot import Snapshot, SnapshotArea, SnapshotDeployment

MAX_ALARMS: Final = 2000
MOST_ALARMS: Final = 20_000
"""What a duty officer's desk may ask for: all that it lists."""
MAX_INCIDENTS: Final = 200
MAX_WINDOWS: Final = 200
_PAGE: Final = 200
_UNUSED: Final = frozenset({"threshold", "close_note", "shelve_reason", "acknowledged_by", "closed_at", "closed_by"})
_ALARM: Final = tuple(column for column in AlarmRow.__table__.columns if column.name not in _UNUSED)
_KEYS: Final = (*(column.name for column in _ALARM), "device_code", "device_kind", "device_floor")
_ENCODE: Final = msgspec.json.Encoder().encode
_OPEN_ALARMS: Final = text("alarms.state <> 'closed'")


def snapshot(
    session: Session,
    area: AreaLabel | None,
    *,
    event_id: str | None,
    now: datetime,
    scope: str = "",
    wall: bool = False,
    most: int = MAX_ALARMS,
) -> bytes:
    """The live state of `area` at `now`, at most `most` open alarms and `MAX_INCIDENTS` incidents of it, as JSON.

    Without an area, of `scope`. A `wall` gets what `live.audience` sends it. It is a `Snapshot`, put into words without
    making one: ten thousand alarms are a second's work for the models.
    """
    path = area.path if area else scope
    alarms, total = open_alarms(session, path, most, wall=wall)
    rest = Snapshot(
        event_id=event_id,
        at=now,
        area=_area(area) if area else None,
        deployment=SnapshotDeployment(demo=areas.is_demo(session), version=areas.data_version(session)),
        alarms=(),
        alarms_total=total,
        incidents=() if wall else open_incidents(session, path),
        counters=_counters(session, area, now) if area else (),
        floods=floods_around(session, path),
        windows=windows_around(session, path, wall=wall),
        sources=_sources(session),
    )
    return _ENCODE({**rest.model_dump(), "alarms": alarms})


def open_alarms(session: Session, path: str, most: int, *, wall: bool) -> tuple[list[msgspec.Raw], int]:
    """Open alarms of the subtree in the words of `AlarmChanged`, worst first, then newest; and how many there are.

    Each is put into words before the next is read: ten thousand rows at once would be the garbage collector's day.
    """
    low, high = subtree_bounds(path)
    alarm, inside = AlarmRow, (_OPEN_ALARMS, AlarmRow.area_path >= low, AlarmRow.area_path < high)
    rows = session.connection().execute(
        select(*_ALARM, DeviceRow.code, DeviceRow.kind, DeviceRow.floor)
        .outerjoin(DeviceRow, DeviceRow.id == alarm.device_id)
        .where(*inside)
        .order_by(alarm.severity.desc(), alarm.raised_at.desc(), alarm.id.desc())
        .limit(most)
    )
    alarms = [_told(row, wall=wall) for page in rows.partitions(_PAGE) for row in page]
    if len(alarms) < most:
        return alarms, len(alarms)
    return alarms, session.scalar(select(func.count()).select_from(AlarmRow).where(*inside)) or 0


def _told(columns: Sequence[Any], *, wall: bool) -> msgspec.Raw:
    row = SimpleNamespace(**dict(zip(_KEYS, columns, strict=True)))  # a `Row` looks each name up
    device = Detector(row.device_code, row.device_kind, row.device_floor)
    fields = alarm_fields(row, device, None, _last_change(row))
    return msgspec.Raw(_ENCODE(for_wall(fields) if wall else fields))


def _last_change(row: Any) -> datetime:
    last: datetime = row.last_at
    for at in (row.cleared_at, row.acknowledged_at, row.owner_at, row.dispatched_at):
        if at is not None and at > last:
            last = at
    return last


def open_incidents(session: Session, path: str, limit: int = MAX_INCIDENTS) -> tuple[IncidentChanged, ...]:
    """The newest open incidents of the subtree."""
    low, high = subtree_bounds(path)
    rows = session.execute(
        select(IncidentRow, ChannelRow.name)
        .outerjoin(ChannelRow, ChannelRow.id == IncidentRow.channel_id)
        .where(OPEN, IncidentRow.area_path >= low, IncidentRow.area_path < high)
        .order_by(IncidentRow.created_at.desc(), IncidentRow.id.desc())
        .limit(limit)
    )
    return tuple(incident_changed(row, channel=channel, at=row.created_at) for row, channel in rows)


def counter_events(paths: Sequence[str], figures: dict[str, dict[str, int]], at: datetime) -> list[CountersChanged]:
    """Figures as events; the version is the moment they were counted, so that it only grows, restarts or not."""
    return [CountersChanged(area=path, version=to_ms(at), at=at, counters=figures[path]) for path in paths]


def _counters(session: Session, area: AreaLabel, now: datetime) -> tuple[CountersChanged, ...]:
    children = session.scalars(select(AreaRow.path).where(AreaRow.parent_id == area.id).order_by(AreaRow.path))
    paths = [area.path, *children]
    return tuple(counter_events(paths, counters(session, paths, area.path, now=now), now))


def floods_around(session: Session, path: str) -> tuple[FloodChanged, ...]:
    """The floods of desks that answer for something in the subtree of `path`."""
    low, high = subtree_bounds(path)
    above = lineage(path)
    rows = session.scalars(
        select(FloodRow)
        .where(or_(and_(FloodRow.area_path >= low, FloodRow.area_path < high), FloodRow.area_path.in_(above)))
        .order_by(FloodRow.area_path, FloodRow.shift_id)
    )
    return tuple(flood_changed(r.area_path, r.shift_id, Flood(at=r.at, per10=r.per10, since=r.since)) for r in rows)


def windows_around(session: Session, path: str, *, wall: bool) -> tuple[WindowChanged, ...]:
    """The windows in or around the subtree of `path` that are not over, as they were told last."""
    low, high = subtree_bounds(path)
    row = AlarmWindowRow
    rows = session.scalars(
        select(row)
        .where(
            row.ended_at.is_(None),
            or_(and_(row.area_path >= low, row.area_path < high), row.area_path.in_(lineage(path))),
        )
        .order_by(row.since, row.id)
        .limit(MAX_WINDOWS)
    )
    found = tuple(map(window_changed, rows))
    return tuple(window.model_copy(update=WINDOW_NOT_FOR_WALLS) for window in found) if wall else found


def _sources(session: Session) -> tuple[FreshnessChanged, ...]:
    rows = session.scalars(select(SourceRow).where(SourceRow.last_seen.is_not(None)).order_by(SourceRow.code))
    return tuple(
        FreshnessChanged(
            area="", version=row.version, at=seen, source=row.code, last_seen=seen, interval_s=row.interval_s
        )
        for row in rows
        if (seen := row.last_seen) is not None
    )


def _area(area: AreaLabel) -> SnapshotArea:
    return SnapshotArea(code=area.code, path=area.path, name=area.name, name_en=area.name_en, kind=area.kind)
