"""Sensors of an area for its overview: what stands in alarm, what is silent, and at which pace new alarms come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select, text
from sqlalchemy.orm import Session

from data_access.db.new_alarms import COMES_NEW
from data_access.db.tables import AlarmRow, DeviceRow, DeviceStateRow
from data_access.domain.alarms import Severity
from data_access.domain.areas import subtree_bounds
from data_access.domain.devices import DeviceStatus
from data_access.domain.periods import local_day, midnight
from data_access.viewmodels.overview import KindLine, Sensors

RECENT_STEP: Final = timedelta(minutes=10)
RECENT_STEPS: Final = 24
_DAY: Final = timedelta(days=1)
_STANDING: Final = ("active_unacked", "active_acked")
# Written out, so that both databases see that the partial indexes serve.
_OPEN_ALARMS: Final = text("alarms.state <> 'closed'")
_ABNORMAL: Final = text("device_states.status <> 0")


def read_devices_by_kind(session: Session, path: str) -> dict[str, int]:
    """How many devices of each kind; those that only replay recordings do not count."""
    rows = session.execute(
        select(DeviceRow.kind, func.count().label("n"))
        .where(*_subtree(DeviceRow.area_path, path), DeviceRow.replay.is_(False))
        .group_by(DeviceRow.kind)
    )
    return {row.kind: row.n for row in rows}


def read_sensors(session: Session, path: str, totals: Mapping[str, int], at: datetime) -> Sensors:
    """Standing alarms, devices offline and the pace of new alarms; `totals` are the devices by kind."""
    offline = _offline(session, path)
    severities, kinds, worst, replay = _standing(session, path)
    since = at - RECENT_STEP * RECENT_STEPS
    today = midnight(local_day(at))
    came = session.execute(
        select(AlarmRow.raised_at, and_(*COMES_NEW)).where(
            AlarmRow.raised_at >= min(since, today - _DAY),
            AlarmRow.raised_at <= at,
            *_subtree(AlarmRow.area_path, path),
            AlarmRow.run.is_(None),
        )
    ).all()
    raised = [moment for moment, _ in came]
    back = Counter((at - moment) // RECENT_STEP for moment, new in came if new and moment > since)
    return Sensors(
        devices=sum(totals.values()),
        offline=sum(offline.values()),
        today=sum(moment >= today for moment in raised),
        yesterday=sum(today - _DAY <= moment <= at - _DAY for moment in raised),
        by_severity={level: severities[level] for level in (4, 3, 2, 1)},
        kinds=tuple(
            KindLine(kind, totals.get(kind, 0), offline[kind], kinds[kind], worst[kind])
            for kind in sorted(totals, key=lambda k: (-worst[k], -kinds[k], -totals[k]))
        ),
        recent=tuple(back[i] for i in reversed(range(RECENT_STEPS))),
        replay=replay,
        replaying=0 if totals else _replaying(session, path),
        last_critical_at=session.scalar(
            select(AlarmRow.raised_at)
            .where(*_subtree(AlarmRow.area_path, path), AlarmRow.severity == Severity.CRITICAL, AlarmRow.run.is_(None))
            .order_by(AlarmRow.raised_at.desc())
            .limit(1)
        ),
    )


def _replaying(session: Session, path: str) -> int:
    query = select(func.count()).select_from(DeviceRow).where(*_subtree(DeviceRow.area_path, path), DeviceRow.replay)
    return session.scalar(query) or 0


def _offline(session: Session, path: str) -> Counter[str]:
    rows = session.execute(
        select(DeviceRow.kind, func.count().label("n"))
        .select_from(DeviceStateRow)
        .join(DeviceRow, DeviceRow.id == DeviceStateRow.device_id)
        .where(
            _ABNORMAL,
            *_subtree(DeviceStateRow.area_path, path),
            DeviceStateRow.status.op("&")(int(DeviceStatus.OFFLINE)) != 0,
            DeviceRow.replay.is_(False),
        )
        .group_by(DeviceRow.kind)
    )
    return Counter({row.kind: row.n for row in rows})


def _standing(session: Session, path: str) -> tuple[Counter[int], Counter[str], Counter[str], int]:
    rows = session.execute(
        select(DeviceRow.kind, AlarmRow.severity, AlarmRow.run.is_not(None), func.count())
        .outerjoin(DeviceRow, DeviceRow.id == AlarmRow.device_id)
        .where(_OPEN_ALARMS, *_subtree(AlarmRow.area_path, path), AlarmRow.state.in_(_STANDING))
        .group_by(DeviceRow.kind, AlarmRow.severity, AlarmRow.run.is_not(None))
    )
    severities: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    worst: Counter[str] = Counter()
    replay = 0
    for kind, severity, replayed, n in rows:
        if replayed:
            replay += n
            continue
        severities[severity] += n
        kinds[kind] += n
        worst[kind] = max(worst[kind], severity)
    return severities, kinds, worst, replay


def _subtree(column: Any, path: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    low, high = subtree_bounds(path)
    return column >= low, column < high
