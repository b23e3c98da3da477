"""Shifts (值班): begun at the desk, handed over with what is open, signed by both, or ended when nothing is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from data_access.commands.alarm_changes import Changes
from data_access.commands.alarms import to_domain
from data_access.db.tables import AlarmRow, AreaRow, HandoverRow, ShiftRow, UserRow
from data_access.domain.accounts import OFFICERS
from data_access.domain.alarm_moves import Details, transition
from data_access.domain.alarms import AlarmAction
from data_access.domain.areas import within
from data_access.domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from data_access.live import outbox
from data_access.live.telling import shift_changed

MOST_ITEMS: Final = 500
_OPEN: Final = text("alarms.state <> 'closed'")
_UNKNOWN: Final = "没有这个班次，或者不在您的权限范围内。"


@dataclass(frozen=True, slots=True)
class Officer:
    """Who acts: his account and the area it is for."""

    name: str
    scope: str


def start(session: Session, officer: Officer, *, area: str | None, seat: str | None, now: datetime) -> ShiftRow:
    """Begin a shift for `area` (a code; his own by default). Raises `Conflict` when he is on shift already."""
    path = _path(session, area, officer.scope)
    if _open_shift(session, officer.name) is not None:
        raise Conflict("您已经在班；先交班或下班。")
    return _begin(session, officer.name, path, seat, now)


def end(session: Session, shift_id: int, officer: Officer, now: datetime) -> ShiftRow:
    """Go off shift. Raises `IllegalTransition` while alarms are his: they are handed over or put back first."""
    shift = _own(session, shift_id, officer)
    count = len(_owned(session, officer.name))
    if count:
        raise IllegalTransition("您名下还有 {count} 条未关闭的告警：请交班，或先放回。", count=str(count))
    shift.ended_at = now
    outbox.add(session, shift_changed(shift, now))
    return shift


def hand_over(  # what a hand-over consists of
    session: Session,
    shift_id: int,
    officer: Officer,
    *,
    to_user: str | None,
    items: Mapping[int, str | None],
    note: str | None,
    now: datetime,
) -> HandoverRow:
    """Sign one's shift over to `to_user` (or to whoever comes): all of one's open alarms, and `items` with notes.

    It counts when the other has signed too; until then it can be written anew.
    """
    shift = _own(session, shift_id, officer)
    if to_user is not None:
        _check_successor(session, to_user, officer, shift.area_path)
    rows = {row.id: row for row in _owned(session, officer.name)}
    rows |= {row.id: row for row in _asked(session, items.keys() - rows.keys(), officer.scope)}
    if len(rows) > MOST_ITEMS:
        raise InvalidInput("一次最多交接 {most} 条告警。", most=str(MOST_ITEMS))
    handover = session.scalar(
        select(HandoverRow).where(HandoverRow.shift_id == shift.id, HandoverRow.signed_to_at.is_(None))
    )
    if handover is None:
        handover = HandoverRow(shift_id=shift.id, area_path=shift.area_path, created_at=now, signed_to_at=None)
        session.add(handover)
    handover.to_user, handover.note, handover.signed_from_at = to_user, note, now
    handover.items = [_item(row, items.get(row.id)) for row in sorted(rows.values(), key=_queue_order)]
    session.flush()
    outbox.add(session, shift_changed(shift, now))
    return handover


def sign(session: Session, handover_id: int, officer: Officer, now: datetime) -> ShiftRow:
    """Take over: the other's shift ends, one's own begins, and what was his is one's own. Returns the new shift."""
    handover = session.get(HandoverRow, handover_id, with_for_update=True)
    if handover is None or not within(handover.area_path, officer.scope):
        raise NotFound("没有这次交接，或者不在您的权限范围内。")
    shift = session.get_one(ShiftRow, handover.shift_id)
    if handover.signed_to_at is not None:
        raise Conflict("这次交接已经签收。")
    if officer.name == shift.user:
        raise IllegalTransition("交接由接班人签收。")
    if handover.to_user not in {None, officer.name}:
        raise IllegalTransition("这次交接是给另一位值班员的。")
    handover.to_user, handover.signed_to_at = officer.name, now
    shift.ended_at = now
    outbox.add(session, shift_changed(shift, now))
    _pass_on(session, shift.user, officer.name, now)
    return _open_shift(session, officer.name) or _begin(session, officer.name, shift.area_path, shift.seat, now)


def _pass_on(session: Session, before: str, after: str, now: datetime) -> None:
    """What was open and `before`'s is `after`'s."""
    changes = Changes(now, after)
    for row in _owned(session, before):
        taken = transition(to_domain(row), AlarmAction.CLAIM, now=now, actor=after, details=Details(take_over=True))
        changes.move(row, taken, AlarmAction.CLAIM, note="交接班", detail={"from": before})
    changes.write(session)


def _begin(session: Session, user: str, path: str, seat: str | None, now: datetime) -> ShiftRow:
    shift = ShiftRow(user=user, area_path=path, seat=(seat or "").strip()[:60] or None, started_at=now, ended_at=None)
    session.add(shift)
    session.flush()
    outbox.add(session, shift_changed(shift, now))
    return shift


def _path(session: Session, code: str | None, scope: str) -> str:
    wanted = select(AreaRow.path)
    if code is not None:
        path = session.scalar(wanted.where(AreaRow.code == code))
    else:
        path = scope or session.scalar(wanted.where(AreaRow.parent_id.is_(None)).order_by(AreaRow.path).limit(1))
    if not path or not within(path, scope):
        raise NotFound("没有这个区域，或者不在您的权限范围内。")
    return path


def _own(session: Session, shift_id: int, officer: Officer) -> ShiftRow:
    shift = session.get(ShiftRow, shift_id, with_for_update=True)
    if shift is None or not within(shift.area_path, officer.scope):
        raise NotFound(_UNKNOWN)
    if shift.user != officer.name:
        raise IllegalTransition("这是另一位值班员的班次。")
    if shift.ended_at is not None:
        raise IllegalTransition("这个班次已经结束。")
    return shift


def _open_shift(session: Session, user: str) -> ShiftRow | None:
    open_ = select(ShiftRow).where(ShiftRow.user == user, ShiftRow.ended_at.is_(None))
    return session.scalar(open_.order_by(ShiftRow.id.desc()).limit(1))


def _check_successor(session: Session, name: str, officer: Officer, path: str) -> None:
    user = session.scalar(select(UserRow).where(UserRow.name == name, UserRow.disabled_at.is_(None)))
    if user is None or not within(path, user.area_path):
        raise InvalidInput("接班人没有这个区域的账号。")
    if user.role not in OFFICERS:
        raise InvalidInput("接班人的账号不能处置告警：请交给值班员。")
    if name == officer.name:
        raise InvalidInput("不能交班给自己。")


def _owned(session: Session, user: str) -> Sequence[AlarmRow]:
    return session.scalars(select(AlarmRow).where(_OPEN, AlarmRow.owner == user).with_for_update()).all()


def _asked(session: Session, ids: set[int], scope: str) -> Sequence[AlarmRow]:
    if not ids:
        return ()
    rows = session.scalars(select(AlarmRow).where(AlarmRow.id.in_(ids), _OPEN)).all()
    if any(not within(row.area_path, scope) for row in rows) or len(rows) != len(ids):
        raise NotFound("有的告警已经关闭，或者不在您的权限范围内；请刷新后再交班。")
    return rows


def _queue_order(row: AlarmRow) -> tuple[int, datetime, int]:
    return (-row.severity, row.raised_at, row.id)


def _item(row: AlarmRow, note: str | None) -> dict[str, Any]:
    """An open alarm as it was when it was handed over."""
    return {
        "alarm_id": row.id,
        "kind": row.kind,
        "severity": row.severity,
        "state": row.state,
        "place": row.place,
        "raised_at": row.raised_at.isoformat(),
        "note": note,
    }
