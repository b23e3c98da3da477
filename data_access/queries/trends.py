"""Reads over past months: the same indicators as everywhere, one line a month."""

from __future__ import annotations

from datetime import date, timedelta

from data_access.domain.periods import month_of
from data_access.queries.indicators import indicators
from data_access.queries.session import cache, now, reading
from data_access.viewmodels.trends import MonthLine


@cache.memoize(timeout=300)
def months(path: str, until: date, count: int, version: str) -> tuple[MonthLine, ...]:  # noqa: ARG001  # the version is there for the key
    """The last `count` months up to and with the one before the day `until`, oldest first."""
    wanted = [month_of(until - timedelta(days=1))]
    while len(wanted) < count:
        wanted.append(wanted[-1].previous())
    with reading() as session:
        return tuple(
            MonthLine(of.first, indicators(session, path, of.first, of.end, now=now())[0].counts)
            for of in reversed(wanted)
        )
