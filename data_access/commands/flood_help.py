"""Asking for help in a flood (请求增援): the level above is told, once; it is kept in the history of the worst alarm.

From there the timeline, the audit and the duty log have it. Colleagues find it at their bells at once; other ways out
wait until it can no longer be taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, delete, select, text
from sqlalchemy.orm import Session

from data_access.commands import mentions, notices
from data_access.commands.alarm_changes import Changes
from data_access.db import flood_calls as calls
from data_access.db.tables import AlarmRow, AreaRow, FloodRow, NoticeRow, ShiftRow, UserRow
from data_access.domain.accounts import Role
from data_access.domain.alarms import STANDING_STATES, UNACKED_STATES
from data_access.domain.areas import lineage, subtree_bounds, within
from data_access.domain.errors import Conflict, InvalidInput
from data_access.domain.flood_cause import HELP_UNDO
from data_access.domain.notices import Channel, Step
from data_access.live import outbox
from data_access.live.telling import mentioned

_NO_FLOOD: Final = "现在没有告警洪泛。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """Who asks, for the flood of which place, with which ways out."""

    user: str
    name: str
    scope: str
    path: str
    channels: Collection[Channel]


def ask(session: Session, asks: Asks, now: datetime) -> int:
    """Ask for help; return the alarm that it is kept with.

    Raises `Conflict` where there is no flood or it was asked for already, `InvalidInput` where nobody would be told.
    """
    flood = _flood(session, asks)
    if calls.standing(session, flood.area_path, flood.shift_id, now) is not None:
        raise Conflict("刚刚已经请求过增援。")
    people, above = _above(session, flood.area_path, asks.user, now)
    if not people and not asks.channels:
        raise InvalidInput("上级现在没有人能收到：没有人在班，也没有设置对外通知。请打电话。")
    lead = _lead(session, flood.area_path)
    where = session.scalar(select(AreaRow.name).where(AreaRow.path == flood.area_path)) or ""
    said = f"请求增援：近 10 分钟 {flood.per10} 条新告警"
    text_ = f"{said}，请支援{where}值班台（{asks.name}）。"
    mentions.ring(session, lead, people, Step.HELP, f"{asks.user}\n{text_}", now)
    subject = f"【增援】告警洪泛 · {where}"
    notices.write_help(session, lead, above, asks.channels, f"{subject}\n{text_}", now=now, after=now + HELP_UNDO)
    detail = {"flood": flood.area_path, "desk": flood.shift_id, "whom": "、".join(people.values()) or "对外通知"}
    _note(session, lead, calls.HELP, asks.user, now, {**detail, "per10": flood.per10})
    return lead.id


def take_back(session: Session, asks: Asks, now: datetime) -> int:
    """Take it back within the time for that; return the alarm. Raises `Conflict` where there is nothing."""
    flood = _flood(session, asks)
    step = calls.standing(session, flood.area_path, flood.shift_id, now)
    if step is None or step.actor != asks.user or now > step.at + HELP_UNDO:
        raise Conflict("没有可以撤回的增援请求。")
    lead = session.get_one(AlarmRow, step.alarm_id, with_for_update=True)
    own = (NoticeRow.alarm_id == lead.id, NoticeRow.step == Step.HELP, NoticeRow.created_at == step.at)
    users = session.scalars(select(NoticeRow.target).where(*own, NoticeRow.channel == Channel.PRODUCT)).all()
    session.execute(delete(NoticeRow).where(*own))
    outbox.add(session, *(mentioned(lead, user, now) for user in users))
    _note(
        session,
        lead,
        calls.HELP_OVER,
        asks.user,
        now,
        {name: (step.detail or {}).get(name) for name in ("flood", "desk")},
    )
    return lead.id


def _flood(session: Session, asks: Asks) -> FloodRow:
    """The flood of his desk, else the worst around the place; it must lie within his scope.

    It is held until the end of the transaction: of two who ask at once one is told that the other has.
    """
    desk = session.scalar(
        select(ShiftRow.id).where(ShiftRow.user == asks.user, ShiftRow.ended_at.is_(None)).order_by(ShiftRow.id.desc())
    )
    around = [
        row
        for row in session.scalars(select(FloodRow).order_by(FloodRow.area_path, FloodRow.shift_id).with_for_update())
        if within(row.area_path, asks.path) or within(asks.path, row.area_path)
    ]
    if not around:
        raise Conflict(_NO_FLOOD)
    on = [row for row in around if within(row.area_path, asks.scope)]
    if not on:
        raise Conflict("这次洪泛在上级的工作台上，由那里请求增援。")
    own = [row for row in on if row.shift_id == desk]
    return max(own or on, key=lambda row: row.per10)


def _above(session: Session, path: str, but: str, now: datetime) -> tuple[Mapping[str, str], str]:
    """Whom to tell, account → name, and the area that answers: the nearest above with officers on shift.

    Where nobody is on shift above, whoever leads the place or one above it.
    """
    above = lineage(path)[:-1]
    on_shift = select(ShiftRow.area_path, ShiftRow.user, UserRow.display).join(UserRow, UserRow.name == ShiftRow.user)
    open_ = (ShiftRow.area_path.in_(above), ShiftRow.ended_at.is_(None), ShiftRow.started_at <= now)
    rows = session.execute(on_shift.where(*open_, ShiftRow.user != but)).all()
    if not rows:
        leads = select(UserRow.area_path, UserRow.name, UserRow.display).where(UserRow.role == Role.LEADER)
        rows = session.execute(
            leads.where(UserRow.area_path.in_(("", *lineage(path))), UserRow.disabled_at.is_(None), UserRow.name != but)
        ).all()
    if not rows:
        return {}, above[-1] if above else path
    nearest = max(len(row[0]) for row in rows)
    found = {user: display or user for at, user, display in rows if len(at) == nearest}
    return found, next(at for at, _, _ in rows if len(at) == nearest) or path


def _lead(session: Session, path: str) -> AlarmRow:
    """The alarm to begin with: the worst that nobody has looked at, standing before gone; else the worst."""
    low, high = subtree_bounds(path)
    inside = (text("alarms.state <> 'closed'"), AlarmRow.area_path >= low, AlarmRow.area_path < high)
    gone = case((AlarmRow.state.in_(STANDING_STATES), 0), else_=1)
    worst = select(AlarmRow).where(*inside).order_by(AlarmRow.severity.desc(), gone, AlarmRow.raised_at).limit(1)
    found = session.scalars(worst.where(AlarmRow.state.in_(UNACKED_STATES)).with_for_update()).first()
    found = found or session.scalars(worst.with_for_update()).first()
    if found is None:
        raise Conflict(_NO_FLOOD)
    return found


def _note(session: Session, lead: AlarmRow, what: str, user: str, now: datetime, detail: dict[str, Any]) -> None:
    changes = Changes(now, user)
    lead.version += 1
    changes.note(lead, what, detail=detail)
    changes.write(session)
