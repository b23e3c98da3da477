"""Figures of the cases of a subtree and a period: months that are kept are read, every other day is counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, func, null, or_, select, type_coerce
from sqlalchemy.orm import Session

from data_access.db.closing import CLOSING, COLUMN_OF, LABELLED, LABELLED_WITHIN, NO_KEY, PLACE, counting, figures
from data_access.db.tables import ClosingFigureRow, ClosingMonthRow, IncidentRow
from data_access.domain.areas import subtree_bounds
from data_access.domain.case_indicators import NAMES, Counts
from data_access.domain.periods import Period

Span = tuple[datetime, datetime]
REPLAY: Final = "replay"
"""`source` of cases that came in again; "0" follows "/" in the order of references."""
Sums = dict[Any, list[int]]


def case_figures(
    session: Session,
    area_path: str,
    period: Period,
    by: str | None = None,
    *,
    now: datetime,
    names: Sequence[str] = NAMES,
) -> dict[Any, Counts]:
    """What was created in `period` in the subtree of `area_path`, as at `now`; replayed rows never count.

    Keyed by the path of the smallest area (`by` PLACE), by an id (a key of LABELLED; None: the cases without one), or
    all under None. Of the counts only `names` are filled in.
    """
    kept = _kept(session, area_path, period, by, now)
    sums: Sums = {}
    for span in _between(kept, _span(period)):
        _add(sums, _counted(session, area_path, span, by, now, names))
    if kept:
        _add(sums, _read(session, area_path, [starts_at for starts_at, _ in kept], by, names))
    return _counts(sums, names)


def run_figures(session: Session, run: str, *, now: datetime) -> dict[str, Counts]:
    """What the cases of a replay amount to, as at `now`, by the path of their place; no official figure sees them."""
    mine = (IncidentRow.source == REPLAY, IncidentRow.source_ref >= f"{run}/", IncidentRow.source_ref < f"{run}0")
    place = IncidentRow.area_path.concat("")
    sums: Sums = {}
    _add(sums, session.execute(select(place, *figures(now, CLOSING)).where(*mine).group_by(place)))
    return defaultdict(Counts, _counts(sums, CLOSING))


def figures_by_month(
    session: Session, area_path: str, months: Sequence[Period], *, now: datetime, names: Sequence[str] = NAMES
) -> tuple[Counts, ...]:
    """The figures of each of `months` (whole ones, in order); the kept ones in one query."""
    whole = Period(months[0].first, months[-1].end)
    kept = [starts_at for starts_at, _ in _kept(session, area_path, whole, None, now)]
    of_month = ClosingFigureRow.month
    found: Sums = {}
    sums = _sums(names)
    _add(found, session.execute(select(of_month, *sums).where(*_places(area_path, kept)).group_by(of_month)))
    for month in months:
        if month.start_at not in kept:
            rows = _counted(session, area_path, _span(month), None, now, names)
            _add(found, ((month.start_at, *row[1:]) for row in rows))
    counts = _counts(found, names)
    return tuple(counts.get(month.start_at, Counts()) for month in months)


def mean_handling(session: Session, area_path: str, period: Period, *, now: datetime) -> timedelta | None:
    """平均整治: from the creation of a case to the end of its handling, over those of `period` that are handled."""
    done, begun = (type_coerce(at, BigInteger) for at in (IncidentRow.handled_at, IncidentRow.created_at))
    inside = (*_inside(*subtree_bounds(area_path), *_span(period)), counting(now, "handled"))
    ms = session.scalar(select(func.avg(done - begun)).where(*inside))
    return None if ms is None else timedelta(milliseconds=float(ms))


def _sums(names: Sequence[str]) -> list[Any]:
    return [func.sum(getattr(ClosingFigureRow, COLUMN_OF[name])) for name in names]


def _span(period: Period) -> Span:
    return period.start_at, period.end_at


def _kept(session: Session, area_path: str, period: Period, by: str | None, now: datetime) -> Sequence[Span]:
    """The months of `period` that need not be counted, in order."""
    if by in LABELLED and not 0 < len(area_path) <= LABELLED_WITHIN:
        return ()
    month = ClosingMonthRow
    rows = session.execute(
        select(month.starts_at, month.ends_at)
        .where(month.starts_at >= period.start_at, month.ends_at <= period.end_at, month.built_at <= now)
        .where(or_(month.good_until.is_(None), month.good_until > now))
        .order_by(month.starts_at)
    )
    return [(row.starts_at, row.ends_at) for row in rows]


def _between(kept: Iterable[Span], whole: Span) -> Iterator[Span]:
    """What of `whole` lies in none of `kept`."""
    begin, end = whole
    for first, after in kept:
        if begin < first:
            yield begin, first
        begin = after
    if begin < end:
        yield begin, end


def _counted(
    session: Session, area_path: str, span: Span, by: str | None, now: datetime, names: Sequence[str]
) -> Iterable[Sequence[Any]]:
    low, high = subtree_bounds(area_path)
    given = {"low": low, "high": high, "since": span[0], "until": span[1], "moment": now}
    return session.execute(_counting(by, tuple(names)), given)


@lru_cache(maxsize=64)
def _counting(by: str | None, names: tuple[str, ...]) -> Select[Any]:
    """What `_counted` asks, built once: writing the conditions down takes longer than the database needs for them."""
    since, until, moment = (bindparam(name, type_=IncidentRow.created_at.type) for name in ("since", "until", "moment"))
    inside = _inside(bindparam("low"), bindparam("high"), since, until)
    sums: list[Any] = list(figures(moment, names))
    if by is None:
        return select(null(), *sums).where(*inside)
    # Grouped by the bare column, SQLite would walk all years of the area in its order to be spared the sorting.
    column: Any = IncidentRow.area_path.concat("") if by == PLACE else LABELLED[by]
    return select(column, *sums).where(*inside).group_by(column)


def _inside(low: Any, high: Any, since: Any, until: Any) -> tuple[ColumnElement[bool], ...]:
    """The real cases whose path lies in [low, high), created in [since, until)."""
    row = IncidentRow
    return (
        row.area_path >= low,
        row.area_path < high,
        row.created_at >= since,
        row.created_at < until,
        row.run.is_(None),
    )


def _read(
    session: Session, area_path: str, months: Sequence[datetime], by: str | None, names: Sequence[str]
) -> Iterable[Sequence[Any]]:
    row, sums = ClosingFigureRow, _sums(names)
    places = _places(area_path, months)
    if by is None:
        return session.execute(select(null(), *sums).where(*places).having(func.count() > 0))
    if by == PLACE:
        return session.execute(select(row.area_path, *sums).where(*places).group_by(row.area_path))
    labelled = (row.by == by, row.area_path == area_path, row.month.in_(months))
    key = func.nullif(row.key, NO_KEY)
    return session.execute(select(key, *sums).where(*labelled).group_by(key))


def _places(area_path: str, months: Sequence[datetime]) -> tuple[ColumnElement[bool], ...]:
    """The kept figures of `months` in the subtree, place by place."""
    row = ClosingFigureRow
    low, high = subtree_bounds(area_path)
    return row.by == PLACE, row.area_path >= low, row.area_path < high, row.month.in_(months)


def _add(sums: Sums, rows: Iterable[Sequence[Any]]) -> None:
    for key, *values in rows:
        known = sums.get(key)
        sums[key] = (
            [int(n) for n in values] if known is None else [a + int(b) for a, b in zip(known, values, strict=True)]
        )


def _counts(sums: Sums, names: Sequence[str]) -> dict[Any, Counts]:
    return {key: Counts(**dict(zip(names, values, strict=True))) for key, values in sums.items()}
