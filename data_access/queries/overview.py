"""Reads for the overview of any area: constant work, whatever its size.

Aggregates come from `area_facts`, the rest from index ranges; each part is memoised for as long as it may be old.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from data_access.db.closing import LOOP
from data_access.db.tables import (
    AlarmRow,
    AreaFactRow,
    CameraRow,
    IncidentRow,
    SourceRow,
)
from data_access.domain.areas import subtree_bounds
from data_access.domain.case_indicators import Counts
from data_access.domain.incidents import Stage
from data_access.domain.periods import OLD_AFTER, Period, local_day, midnight, month_of, span_of
from data_access.queries import areas, duty, neighbours, sensors, topics, trends
from data_access.queries.closing import case_figures, mean_handling
from data_access.queries.incident_filter import OPEN
from data_access.queries.indicators import indicators
from data_access.queries.session import now, reading, remembered
from data_access.viewmodels.areas import AreaLabel, Place
from data_access.viewmodels.indicators import By
from data_access.viewmodels.overview import (
    Closing,
    Flow,
    GroupLine,
    Ledger,
    OnDuty,
    Overview,
    OwnerLine,
    Sensors,
    Side,
    SoFar,
    SourceLine,
    StageLine,
    Video,
)

Before = tuple[Counts | None, Counts | None]
"""Cases of the period before and of the one a year before; None where there were none."""
_DAY: Final = timedelta(days=1)


def overview(area: AreaLabel, scope: str, first: date | None, end: date | None) -> Overview:
    """Everything the panels of `area` show for the local days [first, end).

    Without dates: the current month, or the whole span of the data where the newest incident is older than 60 days.
    Raises `InvalidInput` for an empty period.
    """
    moment = now()
    with reading() as session:
        version, demo = areas.data_version(session), areas.is_demo(session)
        sources = read_sources(session)
    given = Period(first, end) if first and end else None
    current = month_of(local_day(moment))
    own: Period | None = _default_period(current.first, version)
    period = given or own or current
    place = areas.place(area, scope, version)
    running = period.first <= local_day(moment) < period.end
    key = (area.path, period.first, period.end, version)
    return Overview(
        place=place,
        at=moment,
        period=period,
        running=running,
        demo=demo,
        has_incidents=own is not None,
        ledger=_ledger(area.id, version),
        closing=_closing(*key),
        children=_children(place, *key),
        channels=_channels(*key),
        flow=_flow(area.path),
        sensors=_sensors(area.path, version),
        video=_video(area.path),
        sources=sources,
        past=trends.past(area.id, area.path, min(period.end, local_day(moment)), version),
        hot=topics.hot(area.path, min(period.end, local_day(moment)), version),
        on_duty=_on_duty(area.path),
        so_far=_so_far(*key, given is not None) if running else None,
        given=given is not None,
        goes_on=own is None or own == current,
        neighbours=neighbours.beside(*key) if area.path == scope else (),
    )


def side(area: AreaLabel, scope: str, first: date | None, end: date | None) -> Side:
    """What a comparison says of `area` for the local days [first, end), as `overview` has them."""
    view = overview(area, scope, first, end)
    with reading() as session:
        version = areas.data_version(session)
    return Side(view, _mean_handling(area.path, view.period.first, view.period.end, version))


# Memoised parts: the arguments are the key; the version changes with every import.


@remembered(seconds=600)
def _ledger(area_id: int, version: str) -> Ledger:  # noqa: ARG001  # the version is there for the key
    with reading() as session:
        return read_ledger(session, area_id)


@remembered(seconds=300)
def _default_period(month: date, version: str) -> Period | None:  # noqa: ARG001  # as above
    with reading() as session:
        return default_period(session, midnight(month))


def _closing(path: str, first: date, end: date, version: str) -> Closing:
    return Closing(_counts_now(path, first, end, version), *_counts_before(path, first, end, version))


@remembered(seconds=30)
def _counts_now(path: str, first: date, end: date, version: str) -> Counts:  # noqa: ARG001  # as above
    with reading() as session:
        return read_counts(session, path, Period(first, end), now())


@remembered(seconds=600)
def _counts_before(path: str, first: date, end: date, version: str) -> Before:  # noqa: ARG001  # as above
    with reading() as session:
        return read_counts_before(session, path, Period(first, end), now())


@remembered(seconds=60)
def _mean_handling(path: str, first: date, end: date, version: str) -> timedelta | None:  # noqa: ARG001  # as above
    with reading() as session:
        return mean_handling(session, path, Period(first, end), now=now())


@remembered(seconds=60)
def _so_far(path: str, first: date, end: date, version: str, alarms: bool) -> SoFar:  # noqa: ARG001, FBT001  # as above; a part of the key
    with reading() as session:
        return read_so_far(session, path, Period(first, end), now(), alarms=alarms)


@remembered(seconds=60)
def _children(place: Place, path: str, first: date, end: date, version: str) -> tuple[GroupLine, ...]:  # noqa: ARG001  # as above
    with reading() as session:
        return read_children(session, place, Period(first, end), now())


@remembered(seconds=60)
def _channels(path: str, first: date, end: date, version: str) -> tuple[GroupLine, ...]:  # noqa: ARG001  # as above
    with reading() as session:
        lines = indicators(session, path, first, end, By.CHANNEL, now=now())
    return tuple(GroupLine(line.code, line.name, None, line.counts) for line in lines)


@remembered(seconds=10)
def _on_duty(path: str) -> OnDuty:
    with reading() as session:
        return duty.on_duty(session, path, now())


@remembered(seconds=5)
def _flow(path: str) -> Flow:
    with reading() as session:
        return read_flow(session, path, now())


@remembered(seconds=5)
def _sensors(path: str, version: str) -> Sensors:
    totals: Mapping[str, int] = _devices_by_kind(path, version)
    with reading() as session:
        return sensors.read_sensors(session, path, totals, now())


@remembered(seconds=300)
def _devices_by_kind(path: str, version: str) -> dict[str, int]:  # noqa: ARG001  # as above
    with reading() as session:
        return sensors.read_devices_by_kind(session, path)


@remembered(seconds=10)
def _video(path: str) -> Video:
    with reading() as session:
        return read_video(session, path)


# The reads themselves: a session in, a view-model out.


def read_ledger(session: Session, area_id: int) -> Ledger:
    """The aggregates of the newest month with those of the month and the year before."""
    month = session.scalar(select(func.max(AreaFactRow.month)).where(AreaFactRow.area_id == area_id))
    if month is None:
        return Ledger(None, {}, {}, {})
    this = month_of(month)
    months = (month, this.previous().first, this.year_before().first)
    found: defaultdict[date, dict[str, int]] = defaultdict(dict)
    for at, metric, value in session.execute(
        select(AreaFactRow.month, AreaFactRow.metric, AreaFactRow.value).where(
            AreaFactRow.area_id == area_id, AreaFactRow.month.in_(months)
        )
    ):
        found[at][metric] = value
    now_, last_month, last_year = (found[m] for m in months)
    return Ledger(month, now_, last_month, last_year)


def default_period(session: Session, at: datetime) -> Period | None:
    """The month of `at`, or the span of all incidents when the newest is old; None when there are no incidents."""
    real = select(IncidentRow.created_at).where(IncidentRow.run.is_(None)).limit(1)
    newest = session.scalar(real.order_by(IncidentRow.created_at.desc()))
    if newest is None:
        return None
    if newest >= at - OLD_AFTER:
        return month_of(local_day(at))
    oldest = session.scalar(real.order_by(IncidentRow.created_at))
    return span_of(oldest or newest, newest)


def read_closing(session: Session, path: str, period: Period, at: datetime) -> Closing:
    """The cases of `period`, of the one before and of the one a year before."""
    return Closing(read_counts(session, path, period, at), *read_counts_before(session, path, period, at))


def read_counts(session: Session, path: str, period: Period, at: datetime) -> Counts:
    """The cases of `period`."""
    return case_figures(session, path, period, now=at, names=LOOP).get(None, Counts())


def read_counts_before(session: Session, path: str, period: Period, at: datetime) -> Before:
    """The cases of the period before `period` and of the one a year before; None where there were none."""
    before, year = (read_counts(session, path, of, at) for of in (period.previous(), period.year_before()))
    return before if before.reported else None, year if year.reported else None


def read_so_far(session: Session, path: str, period: Period, at: datetime, *, alarms: bool) -> SoFar:
    """What of the period before the running `period`, and of the one a year before, had come by the same moment."""

    def created(of: Period) -> int:
        inside = (*_subtree(IncidentRow.area_path, path), IncidentRow.run.is_(None))
        until = of.reached(at, period)
        return _count(session, *inside, IncidentRow.created_at >= of.start_at, IncidentRow.created_at < until)

    def raised(of: Period) -> int:
        column = AlarmRow.raised_at
        inside = (*_subtree(AlarmRow.area_path, path), AlarmRow.run.is_(None), column >= of.start_at)
        query = select(func.count()).select_from(AlarmRow).where(*inside, column <= of.reached(at, period))
        return session.scalar(query) or 0

    before = period.previous()
    counted = (raised(period), raised(before)) if alarms else ()
    return SoFar(created(before), created(period.year_before()), *counted)


def read_children(session: Session, place: Place, period: Period, at: datetime) -> tuple[GroupLine, ...]:
    """The cases of each child area, and those that belong to no child, as `indicators` counts them."""
    kinds = Counter(child.kind for child in place.children)
    if not kinds:
        return ()
    kind = kinds.most_common(1)[0][0]
    english = {child.code: child.name_en for child in place.children}
    if kind in {By.STREET, By.COMMUNITY, By.GRID}:
        lines = indicators(session, place.area.path, period.first, period.end, By(kind), now=at)
    else:
        lines = tuple(indicators(session, child.path, period.first, period.end, now=at)[0] for child in place.children)
    return tuple(GroupLine(line.code, line.name, english.get(line.code or ""), line.counts) for line in lines)


def read_flow(session: Session, path: str, at: datetime) -> Flow:
    """Today's incidents and the open ones by stage, as at `at`."""
    today = midnight(local_day(at))
    inside = (*_subtree(IncidentRow.area_path, path), IncidentRow.run.is_(None))

    def created(since: datetime, until: datetime) -> int:
        return _count(session, *inside, IncidentRow.created_at >= since, IncidentRow.created_at < until)

    overdue = func.count().filter(IncidentRow.due_at < at)
    rows = session.execute(
        select(IncidentRow.stage, func.count(), overdue).where(*inside, OPEN).group_by(IncidentRow.stage)
    )
    found = {stage: StageLine(stage, n, late) for stage, n, late in rows}
    order = [stage for stage in Stage if stage not in (Stage.CLOSED, Stage.VOID)]
    return Flow(
        today=created(today, at),
        yesterday=created(today - _DAY, at - _DAY),
        closed_today=_count(session, *inside, IncidentRow.closed_at >= today, IncidentRow.closed_at <= at),
        stages=tuple(found.get(stage, StageLine(stage, 0, 0)) for stage in order),
    )


def read_video(session: Session, path: str) -> Video:
    """Cameras of the subtree, whose they are and how many deliver."""
    row = CameraRow
    rows = session.execute(
        select(row.owner, func.count(), func.count().filter(row.delivering), func.max(row.last_frame_at))
        .where(*_subtree(row.area_path, path))
        .group_by(row.owner)
    ).all()
    owners = sorted(
        (OwnerLine(owner, n, delivering) for owner, n, delivering, _ in rows),
        key=lambda line: (-line.total, line.owner or ""),
    )
    return Video(
        sum(line.total for line in owners),
        sum(line.delivering for line in owners),
        max((last for *_, last in rows if last), default=None),
        tuple(owners),
    )


def read_sources(session: Session) -> tuple[SourceLine, ...]:
    """Every source of data, as the footer lists them."""
    rows = session.execute(
        select(SourceRow.code, SourceRow.name, SourceRow.name_en, SourceRow.interval_s, SourceRow.last_seen).order_by(
            SourceRow.interval_s, SourceRow.code
        )
    )
    return tuple(SourceLine(*row) for row in rows)


def _subtree(column: Any, path: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    low, high = subtree_bounds(path)
    return column >= low, column < high


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(IncidentRow).where(*conditions)) or 0
