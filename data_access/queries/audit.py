"""Who did what and when: the audit and the acts of people on alarms as one list, newest first, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import String, and_, cast, literal, or_, select
from sqlalchemy.orm import Session

from data_access.db.tables import BY_PEOPLE, AlarmHistoryRow, AlarmRow, AuditRow, UserRow, UserTokenRow
from data_access.domain.accounts import SUBJECTS, AuditAction, AuditSubject
from data_access.domain.areas import subtree_bounds
from data_access.domain.errors import InvalidInput
from data_access.domain.periods import midnight
from data_access.queries.device_rules import change
from data_access.queries.people import called
from data_access.viewmodels.audit import AuditFilter, AuditLine, AuditPage

PAGE: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AUDIT, _ALARMS = "a", "h"


class _Key(NamedTuple):
    """A place in the order: newest first; what happened at the same moment by where it is kept and its number."""

    at: datetime
    kept_in: str
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}{self.kept_in}{self.id}"


def page(session: Session, wanted: AuditFilter, scope: str, *, before: str = "", limit: int = PAGE) -> AuditPage:
    """At most `limit` acts behind the key `before`.

    Who looks after a part of the tree sees the acts on its alarms, and what its accounts and tokens did or had done to
    them; whoever looks after all sees all. Raises `InvalidInput` for a key that is none.
    """
    found = tuple(_merged(session, wanted, scope, _key(before) if before else None, limit + 1))
    names = called(session, {line.actor for line in found})
    lines = tuple(replace(line, name=names.get(line.actor)) for line in found)
    return AuditPage(lines[:limit], lines[limit - 1].key if len(lines) > limit else None)


def rows(session: Session, wanted: AuditFilter, scope: str) -> Iterator[dict[str, Any]]:
    """Every act, for a file; read a page at a time."""
    before = ""
    while True:
        found = page(session, wanted, scope, before=before, limit=1_000)
        for line in found.lines:
            yield {
                "at": line.at.isoformat(timespec="milliseconds"),
                "who": line.actor,
                "name": line.name or "",
                "action": line.action,
                "subject": line.subject.value,
                "about": line.about or "",
                "done": line.done,
                "address": line.address or "",
                "note": line.note or "",
                "detail": json.dumps(line.detail, ensure_ascii=False, sort_keys=True) if line.detail else "",
            }
        if found.before is None:
            return
        before = found.before


def _merged(session: Session, wanted: AuditFilter, scope: str, before: _Key | None, limit: int) -> Iterator[AuditLine]:
    parts = []
    if wanted.subject is not AuditSubject.ALARMS:
        parts.append(_audit(session, wanted, scope, before, limit))
    if wanted.subject in {None, AuditSubject.ALARMS}:
        parts.append(_alarms(session, wanted, scope, before, limit))
    yield from (line for _, line in islice(merge(*parts, key=lambda one: one[0], reverse=True), limit))


def _audit(
    session: Session, wanted: AuditFilter, scope: str, before: _Key | None, limit: int
) -> list[tuple[_Key, AuditLine]]:
    row = AuditRow
    query = select(row).where(*_when(row, _AUDIT, wanted, before))
    if wanted.subject is not None:
        query = query.where(row.action.in_([action for action, about in SUBJECTS.items() if about is wanted.subject]))
    if scope:
        query = query.where(_of_scope(scope))
    found = session.scalars(query.order_by(row.at.desc(), row.id.desc()).limit(limit))
    lines = []
    for act in found:
        key = _Key(act.at, _AUDIT, act.id)
        detail = act.detail or {}
        line = AuditLine(
            key=str(key),
            at=act.at,
            actor=act.actor,
            action=act.action,
            subject=SUBJECTS[AuditAction(act.action)],
            about=act.subject,
            done=act.done,
            address=act.address,
            note=detail.get("reason"),
            detail=act.detail,
            rule=change(act.at, act.actor, act.subject, act.detail)
            if act.action == AuditAction.SETTINGS_CHANGED
            else None,
        )
        lines.append((key, line))
    return lines


def _alarms(
    session: Session, wanted: AuditFilter, scope: str, before: _Key | None, limit: int
) -> list[tuple[_Key, AuditLine]]:
    step, alarm = AlarmHistoryRow, AlarmRow
    query = (
        select(step, alarm.kind, alarm.place)
        .join(alarm, alarm.id == step.alarm_id)
        .where(*_when(step, _ALARMS, wanted, before), BY_PEOPLE)
    )
    if scope:
        low, high = subtree_bounds(scope)
        query = query.where(alarm.area_path >= low, alarm.area_path < high)
    lines = []
    for act, kind, place in session.execute(query.order_by(step.at.desc(), step.id.desc()).limit(limit)):
        key = _Key(act.at, _ALARMS, act.id)
        detail = act.detail or {}
        line = AuditLine(
            key=str(key),
            at=act.at,
            actor=act.actor,
            action=act.action,
            subject=AuditSubject.ALARMS,
            about=place,
            done=True,
            address=None,
            note=act.note or detail.get("text") or detail.get("why"),
            detail=act.detail,
            alarm_id=act.alarm_id,
            alarm_kind=kind,
        )
        lines.append((key, line))
    return lines


def _when(row: Any, kept_in: str, wanted: AuditFilter, before: _Key | None) -> list[Any]:
    conditions = [row.at >= midnight(wanted.since), row.at < midnight(wanted.until)]
    if wanted.who:  # by account or by name
        named = select(UserRow.name).where(UserRow.display == wanted.who)
        conditions.append(or_(row.actor == wanted.who, row.actor.in_(named)))
    if before is not None:
        if kept_in == before.kept_in:
            conditions.append(or_(row.at < before.at, and_(row.at == before.at, row.id < before.id)))
        else:
            conditions.append(row.at <= before.at if kept_in < before.kept_in else row.at < before.at)
    return conditions


def _of_scope(scope: str) -> Any:
    low, high = subtree_bounds(scope)
    people = select(UserRow.name).where(UserRow.area_path >= low, UserRow.area_path < high)
    tokens = select(literal("token-") + cast(UserTokenRow.id, String)).where(
        UserTokenRow.area_path >= low, UserTokenRow.area_path < high
    )
    return or_(AuditRow.actor.in_(people), AuditRow.actor.in_(tokens), AuditRow.subject.in_(people))


def _key(text: str) -> _Key:
    for kept_in in (_AUDIT, _ALARMS):
        at, found, number = text.partition(kept_in)
        if found and at.isdecimal() and number.isdecimal() and len(at) < 17 and len(number) < 19:  # till 2286; 64 bits
            return _Key(_EPOCH + timedelta(microseconds=int(at)), kept_in, int(number))
    raise InvalidInput("没有这一页。")
