"""The published indicators: one query behind the page, the API and the export.

A case belongs to the period of its creation, in Asia/Shanghai. Where the source gave outcome flags they decide;
elsewhere the due date and the closing time do, as at `now`. Replayed rows never enter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from data_access.db.tables import AreaRow, ChannelRow, IncidentRow, IncidentTypeRow, UnitRow
from data_access.domain.areas import lineage, subtree_bounds
from data_access.domain.incidents import ClosingCounts, Outcome, Stage
from data_access.domain.periods import Period
from data_access.viewmodels.indicators import UNASSIGNED, By, IndicatorLine

_AREA_KINDS: Final = {By.STREET, By.COMMUNITY, By.GRID}
_LABELS: Final[Mapping[By, tuple[Any, Any]]] = {
    By.CHANNEL: (IncidentRow.channel_id, ChannelRow),
    By.TYPE: (IncidentRow.top_type_id, IncidentTypeRow),
    By.MAIN_TYPE: (IncidentRow.main_type_id, IncidentTypeRow),
    By.SUB_TYPE: (IncidentRow.sub_type_id, IncidentTypeRow),
    By.UNIT: (IncidentRow.unit_id, UnitRow),
}


def indicators(
    session: Session, area_path: str, start: date, end: date, by: By | str | None = None, *, now: datetime
) -> tuple[IndicatorLine, ...]:
    """The closing indicators of the subtree of `area_path` for the days [start, end).

    Without `by`: one line for the area itself. By an area kind: a line for each such area in tree order, those
    without cases too. By anything else: the lines that have cases, most first. What belongs to none of them is the
    last line, 未归属, when there is any; the lines always add up to the area's own. Raises `InvalidInput` for an
    empty period.
    """
    by = By(by) if by is not None else None
    if by is None:
        return (_whole(session, area_path, start, end, now),)
    if by in _AREA_KINDS:
        # Grouped by the bare column, SQLite would walk all years of the area in its order to be spared the sorting.
        place = IncidentRow.area_path.concat("")
        return _by_area(session, area_path, by, _grouped(session, place, area_path, (start, end), now))
    column, labels = _LABELS[by]
    counts = {key: _counts(row) for key, row in _grouped(session, column, area_path, (start, end), now).items()}
    known = [key for key in counts if key is not None]
    names = {i: (ref, name) for i, ref, name in session.execute(_labels(labels, known))}
    lines = [IndicatorLine(code=names[key][0], name=names[key][1], counts=counts[key]) for key in known]
    lines.sort(key=lambda line: (-line.counts.created, line.name, line.code or ""))
    return _told_apart(lines) + _rest(counts.get(None, ClosingCounts()))


def _whole(session: Session, area_path: str, start: date, end: date, now: datetime) -> IndicatorLine:
    area = session.execute(select(AreaRow.code, AreaRow.name).where(AreaRow.path == area_path)).first()
    (row,) = session.execute(select(true(), *_figures(now)).where(*_inside(area_path, start, end))).all()
    return IndicatorLine(code=area.code if area else None, name=area.name if area else "", counts=_counts(row))


def _by_area(
    session: Session, area_path: str, by: By, figures: Mapping[Any, Sequence[Any]]
) -> tuple[IndicatorLine, ...]:
    low, high = subtree_bounds(area_path)
    areas = session.execute(
        select(AreaRow.path, AreaRow.code, AreaRow.name)
        .where(AreaRow.path >= low, AreaRow.path < high, AreaRow.kind == by.value)
        .order_by(AreaRow.path)
    ).all()
    paths = {area.path for area in areas}
    counts: defaultdict[str | None, ClosingCounts] = defaultdict(ClosingCounts)
    for path, row in figures.items():
        home = next((up for up in reversed(lineage(path)) if up in paths), None)
        counts[home] += _counts(row)
    lines = tuple(IndicatorLine(code=a.code, name=a.name, counts=counts[a.path]) for a in areas)
    return lines + _rest(counts[None])


def _grouped(
    session: Session, column: Any, area_path: str, period: tuple[date, date], now: datetime
) -> dict[Any, Sequence[Any]]:
    rows = session.execute(select(column, *_figures(now)).where(*_inside(area_path, *period)).group_by(column)).all()
    return {row[0]: row for row in rows}


def _inside(area_path: str, start: date, end: date) -> tuple[ColumnElement[bool], ...]:
    """Rows of the subtree created in the period, replays left out."""
    period = Period(start, end)
    low, high = subtree_bounds(area_path)
    return (
        IncidentRow.area_path >= low,
        IncidentRow.area_path < high,
        IncidentRow.created_at >= period.start_at,
        IncidentRow.created_at < period.end_at,
        IncidentRow.run.is_(None),
    )


def _figures(now: datetime) -> tuple[ColumnElement[int], ...]:
    """Created, due, closed, closed on time.

    Without an outcome flag a case is due once its limit has passed or it has been closed, whichever is first; a void
    case (作废) and one without a limit never is.
    """
    flagged = IncidentRow.outcome.is_not(None)
    closed_by_time = and_(IncidentRow.closed_at.is_not(None), IncidentRow.closed_at <= now)
    due_by_time = and_(
        IncidentRow.outcome.is_(None),
        IncidentRow.stage != Stage.VOID,
        IncidentRow.due_at.is_not(None),
        or_(IncidentRow.due_at <= now, closed_by_time),
    )
    closed = or_(IncidentRow.outcome.in_((Outcome.ON_TIME, Outcome.OVERDUE)), and_(due_by_time, closed_by_time))
    on_time = or_(
        IncidentRow.outcome == Outcome.ON_TIME,
        and_(due_by_time, closed_by_time, IncidentRow.closed_at <= IncidentRow.due_at),
    )
    return func.count(), _sum(or_(flagged, due_by_time)), _sum(closed), _sum(on_time)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _counts(row: Sequence[Any]) -> ClosingCounts:
    _, created, due, closed, on_time = row
    return ClosingCounts(created=int(created), due=int(due), closed=int(closed), closed_on_time=int(on_time))


def _labels(table: Any, ids: list[int]) -> Any:
    return select(table.id, table.ref, table.name).where(table.id.in_(ids))


def _told_apart(lines: Sequence[IndicatorLine]) -> tuple[IndicatorLine, ...]:
    """Ids identify and names are labels: where two share one, the smaller shows its id behind the name."""
    seen: set[str] = set()
    apart = []
    for line in lines:
        apart.append(replace(line, name=f"{line.name}（{line.code}）") if line.name in seen else line)
        seen.add(line.name)
    return tuple(apart)


def _rest(counts: ClosingCounts) -> tuple[IndicatorLine, ...]:
    return (IndicatorLine(code=None, name=UNASSIGNED, counts=counts),) if counts.created else ()
