"""Drill and maintenance windows (演练、检修): announced, held in time, ended early or by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, null, or_, select, text
from sqlalchemy.orm import Session

from data_access.commands.alarm_changes import Changes
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, AlarmWindowRow, AreaRow, BuildingRow, DeviceRow
from data_access.domain.areas import within
from data_access.domain.errors import IllegalTransition, InvalidInput, NotFound
from data_access.domain.windows import WINDOW_OVER
from data_access.live import outbox
from data_access.live.telling import window_changed

KINDS: Final = ("drill", "maintenance")
LONGEST: Final = timedelta(days=31)
ACTOR: Final = "clock"


@dataclass(frozen=True, slots=True)
class Window:
    """A window that is open now."""

    id: int
    kind: str
    area_path: str
    building_id: int | None
    device_id: int | None

    def holds(self, area_path: str, building_id: int | None, device_id: int) -> bool:
        """Tell whether a device there is in it."""
        if self.device_id is not None:
            return device_id == self.device_id
        if self.building_id is not None:
            return building_id == self.building_id
        return within(area_path, self.area_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A window as it is asked for: of an area (by code), or of one building or device in it."""

    kind: str
    since: datetime
    until: datetime
    reason: str
    area: str | None = None
    building: str | None = None
    device: str | None = None


def open_window(session: Session, wanted: Wanted, *, scope: str, by: str, now: datetime) -> AlarmWindowRow:
    """Announce a window within `scope`. Raises `InvalidInput` or `NotFound`."""
    if wanted.kind not in KINDS:
        raise InvalidInput("窗口的种类是演练（drill）或检修（maintenance）。")
    if not wanted.reason.strip():
        raise InvalidInput("请写明演练或检修的事由。")
    if not max(wanted.since, now) < wanted.until <= wanted.since + LONGEST:
        raise InvalidInput("结束要晚于开始，也晚于现在；最长 31 天。")
    path, building, device = _place(session, wanted)
    if not within(path, scope):
        raise NotFound("没有这个区域、楼栋或终端，或者不在您的权限范围内。")
    row = AlarmWindowRow(
        kind=wanted.kind,
        area_path=path,
        building_id=building,
        device_id=device,
        since=wanted.since,
        until=wanted.until,
        reason=wanted.reason.strip()[:500],
        by=by,
        created_at=now,
        begun_at=now if wanted.since <= now else None,
        ended_at=None,
    )
    session.add(row)
    session.flush()
    outbox.add(session, window_changed(row))
    return row


def end_window(session: Session, window_id: int, *, scope: str, now: datetime) -> AlarmWindowRow:
    """End a window before its time. Raises `NotFound`, or `IllegalTransition` when it is over."""
    row = session.get(AlarmWindowRow, window_id, with_for_update=True)
    if row is None or not within(row.area_path, scope):
        raise NotFound("没有这个窗口，或者不在您的权限范围内。")
    if row.ended_at is not None or row.until <= now:
        raise IllegalTransition("这个窗口已经结束。")
    row.ended_at = now
    outbox.add(session, window_changed(row))
    _let_go(session, [row.id], now)
    return row


def keep(database: Database, now: datetime) -> int:
    """Tell which windows begin and which are over; return how many. What still stands from those is meant now."""
    row = AlarmWindowRow
    due = select(row).where(row.ended_at.is_(None), or_(row.until <= now, (row.since <= now) & row.begun_at.is_(None)))
    with database.reading() as session:
        if session.scalar(select(due.exists())) is not True:
            return 0
    with database.writing() as session:
        rows = session.scalars(due.with_for_update()).all()
        for window in rows:
            window.begun_at = window.begun_at or window.since
            window.ended_at = window.until if window.until <= now else None
        outbox.add(session, *map(window_changed, rows))
        _let_go(session, [window.id for window in rows if window.ended_at is not None], now)
    return len(rows)


def holding(session: Session, now: datetime) -> list[Window]:
    """The windows that are open at `now`, the narrowest first."""
    row = AlarmWindowRow
    found = session.execute(
        select(row.id, row.kind, row.area_path, row.building_id, row.device_id).where(
            row.until > now, row.since <= now, row.ended_at.is_(None)
        )
    )
    windows = [Window(*columns) for columns in found]
    return sorted(windows, key=lambda w: (w.device_id is None, w.building_id is None, -len(w.area_path), w.id))


def _place(session: Session, wanted: Wanted) -> tuple[str, int | None, int | None]:
    found: Row[Any, Any, Any] | None
    if wanted.device is not None:
        found = session.execute(
            select(DeviceRow.area_path, DeviceRow.building_id, DeviceRow.id).where(DeviceRow.code == wanted.device)
        ).one_or_none()
    elif wanted.building is not None:
        found = session.execute(
            select(BuildingRow.area_path, BuildingRow.id, null()).where(BuildingRow.code == wanted.building)
        ).one_or_none()
    else:
        found = session.execute(select(AreaRow.path, null(), null()).where(AreaRow.code == wanted.area)).one_or_none()
    if found is None:
        raise NotFound("没有这个区域、楼栋或终端，或者不在您的权限范围内。")
    path, building, device = found
    return path, building, device


def _let_go(session: Session, windows: list[int], now: datetime) -> None:
    """What is still open of these windows loses its mark and goes to the clock, which says whose turn it is."""
    held = select(AlarmRow).where(AlarmRow.window_id.in_(windows), text("alarms.state <> 'closed'"))
    changes = Changes(now, ACTOR)
    for row in session.scalars(held.with_for_update()) if windows else ():
        window, row.window = row.window, None
        row.clock_at, row.version = row.clock_at or now, row.version + 1
        changes.note(row, WINDOW_OVER, detail={"window": window})
    changes.write(session)
