"""Alarms as CAP messages: the newest of an area, or one by its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data_access.db.alarm_kinds import guidance, kinds
from data_access.db.tables import AlarmHistoryRow, AlarmRow, AreaRow
from data_access.domain.alarm_kinds import kind_of
from data_access.domain.alarms import AlarmState, Severity
from data_access.domain.areas import subtree_bounds, within
from data_access.domain.cap import Message, Step, messages
from data_access.domain.errors import NotFound
from data_access.domain.windows import WINDOW_OVER
from data_access.queries import areas
from data_access.viewmodels.cap import CapAlert

MOST: Final = 200
_LOOK: Final = 2_000
"""Newest entries of histories in which the newest messages are looked for."""


def newest(session: Session, path: str, limit: int) -> tuple[CapAlert, ...]:
    """The newest messages of grave alarms (life safety or major) in the subtree of `path`, newest first.

    What a parent explains and what a replay plays is not told.
    """
    low, high = subtree_bounds(path)
    recent = (
        select(AlarmHistoryRow.alarm_id)
        .join(AlarmRow, AlarmRow.id == AlarmHistoryRow.alarm_id)
        .where(
            AlarmRow.area_path >= low,
            AlarmRow.area_path < high,
            or_(AlarmRow.life_safety, AlarmRow.severity >= Severity.MAJOR),
            AlarmRow.parent_id.is_(None),
            AlarmRow.source != "replay",
        )
        .order_by(AlarmHistoryRow.id.desc())
        .limit(_LOOK)
    )
    ids = list(dict.fromkeys(session.scalars(recent)))[: min(limit, MOST)]
    found = _alerts(session, ids)
    return tuple(sorted(found, key=lambda a: -a.message.step.number)[: min(limit, MOST)])


def one(session: Session, alarm_id: int, number: int, scope: str) -> CapAlert:
    """The message of entry `number` of the alarm's history. Raises `NotFound` outside `scope`."""
    row = session.get(AlarmRow, alarm_id)
    if row is not None and within(row.area_path, scope) and row.source != "replay":
        for alert in _alerts(session, [alarm_id]):
            if alert.message.step.number == number:
                return replace(alert, guidance=guidance(session, row.kind, row.device_id))
    raise NotFound("没有这条消息，或者不在您的权限范围内。")


def _window(message: Message, now: str | None, held: tuple[int, str] | None) -> str | None:
    """The window that held the alarm when this was told: what was said in a drill was an exercise and stays one."""
    return held[1] if held is not None and message.step.number < held[0] else now


def _alerts(session: Session, ids: Sequence[int]) -> list[CapAlert]:
    """Every message of the alarms `ids`."""
    steps: dict[int, list[Step]] = {}
    held: dict[int, tuple[int, str]] = {}  # what was raised in a window that is over: until which step, and its kind
    history = select(AlarmHistoryRow).where(AlarmHistoryRow.alarm_id.in_(ids)).order_by(AlarmHistoryRow.id)
    for row in session.scalars(history):
        step = Step(row.id, row.at, row.action, AlarmState(row.state), Severity(row.severity))
        steps.setdefault(row.alarm_id, []).append(step)
        if row.action == WINDOW_OVER and row.detail:
            held[row.alarm_id] = row.id, row.detail["window"]
    alarms = session.execute(
        select(AlarmRow, AreaRow.code, AreaRow.name, AreaRow.name_en)
        .join(AreaRow, AreaRow.id == AlarmRow.area_id)
        .where(AlarmRow.id.in_(ids))
    )
    demo, known = areas.is_demo(session), kinds(session)
    return [
        CapAlert(
            alarm_id=row.id,
            message=message,
            kind=known.get(row.kind) or kind_of(row.kind),
            life_safety=row.life_safety,
            event_id=row.event_id,
            occurrences=row.occurrences,
            window=_window(message, row.window, held.get(row.id)),
            demo=demo,
            place=row.place,
            area=code,
            area_name=name,
            area_name_en=name_en,
            lng=row.lng,
            lat=row.lat,
            raised_at=row.raised_at,
            close_reason=row.close_reason,
        )
        for row, code, name, name_en in alarms
        for message in messages(steps.get(row.id, ()))
    ]
