"""Notices (通知) come about in the transaction that makes them true, and are sent afterwards by the worker.

Nothing here knows an address. A row names whom it is for by code; a telephone number is looked up when it is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmRow, AreaRow, DutyRow, NoticeRow, ResponsibleRow
from data_access.domain.alarm_names import name_of
from data_access.domain.alarms import Severity
from data_access.domain.escalation import Level, Post
from data_access.domain.notices import Channel, NoticeState, Step, body, title

MOST_PHONES: Final = 3
"""Text messages for one step of one alarm."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Something to be told about an alarm: why, and whose turn it is (or `whom` by name)."""

    row: AlarmRow
    step: Step
    post: Post
    whom: str | None = None


def write(session: Session, tellings: Sequence[Telling], channels: Collection[Channel], now: datetime) -> int:
    """Write the notices of `tellings` on the product itself and on `channels`; return how many.

    What has just been raised is on the desk anyway; other ways out are told of it when it is grave.
    """
    if not tellings:
        return 0
    areas = _area_names(session, {t.row.area_path for t in tellings})
    phones = _phones(session, {t.post.area for t in tellings}, now) if Channel.SMS in channels else {}
    rows = [row for telling in tellings for row in _rows(telling, channels, areas, phones, now)]
    if rows:
        session.execute(insert(NoticeRow), rows)
    return len(rows)


def _rows(
    telling: Telling,
    channels: Collection[Channel],
    areas: Mapping[str, str],
    phones: Mapping[str, Sequence[str]],
    now: datetime,
) -> Iterator[dict[str, Any]]:
    alarm, severity = telling.row, Severity(telling.row.severity)
    grave = alarm.life_safety or severity >= Severity.MAJOR
    common = {
        "alarm_id": alarm.id,
        "area_path": alarm.area_path,
        "step": telling.step,
        "body": title(severity, name_of(alarm.kind), areas.get(alarm.area_path, ""))
        + "\n"
        + body(telling.step, telling.post.level, alarm.place, alarm.raised_at),
        "attempts": 0,
        "created_at": now,
        "error": None,
    }
    if telling.step is not Step.RAISED:
        target = telling.whom or f"{telling.post.level.name.lower()}:{telling.post.area}"
        done = {"state": NoticeState.SENT, "next_try_at": None, "sent_at": now}
        yield {**common, **done, "channel": Channel.PRODUCT, "target": target}
    if not grave and telling.step in {Step.RAISED, Step.REMINDED}:
        return
    waits = {"state": NoticeState.WAITING, "next_try_at": now, "sent_at": None}
    for channel in sorted(set(channels) - {Channel.PRODUCT, Channel.SMS}):
        yield {**common, **waits, "channel": channel, "target": ""}
    for code in phones.get(telling.post.area, ()):
        yield {**common, **waits, "channel": Channel.SMS, "target": code}


def write_help(  # what of whom, by which ways, and when
    session: Session,
    alarm: AlarmRow,
    above: str,
    channels: Collection[Channel],
    said: str,
    *,
    now: datetime,
    after: datetime,
) -> None:
    """Write that help is asked for, on the ways out of the product; nothing leaves before `after`."""
    common = {
        "alarm_id": alarm.id,
        "area_path": alarm.area_path,
        "step": Step.HELP,
        "body": said,
        "attempts": 0,
        "created_at": now,
        "error": None,
        "state": NoticeState.WAITING,
        "next_try_at": after,
        "sent_at": None,
    }
    rows = [{**common, "channel": way, "target": ""} for way in sorted(set(channels) - {Channel.PRODUCT, Channel.SMS})]
    if Channel.SMS in channels:
        codes = _phones(session, {above}, now).get(above, ())
        rows += [{**common, "channel": Channel.SMS, "target": code} for code in codes]
    if rows:
        session.execute(insert(NoticeRow), rows)


def _area_names(session: Session, paths: set[str]) -> dict[str, str]:
    rows = session.execute(select(AreaRow.path, AreaRow.name).where(AreaRow.path.in_(paths)))
    return {row.path: row.name for row in rows}


def _phones(session: Session, paths: set[str], now: datetime) -> dict[str, list[str]]:
    """Who can be reached by telephone for each area: those on the rota now, else those responsible for it."""
    person, duty = ResponsibleRow, DutyRow
    reachable = select(person.area_path, person.code).where(person.phone.is_not(None)).order_by(person.id)
    rota = (
        select(duty.area_path, person.code)
        .join(person, person.id == duty.responsible_id)
        .where(duty.area_path.in_(paths), duty.starts_at <= now, duty.ends_at > now, person.phone.is_not(None))
    )
    found: dict[str, list[str]] = {}
    for path, code in session.execute(rota):
        found.setdefault(path, []).append(code)
    left = paths - found.keys()
    for path, code in session.execute(reachable.where(person.area_path.in_(left), person.building_id.is_(None))):
        found.setdefault(path, []).append(code)
    return {path: codes[:MOST_PHONES] for path, codes in found.items()}


def level_of(row: AlarmRow) -> Level:
    """Whose turn an alarm is."""
    return Level(min(row.escalation, max(Level)))
