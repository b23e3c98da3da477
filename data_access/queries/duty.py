"""Who is on duty, what was handed over, which windows are open, which notices went out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from data_access.db.duty import KEPT, manned
from data_access.db.tables import (
    AlarmWindowRow,
    AreaRow,
    BuildingRow,
    DeviceRow,
    DutyRow,
    HandoverRow,
    NoticeRow,
    ResponsibleRow,
    ShiftRow,
    UserRow,
)
from data_access.domain import masking
from data_access.domain.accounts import OFFICERS
from data_access.domain.areas import lineage, subtree_bounds
from data_access.domain.notices import Channel, NoticeState
from data_access.queries.people import called
from data_access.viewmodels.duty import Colleague, Duty, Handover, NoticePage, NoticeRecord, OnRota, Shift, WindowRecord
from data_access.viewmodels.overview import OnDuty

MOST: Final = 200


def duty(session: Session, path: str, user: str, now: datetime) -> Duty:
    """Who is there for the subtree of `path` and above it, as `user` sees it."""
    low, high = subtree_bounds(path)
    around = or_(and_(ShiftRow.area_path >= low, ShiftRow.area_path < high), ShiftRow.area_path.in_(lineage(path)))
    shifts = tuple(_shifts(session, user, around, ShiftRow.ended_at.is_(None)))
    mine = next(iter(_shifts(session, user, ShiftRow.user == user, ShiftRow.ended_at.is_(None))), None)
    return Duty(
        mine=mine,
        shifts=shifts,
        rota=_rota(session, low, high, now),
        unmanned=_unmanned(session, low, high, now),
        handovers=_handovers(session, low, high),
        successors=_successors(session, user, mine.id) if mine else (),
    )


def _successors(session: Session, user: str, shift_id: int) -> tuple[Colleague, ...]:
    """Accounts that sit at a desk and are responsible for the area of the shift, `user` aside."""
    path = session.get_one(ShiftRow, shift_id).area_path
    rows = session.execute(
        select(UserRow.name, UserRow.display, UserRow.role)
        .where(
            UserRow.area_path.in_(("", *lineage(path))),
            UserRow.disabled_at.is_(None),
            UserRow.role.in_(OFFICERS),
            UserRow.name != user,
        )
        .order_by(UserRow.area_path.desc(), UserRow.name)
        .limit(MOST)
    )
    return tuple(Colleague(*row) for row in rows)


def on_duty(session: Session, path: str, now: datetime) -> OnDuty:
    """Who watches over the subtree of `path`: the officer whose shift is nearest to it, seats, rotas with somebody."""
    low, high = subtree_bounds(path)
    row = ShiftRow
    around = or_(and_(row.area_path >= low, row.area_path < high), row.area_path.in_(lineage(path)))
    nearest = (
        select(func.coalesce(UserRow.display, row.user))
        .select_from(row)
        .outerjoin(UserRow, UserRow.name == row.user)
        .where(row.area_path.in_(lineage(path)), row.ended_at.is_(None))
        .order_by(row.area_path.desc(), row.id)
        .limit(1)
    )
    chief = session.scalar(nearest)
    kept = _kept(session, low, high, now)
    return OnDuty(
        chief=masking.name(chief) if chief else None,
        seats=session.scalar(select(func.count()).select_from(row).where(around, row.ended_at.is_(None))) or 0,
        manned=len(manned(session, kept, now)),
        rotas=len(kept),
    )


def shift(session: Session, shift_id: int, user: str) -> Shift:
    """One shift."""
    return next(iter(_shifts(session, user, ShiftRow.id == shift_id)))


def handover(session: Session, handover_id: int) -> Handover:
    """One hand-over."""
    return _handover_rows(session, HandoverRow.id == handover_id)[0]


def windows(session: Session, path: str, now: datetime) -> tuple[WindowRecord, ...]:
    """Windows in or around the subtree of `path` that are open or to come."""
    low, high = subtree_bounds(path)
    row = AlarmWindowRow
    query = _windows().where(
        row.until > now,
        row.ended_at.is_(None),
        or_(and_(row.area_path >= low, row.area_path < high), row.area_path.in_(lineage(path))),
    )
    found = session.execute(query.order_by(row.since, row.id).limit(MOST)).all()
    return _named(session, [_window(*columns, now=now) for columns in found])


def window(session: Session, window_id: int, now: datetime) -> WindowRecord:
    """One window."""
    columns = session.execute(_windows().where(AlarmWindowRow.id == window_id)).one()
    return _named(session, [_window(*columns, now=now)])[0]


def notices(session: Session, path: str, *, now: datetime, limit: int) -> NoticePage:
    """The newest notices of the subtree of `path`."""
    low, high = subtree_bounds(path)
    row = NoticeRow
    inside = (row.area_path >= low, row.area_path < high)
    newest = session.scalars(select(row).where(*inside).order_by(row.id.desc()).limit(min(limit, MOST)))
    lost = session.execute(
        select(row.channel, func.count().label("lost"))
        .where(row.state == NoticeState.FAILED, row.created_at > now - timedelta(days=1), *inside)
        .group_by(row.channel)
    )
    return NoticePage(notices=tuple(_notice(r) for r in newest), failed={r.channel: r.lost for r in lost})


def _shifts(session: Session, user: str, *conditions: Any) -> Iterator[Shift]:
    query = (
        select(ShiftRow, UserRow.display, AreaRow.code, AreaRow.name)
        .join(AreaRow, AreaRow.path == ShiftRow.area_path)
        .outerjoin(UserRow, UserRow.name == ShiftRow.user)
        .where(*conditions)
        .order_by(ShiftRow.area_path, ShiftRow.id.desc())
        .limit(MOST)
    )
    for row, display, area, area_name in session.execute(query):
        yield Shift(
            id=row.id,
            user=row.user,
            display=display or row.user,
            area=area,
            area_name=area_name,
            seat=row.seat,
            started_at=row.started_at,
            ended_at=row.ended_at,
            mine=row.user == user,
        )


def _rota(session: Session, low: str, high: str, now: datetime) -> tuple[OnRota, ...]:
    row = DutyRow
    query = (
        select(ResponsibleRow.name, ResponsibleRow.role, AreaRow.code, AreaRow.name, row.ends_at)
        .join(ResponsibleRow, ResponsibleRow.id == row.responsible_id)
        .join(AreaRow, AreaRow.path == row.area_path)
        .where(row.area_path >= low, row.area_path < high, row.starts_at <= now, row.ends_at > now)
        .order_by(row.area_path, row.id)
        .limit(MOST)
    )
    return tuple(
        OnRota(name=masking.name(name), role=role, area=code, area_name=area_name, until=until)
        for name, role, code, area_name, until in session.execute(query)
    )


def _unmanned(session: Session, low: str, high: str, now: datetime) -> tuple[str, ...]:
    """Names of areas below that keep a rota, and nobody is there."""
    kept = _kept(session, low, high, now)
    empty = kept - manned(session, kept, now)
    names = session.execute(select(AreaRow.path, AreaRow.name).where(AreaRow.path.in_(empty)).order_by(AreaRow.path))
    return tuple(row.name for row in names)


def _kept(session: Session, low: str, high: str, now: datetime) -> set[str]:
    """Areas of [low, high) that keep a rota."""
    since = now - KEPT
    rota = select(DutyRow.area_path).where(
        DutyRow.area_path >= low, DutyRow.area_path < high, DutyRow.starts_at > since, DutyRow.starts_at <= now
    )
    shifts = select(ShiftRow.area_path).where(
        ShiftRow.area_path >= low, ShiftRow.area_path < high, ShiftRow.started_at > since
    )
    return {*session.scalars(rota.distinct()), *session.scalars(shifts.distinct())}


def _handovers(session: Session, low: str, high: str) -> tuple[Handover, ...]:
    inside = (HandoverRow.area_path >= low, HandoverRow.area_path < high)
    waiting = _handover_rows(session, HandoverRow.signed_to_at.is_(None), *inside)
    return (*waiting, *_handover_rows(session, HandoverRow.signed_to_at.is_not(None), *inside, limit=5))


def _handover_rows(session: Session, *conditions: Any, limit: int = MOST) -> Sequence[Handover]:
    query = (
        select(HandoverRow, ShiftRow.user, AreaRow.code, AreaRow.name)
        .join(ShiftRow, ShiftRow.id == HandoverRow.shift_id)
        .join(AreaRow, AreaRow.path == HandoverRow.area_path)
        .where(*conditions)
        .order_by(HandoverRow.id.desc())
        .limit(limit)
    )
    return [
        Handover(
            id=row.id,
            shift_id=row.shift_id,
            from_user=user,
            to_user=row.to_user,
            area=code,
            area_name=name,
            note=row.note,
            items=row.items,
            signed_from_at=row.signed_from_at,
            signed_to_at=row.signed_to_at,
        )
        for row, user, code, name in session.execute(query)
    ]


def _named(session: Session, records: Sequence[WindowRecord]) -> tuple[WindowRecord, ...]:
    names = called(session, [record.by for record in records])
    return tuple(replace(record, by_name=names.get(record.by, record.by)) for record in records)


def _windows() -> Any:
    row = AlarmWindowRow
    return (
        select(row, AreaRow.code, AreaRow.name, BuildingRow.code, BuildingRow.name, DeviceRow.code, DeviceRow.name)
        .join(AreaRow, AreaRow.path == row.area_path)
        .outerjoin(BuildingRow, BuildingRow.id == row.building_id)
        .outerjoin(DeviceRow, DeviceRow.id == row.device_id)
    )


def _window(
    row: AlarmWindowRow,
    area: str,
    area_name: str,
    building: str | None,
    building_name: str | None,
    device: str | None,
    device_name: str | None,
    *,
    now: datetime,
) -> WindowRecord:
    return WindowRecord(
        id=row.id,
        kind=row.kind,
        area=area,
        area_name=area_name,
        building=None if device else building,
        device=device,
        place=device_name or device or building_name or "",
        since=row.since,
        until=row.until,
        reason=row.reason,
        by=row.by,
        by_name=row.by,
        open=row.ended_at is None and row.since <= now < row.until,
    )


def _notice(row: NoticeRow) -> NoticeRecord:
    return NoticeRecord(
        id=row.id,
        alarm_id=row.alarm_id,
        step=row.step,
        channel=row.channel,
        target=row.target if row.channel == Channel.PRODUCT else None,
        body=row.body,
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        next_try_at=row.next_try_at,
        error=row.error,
    )
