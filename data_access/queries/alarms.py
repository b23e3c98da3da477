"""Alarms for the interface: a page at a time by cursor, and one with its history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, text
from sqlalchemy.orm import Session

from data_access.db.alarm_kinds import guidance
from data_access.db.tables import AlarmHistoryRow, AlarmRow, AreaRow, DeviceRow, from_ms, to_ms
from data_access.domain.areas import subtree_bounds, within
from data_access.domain.errors import InvalidInput, NotFound
from data_access.viewmodels.alarms import AlarmDetail, AlarmFilter, AlarmPage, AlarmRecord, AlarmStep

MAX_PAGE: Final = 500
_COPIED: Final = tuple(
    name for name in AlarmRecord.__slots__ if name not in {"area", "area_name", "device_code", "device_kind"}
)


def page(session: Session, path: str, wanted: AlarmFilter, *, cursor: str | None, limit: int) -> AlarmPage:
    """Alarms of the subtree of `path`, newest first, from `cursor` on. Raises `InvalidInput` for a bad cursor."""
    low, high = subtree_bounds(path)
    query = _records().where(AlarmRow.area_path >= low, AlarmRow.area_path < high, *_conditions(wanted))
    if cursor:
        raised, number = _read_cursor(cursor)
        query = query.where(or_(AlarmRow.raised_at < raised, and_(AlarmRow.raised_at == raised, AlarmRow.id < number)))
    limit = min(max(limit, 1), MAX_PAGE)
    rows = session.execute(query.order_by(AlarmRow.raised_at.desc(), AlarmRow.id.desc()).limit(limit + 1)).all()
    alarms = tuple(_record(row) for row in rows[:limit])
    more = f"{to_ms(alarms[-1].raised_at)}-{alarms[-1].id}" if len(rows) > limit else None
    return AlarmPage(alarms, more)


def one(session: Session, alarm_id: int, scope: str) -> AlarmDetail:
    """The alarm with its history. Raises `NotFound` when there is none within `scope`."""
    row = session.execute(_records().where(AlarmRow.id == alarm_id)).one_or_none()
    if row is None or not within(row[0].area_path, scope):
        raise NotFound("没有这条告警，或者不在您的权限范围内。")
    history = session.scalars(
        select(AlarmHistoryRow).where(AlarmHistoryRow.alarm_id == alarm_id).order_by(AlarmHistoryRow.id)
    )
    steps = tuple(AlarmStep(**{name: getattr(step, name) for name in AlarmStep.__slots__}) for step in history)
    return AlarmDetail(_record(row), steps, guidance(session, row[0].kind, row[0].device_id))


def record(session: Session, alarm_id: int) -> AlarmRecord:
    """The alarm as it stands; it is there."""
    return _record(session.execute(_records().where(AlarmRow.id == alarm_id)).one())


def records(session: Session, *conditions: ColumnElement[bool]) -> Iterator[AlarmRecord]:
    """Alarms as they stand, in no order."""
    yield from map(_record, session.execute(_records().where(*conditions)))


def _records() -> Select[AlarmRow, str, str, str | None, str | None]:
    return (
        select(AlarmRow, AreaRow.code, AreaRow.name, DeviceRow.code, DeviceRow.kind)
        .join(AreaRow, AreaRow.id == AlarmRow.area_id)
        .outerjoin(DeviceRow, DeviceRow.id == AlarmRow.device_id)
    )


def _record(row: Row[AlarmRow, str, str, str | None, str | None]) -> AlarmRecord:
    alarm, area, area_name, device_code, device_kind = row
    return AlarmRecord(
        area=area,
        area_name=area_name,
        device_code=device_code,
        device_kind=device_kind,
        **{name: getattr(alarm, name) for name in _COPIED},
    )


def _conditions(wanted: AlarmFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.is_open is True:
        yield text("alarms.state <> 'closed'")  # type: ignore[misc]  # written out for the partial index
    if wanted.is_open is False:
        yield AlarmRow.state == "closed"
    for column in ("severity", "kind", "source"):
        value = getattr(wanted, column)
        if value is not None:
            yield getattr(AlarmRow, column) == value
    if wanted.since is not None:
        yield AlarmRow.raised_at >= wanted.since
    if wanted.until is not None:
        yield AlarmRow.raised_at < wanted.until


def _read_cursor(text_: str) -> tuple[Any, int]:
    ms, _, number = text_.partition("-")
    if not (ms.isdecimal() and number.isdecimal() and len(text_) <= 40):
        raise InvalidInput("The cursor is not one that this server gave.")
    return from_ms(int(ms)), int(number)
