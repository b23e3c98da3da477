"""The snapshot a page starts from. Read it after the event id it is given: replay from there then misses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

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
    AlarmChanged,
    CountersChanged,
    FloodChanged,
    FreshnessChanged,
    IncidentChanged,
    WindowChanged,
    for_wall,
)
from data_access.live.telling import alarm_changed, flood_changed, incident_changed, window_changed
from data_access.queries import areas
from data_access.queries.counters import counters
from data_access.viewmodels.areas import AreaLabel
from data_access.viewmodels.snapshot import Snapshot, SnapshotArea, SnapshotDeployment

MAX_ALARMS: Final = 2000
MOST_ALARMS: Final = 20_000
"""What a duty officer's desk may ask for: all that it lists."""
MAX_INCIDENTS: Final = 200
MAX_WINDOWS: Final = 200
_OPEN_ALARMS: Final = text("alarms.state <> 'closed'")
_OPEN_INCIDENTS: Final = text("incidents.stage NOT IN ('closed', 'void')")


def snapshot(
    session: Session,
    area: AreaLabel | None,
    *,
    event_id: str | None,
    now: datetime,
    scope: str = "",
    wall: bool = False,
    most: int = MAX_ALARMS,
) -> Snapshot:
    """The live state of `area` at `now`, at most `most` open alarms and `MAX_INCIDENTS` incidents of it.

    Without an area, of `scope`. A `wall` gets what `live.audience` sends it.
    """
    path = area.path if area else scope
    alarms, total = open_alarms(session, path, most)
    if wall:
        alarms = tuple(AlarmChanged.model_validate(for_wall(alarm.model_dump())) for alarm in alarms)
    return Snapshot(
        event_id=event_id,
        at=now,
        area=_area(area) if area else None,
        deployment=SnapshotDeployment(demo=areas.is_demo(session), version=areas.data_version(session)),
        alarms=alarms,
        alarms_total=total,
        incidents=() if wall else open_incidents(session, path),
        counters=_counters(session, area, now) if area else (),
        floods=floods_around(session, path),
        windows=windows_around(session, path, wall=wall),
        sources=_sources(session),
    )


def open_alarms(session: Session, path: str, most: int = MAX_ALARMS) -> tuple[tuple[AlarmChanged, ...], int]:
    """Open alarms of the subtree, worst first, then newest, at most `most`; and how many there are."""
    low, high = subtree_bounds(path)
    inside = (_OPEN_ALARMS, AlarmRow.area_path >= low, AlarmRow.area_path < high)
    rows = session.execute(
        select(AlarmRow, DeviceRow.code, DeviceRow.kind)
        .outerjoin(DeviceRow, DeviceRow.id == AlarmRow.device_id)
        .where(*inside)
        .order_by(AlarmRow.severity.desc(), AlarmRow.raised_at.desc(), AlarmRow.id.desc())
        .limit(most)
    ).all()
    alarms = tuple(
        alarm_changed(row, device_code=code, device_kind=kind, reading_ts=None, at=_last_change(row))
        for row, code, kind in rows
    )
    if len(alarms) < most:
        return alarms, len(alarms)
    return alarms, session.scalar(select(func.count()).select_from(AlarmRow).where(*inside)) or 0


def _last_change(row: AlarmRow) -> datetime:
    return max(
        t for t in (row.last_at, row.cleared_at, row.acknowledged_at, row.owner_at, row.dispatched_at) if t is not None
    )


def open_incidents(session: Session, path: str, limit: int = MAX_INCIDENTS) -> tuple[IncidentChanged, ...]:
    """The newest open incidents of the subtree."""
    low, high = subtree_bounds(path)
    rows = session.execute(
        select(IncidentRow, ChannelRow.name)
        .outerjoin(ChannelRow, ChannelRow.id == IncidentRow.channel_id)
        .where(_OPEN_INCIDENTS, IncidentRow.area_path >= low, IncidentRow.area_path < high)
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
