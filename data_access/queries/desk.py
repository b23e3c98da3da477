"""Reads for the duty officer's desk: the queue's first page, the shift's figures, and one alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmRow, AreaRow, DeviceRow, IncidentRow, NoticeRow, ShiftRow
from data_access.domain.alarms import UNACKED_STATES, AlarmState
from data_access.domain.areas import subtree_bounds
from data_access.domain.notices import NoticeState
from data_access.domain.periods import local_day, midnight
from data_access.events import AlarmChanged
from data_access.live.telling import Detector, alarm_changed
from data_access.queries import alarms, surroundings
from data_access.queries.people import called
from data_access.viewmodels.desk import DeskAlarm, DeskFigures, DeskLine, DeskQueue

FIRST_PAGE: Final = 40
"""Lines that fill the tallest screen; the scripts bring the rest."""
ROUNDS: Final = 4
"""How often more is read where events of many alarms are one line each: not as often as there are alarms."""
MINUTES: Final = 10
MAX_SIBLINGS: Final = 30
MAX_PLACES: Final = 3000
_OPEN: Final = text("alarms.state <> 'closed'")  # written out for the partial index
_IN_HAND: Final = (
    AlarmRow.parent_id.is_(None),
    AlarmRow.shelved_until.is_(None),
    AlarmRow.shelved_until_clear.is_(False),
)


class _Member(NamedTuple):
    """What a line says of one alarm of a confirmed event."""

    state: str
    close_reason: str | None
    raised_at: datetime
    floor: int | None


def queue(session: Session, path: str, limit: int = FIRST_PAGE) -> DeskQueue:
    """The first lines of what is to be done in the subtree at `path`: neither shelved nor suppressed."""
    inside = (*_inside(path), *_IN_HAND)
    counted = session.execute(select(AlarmRow.severity, func.count()).where(_OPEN, *inside).group_by(AlarmRow.severity))
    return DeskQueue(
        lines=_lines(session, _first(session, inside, limit), inside)[:limit],
        by_severity={row[0]: row[1] for row in counted},
        last_at=_newest(session, path),
    )


def _first(session: Session, inside: tuple[ColumnElement[bool], ...], limit: int) -> list[AlarmChanged]:
    """Alarms in order, enough for `limit` lines where each confirmed event is one."""
    found: list[AlarmChanged] = []
    events: set[int] = set()
    for _ in range(ROUNDS):
        rows = session.execute(
            select(AlarmRow, DeviceRow.code, DeviceRow.kind, DeviceRow.floor)
            .outerjoin(DeviceRow, DeviceRow.id == AlarmRow.device_id)
            .where(_OPEN, *inside, AlarmRow.id.not_in([a.alarm_id for a in found]))
            .where(or_(AlarmRow.event_id.is_(None), AlarmRow.event_id.not_in(events)))
            .order_by(AlarmRow.severity.desc(), AlarmRow.raised_at, AlarmRow.id)
            .limit(limit)
        )
        more = [_told(*row) for row in rows]
        found += more
        events |= {a.event_id for a in more if a.event_id is not None}
        lines = len(events) + sum(a.event_id is None for a in found)
        if len(more) < limit or lines >= limit:
            break
    return found


def _lines(
    session: Session, alarms_: Sequence[AlarmChanged], inside: tuple[ColumnElement[bool], ...]
) -> tuple[DeskLine, ...]:
    """The alarms as lines, in the order of `settle` in desk_queue.js: a confirmed event is one, where its first is."""
    events = _events(session, {a.event_id for a in alarms_ if a.event_id is not None}, inside)
    seen: set[int] = set()
    lines = []
    for alarm_ in alarms_:
        event = alarm_.event_id
        if event in seen:
            continue
        if event is not None:
            seen.add(event)
        lines.append(_line(alarm_, events.get(event or 0, ())))
    return tuple(line for _, line in sorted(lines, key=lambda placed: placed[0]))


def _line(alarm_: AlarmChanged, members: Sequence[_Member]) -> tuple[tuple[int, int, datetime, int], DeskLine]:
    """Its place among the lines, and the line."""
    all_ = members or [_Member(alarm_.state, alarm_.close_reason, alarm_.raised_at, alarm_.floor)]
    floors = sorted(one.floor for one in all_ if one.floor is not None)
    since = min(one.raised_at for one in all_)
    rank = min(map(_rank, all_))
    line = DeskLine(
        alarm=alarm_,
        n=len(all_),
        unacked=sum(one.state in UNACKED_STATES for one in all_),
        since=since,
        floors=(floors[0], floors[-1]) if floors else (),
    )
    return (-alarm_.severity, rank, since, alarm_.alarm_id), line


def _rank(one: _Member) -> int:
    """How long it can wait (`rankOf` of desk_queue.js): standing, gone and not looked at, a word or its end missing."""
    if one.state == AlarmState.CLEARED_ACKED or one.close_reason is not None:
        return 2
    return int(one.state == AlarmState.CLEARED_UNACKED)


def _events(
    session: Session, events: Collection[int], inside: tuple[ColumnElement[bool], ...]
) -> dict[int, list[_Member]]:
    """What is listed of the confirmed `events`: state, judgement, age and floor. An event is of one building."""
    if not events:
        return {}
    alarm_, device = AlarmRow, DeviceRow
    houses = select(alarm_.building_id).where(alarm_.id.in_(events))
    rows = session.execute(
        select(alarm_.event_id, alarm_.state, alarm_.close_reason, alarm_.raised_at, device.floor)
        .outerjoin(device, device.id == alarm_.device_id)
        .where(_OPEN, alarm_.building_id.in_(houses), alarm_.event_id.in_(events), *inside)
    )
    found: dict[int, list[_Member]] = {event: [] for event in events}
    for row in rows:
        found[row.event_id or 0].append(_Member(row.state, row.close_reason, row.raised_at, row.floor))
    return found


def figures(session: Session, path: str, *, now: datetime, since: datetime, on_shift: bool = False) -> DeskFigures:
    """How the shift that began at `since` goes; counted from its alarms and what was done to them."""
    inside = _inside(path)
    start = now - timedelta(minutes=MINUTES)
    raised = session.scalars(select(AlarmRow.raised_at).where(*inside, AlarmRow.raised_at >= start))
    by_minute = Counter(min(MINUTES - 1, int((at - start).total_seconds() // 60)) for at in raised if at <= now)
    waited = [
        (done - began).total_seconds()
        for began, done in session.execute(
            select(AlarmRow.raised_at, AlarmRow.acknowledged_at).where(
                *inside, AlarmRow.raised_at >= since, AlarmRow.acknowledged_at.is_not(None)
            )
        )
        if done is not None
    ]
    reasons = Counter(session.scalars(select(AlarmRow.close_reason).where(*inside, *_judged(since))))
    closed = reasons.total()
    lost = _undelivered(session, path, now)
    return DeskFigures(
        per_minute=tuple(by_minute[i] for i in range(MINUTES)),
        since=since,
        on_shift=on_shift,
        acknowledged=len(waited),
        mean_acknowledge_s=sum(waited) / len(waited) if waited else None,
        closed=closed,
        false_alarms=reasons["false"] if closed else None,
        undelivered={way: n for (state, way), n in lost.items() if state == NoticeState.FAILED},
        retried=sum(n for (state, _), n in lost.items() if state == NoticeState.WAITING),
    )


def _undelivered(session: Session, path: str, now: datetime) -> dict[tuple[str, str], int]:
    """By state and way out, how many notices of a day did not get through at their first try."""
    low, high = subtree_bounds(path)
    row = NoticeRow
    rows = session.execute(
        select(row.state, row.channel, func.count())
        .where(row.state.in_((NoticeState.FAILED, NoticeState.WAITING)), row.attempts > 0)
        .where(row.created_at > now - timedelta(days=1), row.area_path >= low, row.area_path < high)
        .group_by(row.state, row.channel)
    )
    return {(state, way): n for state, way, n in rows}


def shift_figures(session: Session, path: str, user: str, now: datetime) -> DeskFigures:
    """The figures since the open shift of `user` began; while he is on none, those of the day."""
    mine = select(ShiftRow.started_at).where(ShiftRow.user == user, ShiftRow.ended_at.is_(None))
    began = session.scalar(mine.order_by(ShiftRow.id.desc()).limit(1))
    since = began or midnight(local_day(now))
    return figures(session, path, now=now, since=since, on_shift=began is not None)


def alarm(session: Session, alarm_id: int, scope: str, *, now: datetime, whole_phones: bool) -> DeskAlarm:
    """One alarm with everything beside it. Raises `NotFound` when there is none within `scope`."""
    detail = alarms.one(session, alarm_id, scope)
    record = detail.alarm
    names = called(session, {record.owner, record.closed_by, *(step.actor for step in detail.history)})
    row = session.get_one(AlarmRow, alarm_id)
    return DeskAlarm(
        detail=detail,
        around=surroundings.around(session, row, scope, now=now, whole_phones=whole_phones),
        siblings=_siblings(session, row, scope),
        chart=surroundings.chart(session, row, now=now),
        at=now,
        case=_case(session, row.incident_id, scope),
        names=names,
    )


def places(session: Session, path: str) -> dict[str, str]:
    """Names by path of the areas above the grids: a line of the queue says which community it lies in."""
    low, high = subtree_bounds(path)
    rows = session.execute(
        select(AreaRow.path, AreaRow.name)
        .where(AreaRow.path >= low, AreaRow.path < high, AreaRow.kind.not_in(("grid", "industry_grid")))
        .limit(MAX_PLACES)
    )
    return {row[0]: row[1] for row in rows}


def _case(session: Session, number: int | None, scope: str) -> str | None:
    if number is None:
        return None
    inside = IncidentRow.area_path.startswith(scope)
    return session.scalar(select(IncidentRow.code).where(IncidentRow.id == number, inside))


def _siblings(session: Session, of: AlarmRow, scope: str) -> tuple[AlarmChanged, ...]:
    """Other open alarms of the same building, device or grid, worst first."""
    if of.building_id is not None:
        same: ColumnElement[bool] = AlarmRow.building_id == of.building_id
    else:
        same = AlarmRow.area_path == of.area_path
    rows = session.execute(
        select(AlarmRow, DeviceRow.code, DeviceRow.kind, DeviceRow.floor)
        .outerjoin(DeviceRow, DeviceRow.id == AlarmRow.device_id)
        .where(_OPEN, same, AlarmRow.id != of.id, *_inside(scope))
        .order_by(AlarmRow.severity.desc(), AlarmRow.raised_at)
        .limit(MAX_SIBLINGS)
    )
    return tuple(_told(*row) for row in rows)


def _judged(since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Alarms of the shift that somebody has said something of."""
    return AlarmRow.raised_at >= since, AlarmRow.close_reason.is_not(None)


def _newest(session: Session, path: str) -> datetime | None:
    return session.scalar(select(AlarmRow.raised_at).where(*_inside(path)).order_by(AlarmRow.raised_at.desc()).limit(1))


def _inside(path: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    low, high = subtree_bounds(path)
    return AlarmRow.area_path >= low, AlarmRow.area_path < high


def _told(row: AlarmRow, code: str | None, kind: str | None, floor: int | None) -> AlarmChanged:
    return alarm_changed(row, Detector(code, kind, floor), reading_ts=None, at=row.last_at)
