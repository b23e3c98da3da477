"""The duty officer's queue: any page of it by offset, with counts; gravest first, then oldest.

The counts are one pass over the index of what is open; they say how many alarms each severity has, so that a page is
a short range of one or two severities and its rows are read last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, and_, case, func, not_, or_, select, text
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmRow, DeviceRow
from data_access.domain.alarms import STANDING_STATES, UNACKED_STATES
from data_access.domain.areas import subtree_bounds
from data_access.domain.correlation import STALE_AFTER
from data_access.queries.alarms import records
from data_access.queries.floods import flood_of
from data_access.viewmodels.alarm_queue import AlarmQueue, QueueCounts, QueueFilter, View
from data_access.viewmodels.alarms import AlarmRecord

MAX_PAGE: Final = 200
_OPEN: Final = text("alarms.state <> 'closed'")  # written out for the partial indexes
_CHATTERING: Final = text("alarms.chattering")  # the same
_SHELVED: Final = or_(AlarmRow.shelved_until.is_not(None), AlarmRow.shelved_until_clear)
_SUPPRESSED: Final = AlarmRow.parent_id.is_not(None)
_IN_HAND: Final = and_(not_(_SHELVED), AlarmRow.parent_id.is_(None))


def queue(  # what a page of it depends on
    session: Session, path: str, wanted: QueueFilter, *, owner: str, offset: int, limit: int, now: datetime
) -> AlarmQueue:
    """At most `limit` alarms of the subtree of `path` from `offset` on; `owner` is whose the view "mine" is.

    With how fast alarms come to his desk, or to the area when he is not on shift.
    """
    inside = [_OPEN, *_within(path), *_narrowed(wanted)]
    by_view, by_severity = _counts(session, inside, wanted.view, owner, now)
    if wanted.severity is not None:
        by_severity = {wanted.severity: by_severity.get(wanted.severity, 0)}
    chosen = [*inside, *_view(wanted.view, owner, now)]
    ids = [
        number
        for severity, skip, take in _ranges(by_severity, offset, min(max(limit, 1), MAX_PAGE))
        for number in _ids(session, chosen, severity, skip, take)
    ]
    flood = flood_of(session, path, owner, now)
    return AlarmQueue(sum(by_severity.values()), QueueCounts(by_view, by_severity), _rows(session, ids), flood)


def _counts(
    session: Session, inside: list[Any], view: View, owner: str, now: datetime
) -> tuple[Mapping[str, int], Mapping[int, int]]:
    """How many by view, and how many of `view` by severity. What chatters has an index of its own, and is little."""
    views = [v for v in View if v is not View.CHATTERING]
    sums = [_sum(and_(*_view(v, owner, now))) if v is not View.ALL else func.count() for v in views]
    rows = session.execute(select(AlarmRow.severity, *sums).where(*inside).group_by(AlarmRow.severity)).all()
    found: dict[View, dict[int, int]] = {
        v: {row[0]: row[1 + i] for row in rows if row[1 + i]} for i, v in enumerate(views)
    }
    restless = session.scalars(select(AlarmRow.severity).where(_CHATTERING, *inside))  # grouped, it would read them all
    found[View.CHATTERING] = Counter(restless)
    return {v.value: sum(found[v].values()) for v in View}, found[view]


def _ranges(by_severity: Mapping[int, int], offset: int, limit: int) -> Iterator[tuple[int, int, int]]:
    """Which part of which severities the page is: severity, rows to skip, rows to take."""
    for severity in sorted(by_severity, reverse=True):
        here = by_severity[severity]
        take = min(limit, here - offset)
        if take > 0:
            yield severity, offset, take
            limit -= take
        offset = max(0, offset - here)
        if limit <= 0:
            return


def _ids(session: Session, chosen: list[Any], severity: int, skip: int, take: int) -> list[int]:
    query = select(AlarmRow.id).where(*chosen, AlarmRow.severity == severity)
    return list(session.scalars(query.order_by(AlarmRow.raised_at, AlarmRow.id).offset(skip).limit(take)))


def _rows(session: Session, ids: list[int]) -> tuple[AlarmRecord, ...]:
    found = {record.id: record for record in records(session, AlarmRow.id.in_(ids))} if ids else {}
    return tuple(found[number] for number in ids if number in found)


def _view(view: View, owner: str, now: datetime) -> tuple[Any, ...]:
    """The conditions that make an open alarm one of `view`."""
    conditions: dict[View, tuple[Any, ...]] = {
        View.OPEN: (_IN_HAND,),
        View.MINE: (_IN_HAND, AlarmRow.owner == owner),
        View.UNACKED: (_IN_HAND, AlarmRow.state.in_(UNACKED_STATES)),
        View.SHELVED: (_SHELVED,),
        View.SUPPRESSED: (_SUPPRESSED,),
        View.CHATTERING: (_CHATTERING,),
        View.STALE: (AlarmRow.raised_at <= now - STALE_AFTER, AlarmRow.state.in_(STANDING_STATES)),
        View.ALL: (),
    }
    return conditions[view]


def _narrowed(wanted: QueueFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.kind is not None:
        yield AlarmRow.kind == wanted.kind
    if wanted.text:
        device = select(DeviceRow.id).where(DeviceRow.code.icontains(wanted.text, autoescape=True))
        yield or_(AlarmRow.place.icontains(wanted.text, autoescape=True), AlarmRow.device_id.in_(device))


def _within(path: str) -> tuple[ColumnElement[bool], ...]:
    if not path:
        return ()
    low, high = subtree_bounds(path)
    return AlarmRow.area_path >= low, AlarmRow.area_path < high


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0), type_=Integer), 0)
