"""Where alarms come from: the ten that alarm most, what goes to and fro, what stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, case, func, select, type_coerce
from sqlalchemy.orm import Session

from data_access.db.tables import AlarmHistoryRow, AlarmRow, DeviceRow, from_ms, to_ms
from data_access.domain.alarms import STANDING_STATES
from data_access.domain.correlation import CHATTERING_CYCLES, STALE_AFTER, worst_minute
from data_access.queries.alarm_span import inside
from data_access.viewmodels.alarm_analysis import Chatterer, Source, Stayer

TOP: Final = 10
MOST_STALE: Final = 1_000
_TO_AND_FRO: Final = 2_000  # alarms with returns that are looked at for a worst minute


def sources(
    session: Session,
    path: str,
    start: datetime,
    until: datetime,
    chatterers: Sequence[Chatterer],
    stayers: Sequence[Stayer],
) -> tuple[Source, ...]:
    """The devices and kinds with the most alarms."""
    alone = case((AlarmRow.device_id.is_(None), AlarmRow.place), else_="")
    query = select(AlarmRow.device_id, AlarmRow.kind, alone, func.max(AlarmRow.place), func.count()).select_from(
        AlarmRow
    )
    grouped = inside(query, path, start, until).group_by(AlarmRow.device_id, AlarmRow.kind, alone)
    rows = session.execute(grouped.order_by(func.count().desc(), func.min(AlarmRow.id)).limit(TOP)).all()
    codes = _codes(session, [row[0] for row in rows])
    to_and_fro = {(one.device, one.kind) for one in chatterers if one.device}
    stays = {(one.device, one.kind) for one in stayers if one.device}
    return tuple(
        Source(
            kind=kind,
            device=codes.get(device),
            place=place,
            count=n,
            chattering=(codes.get(device), kind) in to_and_fro,
            stale=(codes.get(device), kind) in stays,
        )
        for device, kind, _, place, n in rows
    )


def _codes(session: Session, ids: Iterable[int | None]) -> dict[int | None, str]:
    wanted = {number for number in ids if number is not None}
    rows = session.execute(select(DeviceRow.id, DeviceRow.code).where(DeviceRow.id.in_(wanted)))
    return {row.id: row.code for row in rows}


def chatterers_of(session: Session, path: str, start: datetime, until: datetime) -> tuple[list[Chatterer], int]:
    """Alarms with three cycles or more within a minute, the worst first."""
    query = select(AlarmRow.id, AlarmRow.device_id, AlarmRow.kind, AlarmRow.place, AlarmRow.occurrences)
    query = inside(query.select_from(AlarmRow), path, start, until).where(AlarmRow.occurrences >= CHATTERING_CYCLES)
    rows = session.execute(query.order_by(AlarmRow.occurrences.desc(), AlarmRow.id).limit(_TO_AND_FRO)).all()
    history, stood = AlarmHistoryRow, defaultdict[int, list[int]](list)
    ids = [row.id for row in rows]
    for begin in range(0, len(ids), 500):
        chunk = ids[begin : begin + 500]
        for alarm, at in session.execute(
            select(history.alarm_id, history.at)
            .where(history.alarm_id.in_(chunk), history.action.in_(("raise", "return")))
            .order_by(history.alarm_id, history.at)
        ):
            stood[alarm].append(to_ms(at))
    codes = _codes(session, [row.device_id for row in rows])
    found = []
    for row in rows:
        cycles, ended = worst_minute(stood[row.id])
        if cycles >= CHATTERING_CYCLES:
            found.append(
                Chatterer(
                    kind=row.kind,
                    device=codes.get(row.device_id),
                    place=row.place,
                    at=from_ms(ended),
                    cycles=cycles,
                    occurrences=row.occurrences,
                )
            )
    return sorted(found, key=lambda one: (-one.cycles, -one.occurrences, one.at)), len(found)


def stayers_of(
    session: Session, path: str, start: datetime, until: datetime, now: datetime
) -> tuple[list[Stayer], int]:
    """Alarms that stood for a day or more, those that still stand first, then the longest."""
    raised = type_coerce(AlarmRow.raised_at, BigInteger)
    day = int(STALE_AFTER.total_seconds() * 1000)
    stands = AlarmRow.state.in_(STANDING_STATES)
    stood = case((stands, to_ms(now)), else_=type_coerce(AlarmRow.cleared_at, BigInteger)) - raised
    query = select(
        AlarmRow.device_id, AlarmRow.kind, AlarmRow.place, AlarmRow.raised_at, AlarmRow.cleared_at,
        case((stands, 1), else_=0).label("stands"), AlarmRow.close_reason,
    ).select_from(AlarmRow)  # fmt: skip
    query = inside(query, path, start, until).where(stood >= day)
    rows = session.execute(query.order_by(stands.desc(), stood.desc()).limit(MOST_STALE)).all()
    codes = _codes(session, [row.device_id for row in rows])
    return [
        Stayer(
            kind=row.kind,
            device=codes.get(row.device_id),
            place=row.place,
            since=row.raised_at,
            until=None if row.stands else row.cleared_at,
            reason=row.close_reason,
        )
        for row in rows
    ], len(rows)
