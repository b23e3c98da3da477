"""Keeps the state of the floods (洪泛) of all desks: looked at every second, told when it changes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.new_alarms import COMES_NEW
from data_access.db.tables import AlarmRow, FloodRow, ShiftRow
from data_access.domain.flood import WINDOW, Desk, Flood, follow, taken_by
from data_access.live import outbox
from data_access.live.telling import flood_changed

EVERY_S: Final = 1.0
MOST: Final = 50_000
"""New alarms looked at, the newest; beyond, it is a flood whatever the figure."""

Key = tuple[str, int]
"""Area path and shift of a desk."""


def keep(database: Database, now: datetime) -> int:
    """Bring the floods up to `now`; return how many desks were told something new."""
    with database.reading() as session:
        known = _known(session)
        found = _floods(session, known, now)
    told = {key: flood for key, flood in found.items() if _shown(flood) != _shown(known.get(key))}
    if told:
        with database.writing() as session:
            _write(session, told, now)
    return len(told)


def _shown(flood: Flood | None) -> tuple[datetime | None, int]:
    """What a screen shows of it: nothing while it is no flood."""
    return (flood.since, flood.per10) if flood is not None and flood.on else (None, 0)


def _known(session: Session) -> dict[Key, Flood]:
    """The floods that are on, as they were told last."""
    rows = session.scalars(select(FloodRow))
    return {(r.area_path, r.shift_id): Flood(at=r.at, per10=r.per10, since=r.since) for r in rows}


def _floods(session: Session, known: dict[Key, Flood], now: datetime) -> dict[Key, Flood]:
    shift = ShiftRow
    open_ = session.execute(select(shift.id, shift.user, shift.area_path).where(shift.ended_at.is_(None)))
    desks = [Desk(*columns) for columns in open_]
    times: dict[Key, list[datetime]] = {key: [] for key in (*known, *((d.area, d.shift_id) for d in desks))}
    takers: dict[tuple[str, str | None], tuple[Desk, ...]] = {}
    for path, owner, at in _new_alarms(session, now):
        if (path, owner) not in takers:
            takers[path, owner] = taken_by(path, owner, desks)
        for desk in takers[path, owner]:
            times.setdefault((desk.area, desk.shift_id), []).append(at)
    begin = now - WINDOW
    return {key: follow(known.get(key) or Flood(at=begin), sorted(arrived), now=now) for key, arrived in times.items()}


def _new_alarms(session: Session, now: datetime) -> list[tuple[str, str | None, datetime]]:
    """Area, owner and time of what came new: not what a parent explains, nor what a window holds, nor a replay."""
    alarm = AlarmRow
    rows = session.execute(
        select(alarm.area_path, alarm.owner, alarm.raised_at)
        .where(
            alarm.raised_at > now - 2 * WINDOW,
            alarm.raised_at <= now,
            *COMES_NEW,
        )
        .order_by(alarm.raised_at.desc())
        .limit(MOST)
    )
    return [(path, owner, at) for path, owner, at in rows]


def _write(session: Session, told: dict[Key, Flood], now: datetime) -> None:
    for (path, shift_id), flood in told.items():
        session.execute(delete(FloodRow).where(FloodRow.area_path == path, FloodRow.shift_id == shift_id))
        if flood.on:
            row = {"area_path": path, "shift_id": shift_id, "at": now, "per10": flood.per10, "since": flood.since}
            session.execute(insert(FloodRow), [row])
    outbox.add(session, *(flood_changed(path, shift_id, flood) for (path, shift_id), flood in told.items()))
