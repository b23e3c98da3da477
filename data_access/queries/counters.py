"""The running figures of areas (`counters.changed`): read once over open rows, added up for every area above them.

`alarms.new` are those of the last ten minutes, as a flood counts them.

Open alarms, abnormal devices and open incidents have partial indexes, totals of devices come from `area_facts`; the
work follows how much is wrong, not how much there is. Replayed rows count nowhere but in `alarms.replay`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Integer, and_, case, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from data_access.db.new_alarms import COMES_NEW
from data_access.db.tables import AlarmRow, AreaFactRow, AreaRow, CameraRow, DeviceStateRow, IncidentRow
from data_access.domain.alarms import STANDING_STATES, UNACKED_STATES, Severity
from data_access.domain.areas import lineage, subtree_bounds
from data_access.domain.devices import DeviceStatus
from data_access.domain.facts import Fact
from data_access.domain.flood import WINDOW
from data_access.domain.periods import local_day, midnight
from data_access.queries.incident_filter import OPEN

KEYS: Final = (
    "alarms.critical",
    "alarms.major",
    "alarms.minor",
    "alarms.warning",
    "alarms.unacked",
    "alarms.today",
    "alarms.new",
    "alarms.replay",
    "devices.total",
    "devices.offline",
    "devices.abnormal",
    "incidents.open",
    "incidents.today",
    "incidents.overdue",
    "cameras.total",
    "cameras.delivering",
)
_SEVERITY: Final[dict[int, str]] = {
    Severity.CRITICAL: "alarms.critical",
    Severity.MAJOR: "alarms.major",
    Severity.MINOR: "alarms.minor",
    Severity.WARNING: "alarms.warning",
}
STANDING: Final = tuple(_SEVERITY.values())
"""The keys whose sum is the alarms that stand."""
_FEW: Final = 200
"""Up to so many areas are looked up one by one, more by one pass over the subtree."""
# Written out, so that both databases see that the partial indexes serve.
_OPEN_ALARMS: Final = text("alarms.state <> 'closed'")
_ABNORMAL: Final = text("device_states.status <> 0")


def counters(session: Session, paths: Collection[str], root: str, *, now: datetime) -> dict[str, dict[str, int]]:
    """The figures at `now` of the areas at `paths`, all of which lie in the subtree of `root`."""
    found = {path: dict.fromkeys(KEYS, 0) for path in paths}
    depth = max(map(len, paths), default=0)  # the database adds up what lies deeper
    for path, key, n in _counted(session, root, depth, now):
        for above in lineage(path):
            if above in found:
                found[above][key] += n
    for path, n in _device_totals(session, found, root):
        if path in found:
            found[path]["devices.total"] = n
    return found


def _counted(session: Session, root: str, depth: int, now: datetime) -> Iterator[tuple[str, str, int]]:
    """(path of the smallest area at most `depth` long, key, how many) over everything that counts."""
    yield from _alarms(session, root, depth, now)
    yield from _devices(session, root, depth)
    yield from _incidents(session, root, depth, now)
    yield from _cameras(session, root, depth)


def _alarms(session: Session, root: str, depth: int, now: datetime) -> Iterator[tuple[str, str, int]]:
    row, place = AlarmRow, func.substr(AlarmRow.area_path, 1, depth)
    query = (
        select(place, row.severity, row.state, row.run.is_not(None), func.count())
        .where(_OPEN_ALARMS, *_subtree(row.area_path, root))
        .group_by(place, row.severity, row.state, row.run.is_not(None))
    )
    for path, severity, state, replayed, n in session.execute(query):
        standing = state in STANDING_STATES
        if replayed:
            if standing:
                yield path, "alarms.replay", n
            continue
        if standing and severity in _SEVERITY:
            yield path, _SEVERITY[severity], n
        if state in UNACKED_STATES:
            yield path, "alarms.unacked", n
    today, lately = midnight(local_day(now)), now - WINDOW
    came = (
        select(
            place, _sum(row.raised_at >= today), _sum(and_(row.raised_at > lately, row.raised_at <= now, *COMES_NEW))
        )
        .where(row.raised_at >= min(today, lately), *_subtree(row.area_path, root), row.run.is_(None))
        .group_by(place)
    )
    for path, n, new in session.execute(came):
        yield path, "alarms.today", n
        yield path, "alarms.new", new


def _devices(session: Session, root: str, depth: int) -> Iterator[tuple[str, str, int]]:
    """Offline devices, and abnormal ones: those with an alarm standing."""
    row, place = DeviceStateRow, func.substr(DeviceStateRow.area_path, 1, depth)
    counts = (
        _sum(row.status.op("&")(int(DeviceStatus.OFFLINE)) != 0),
        _sum(row.status.op("&")(int(DeviceStatus.SEVERITY_MASK)) != 0),
    )
    query = select(place, *counts).where(_ABNORMAL, *_subtree(row.area_path, root)).group_by(place)
    for path, offline, abnormal in session.execute(query):
        yield path, "devices.offline", offline
        yield path, "devices.abnormal", abnormal


def _incidents(session: Session, root: str, depth: int, now: datetime) -> Iterator[tuple[str, str, int]]:
    row, place = IncidentRow, func.substr(IncidentRow.area_path, 1, depth)
    inside = (*_subtree(row.area_path, root), row.run.is_(None))
    query = (
        select(place, func.count(), _sum(and_(row.due_at.is_not(None), row.due_at < now)))
        .where(OPEN, *inside)
        .group_by(place)
    )
    for path, n, overdue in session.execute(query):
        yield path, "incidents.open", n
        yield path, "incidents.overdue", overdue
    today = select(place, func.count()).where(row.created_at >= midnight(local_day(now)), *inside).group_by(place)
    for path, n in session.execute(today):
        yield path, "incidents.today", n


def _cameras(session: Session, root: str, depth: int) -> Iterator[tuple[str, str, int]]:
    row, place = CameraRow, func.substr(CameraRow.area_path, 1, depth)
    query = (
        select(place, func.count(), _sum(row.delivering.is_(True)))
        .where(*_subtree(row.area_path, root))
        .group_by(place)
    )
    for path, n, delivering in session.execute(query):
        yield path, "cameras.total", n
        yield path, "cameras.delivering", delivering


def _device_totals(session: Session, paths: Collection[str], root: str) -> Iterator[tuple[str, int]]:
    """Devices of at least the areas at `paths` by the newest aggregates."""
    chosen = (AreaRow.path.in_(paths),) if len(paths) <= _FEW else _subtree(AreaRow.path, root)
    newest = (
        select(func.max(AreaFactRow.month))
        .where(AreaFactRow.area_id == AreaRow.id)
        .correlate(AreaRow)
        .scalar_subquery()
    )
    query = (
        select(AreaRow.path, AreaFactRow.value)
        .join(AreaFactRow, AreaFactRow.area_id == AreaRow.id)
        .where(*chosen, AreaFactRow.metric == Fact.DEVICES, AreaFactRow.month == newest)
    )
    yield from session.execute(query)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0), type_=Integer)


def _subtree(column: InstrumentedAttribute[str], path: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    low, high = subtree_bounds(path)
    return column >= low, column < high
