"""Floods (洪泛) as a desk, a wall and the interface ask for them: one reading, so that all agree."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from data_access.db import flood_calls
from data_access.db.new_alarms import COMES_NEW
from data_access.db.tables import AlarmRow, AreaRow, ShiftRow
from data_access.domain.areas import PATH_STEP, subtree_bounds
from data_access.domain.flood import WINDOW, Group, Pile, grouped
from data_access.domain.flood_cause import COMMUNITY, HELP_AGAIN, HELP_UNDO, Sign, suspected
from data_access.queries.people import called
from data_access.queries.snapshot import floods_around
from data_access.viewmodels.floods import FloodCause, FloodGroup, FloodHelp, FloodState

MOST_SIGNS: Final = 5_000
"""Alarms of a flood that are looked at for what they share, the newest."""


def flood_of(session: Session, path: str, user: str | None, now: datetime) -> FloodState:
    """How fast alarms come to the desk of `user`, if he is on shift; else to the worst of those around `path`."""
    shift = select(ShiftRow.id).where(ShiftRow.user == user, ShiftRow.ended_at.is_(None)).order_by(ShiftRow.id.desc())
    desk = session.scalar(shift.limit(1)) if user else None
    on = [f for f in floods_around(session, path) if desk is None or f.desk == desk]
    if on:
        worst = max(on, key=lambda f: f.per10)
        return FloodState(on=True, per10=worst.per10, since=worst.since, desk=worst.desk)
    return FloodState(on=False, per10=_new(session, path, now), since=None, desk=desk or 0)


def groups(session: Session, path: str) -> tuple[FloodGroup, ...]:
    """The open alarms below `path` by cause and by area one level down; what a parent explains counts as its cause."""
    low, high = subtree_bounds(path)
    alarm = AlarmRow
    cause = func.coalesce(
        select(text("parent.kind"))
        .select_from(text("alarms AS parent"))
        .where(text("parent.id = alarms.parent_id"))
        .scalar_subquery(),
        alarm.kind,
    )
    rows = session.execute(
        select(cause, alarm.area_path, alarm.severity, func.count(), func.min(alarm.raised_at))
        .where(text("alarms.state <> 'closed'"), alarm.area_path >= low, alarm.area_path < high)
        .group_by(cause, alarm.area_path, alarm.severity)
    )
    piles = [Pile(cause=c, area=area, severity=s, count=n, oldest=oldest) for c, area, s, n, oldest in rows]
    found = grouped(piles, len(path) + PATH_STEP)
    areas = session.execute(
        select(AreaRow.path, AreaRow.code, AreaRow.name).where(AreaRow.path.in_({group.area for group in found}))
    )
    names = {area.path: (area.code, area.name) for area in areas}
    return tuple(_line(group, names) for group in found)


def _line(group: Group, names: dict[str, tuple[str, str]]) -> FloodGroup:
    code, name = names.get(group.area, (None, ""))
    return FloodGroup(
        cause=group.cause,
        area=code,
        area_name=name,
        count=group.count,
        worst=group.worst,
        by_severity=group.by_severity,
        oldest=group.oldest,
    )


def cause(session: Session, path: str, state: FloodState) -> FloodCause | None:
    """What the open alarms of the flood below `path` may have in common, what a parent explains among them."""
    low, high = subtree_bounds(path)
    alarm = AlarmRow
    if state.since is None:
        return None
    rows = session.execute(
        select(alarm.id, alarm.kind, alarm.area_path, alarm.raised_at, alarm.building_id, alarm.parent_id)
        .where(text("alarms.state <> 'closed'"), alarm.area_path >= low, alarm.area_path < high)
        .where(alarm.raised_at > state.since - WINDOW, *COMES_NEW[1:])
        .order_by(alarm.raised_at.desc())
        .limit(MOST_SIGNS)
    )
    found = suspected(
        [
            Sign(
                alarm_id=row.id,
                kind=row.kind,
                area=row.area_path,
                raised_at=row.raised_at,
                building_id=row.building_id,
                parent_id=row.parent_id,
            )
            for row in rows
        ]
    )
    if found is None:
        return None
    lead = session.get_one(AlarmRow, found.alarm_id)
    inside = low <= lead.area_path < high  # what explains it may lie elsewhere
    community = select(AreaRow.name).where(AreaRow.path == lead.area_path[:COMMUNITY])
    return FloodCause(
        by=found.by,
        alarm_id=found.alarm_id,
        kind=lead.kind,
        place=lead.place if inside else "",
        area_name=(session.scalar(community) or "") if inside else "",
        count=found.count,
        total=found.total,
        since=found.since,
    )


def help_asked(session: Session, path: str, state: FloodState, now: datetime) -> FloodHelp | None:
    """The help that was asked for last in this flood, unless it was taken back or may be asked for anew."""
    row = flood_calls.standing(session, path, state.desk, now)
    if row is None:
        return None
    return FloodHelp(
        alarm_id=row.alarm_id,
        by=row.actor,
        by_name=called(session, {row.actor}).get(row.actor, row.actor),
        whom=(row.detail or {}).get("whom", ""),
        at=row.at,
        undo_until=row.at + HELP_UNDO,
        again_at=row.at + HELP_AGAIN,
    )


def _new(session: Session, path: str, now: datetime) -> int:
    low, high = subtree_bounds(path)
    alarm = AlarmRow
    query = select(func.count()).where(
        alarm.area_path >= low,
        alarm.area_path < high,
        alarm.raised_at > now - WINDOW,
        alarm.raised_at <= now,
        *COMES_NEW,
    )
    return session.scalar(query) or 0
